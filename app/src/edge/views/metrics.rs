//! Figures of incidents.

use backend::{Cx, TeamScope, incidents};
use chrono::{Datelike, Months};
use model::{
    Time,
    incident::{
        Kind, Severity,
        metrics::{Course, Metric, mean},
    },
};

use crate::{
    Failure,
    api::metrics::{MetricsDetail, MetricsRow},
    edge::fail,
};

pub(crate) async fn metrics_detail(cx: &Cx, scope: &TeamScope) -> Result<MetricsDetail, Failure> {
    let found = incidents::courses(cx, scope).await.map_err(fail)?;
    let (drills, real): (Vec<_>, Vec<_>) = found.all.into_iter().partition(|course| course.drill);
    let severities = Severity::ALL.iter().map(|one| (one.title(), of(&real, |course| course.severity == *one)));
    let kinds = Kind::ALL.iter().map(|one| (one.title(), of(&real, |course| course.kind == *one)));
    Ok(MetricsDetail {
        metrics: Metric::ALL.to_vec(),
        all: row("All incidents", real.iter().collect()),
        by_severity: severities.filter_map(|(label, some)| row(label, some)).collect(),
        by_kind: kinds.filter_map(|(label, some)| row(label, some)).collect(),
        drills: row("Drills", drills.iter().collect()),
        months: months(&real, cx.now()),
        asked: found.asked,
        disputed: found.disputed,
    })
}

fn of(all: &[Course], fits: impl Fn(&Course) -> bool) -> Vec<&Course> {
    all.iter().filter(|course| fits(course)).collect()
}

fn row(label: &str, courses: Vec<&Course>) -> Option<MetricsRow> {
    (!courses.is_empty()).then(|| figures(label.to_owned(), &courses))
}

fn figures(label: String, courses: &[&Course]) -> MetricsRow {
    let means = Metric::ALL.iter().map(|metric| mean(*metric, courses.iter().copied())).collect();
    MetricsRow { label, means }
}

/// By the month of their detection.
fn months(all: &[Course], now: Time) -> Vec<MetricsRow> {
    let month = |at: Time| (at.year(), at.month());
    let last_twelve = (0..12).rev().filter_map(|back| now.checked_sub_months(Months::new(back)));
    let row = |at: Time| figures(at.format("%Y-%m").to_string(), &of(all, |course| month(course.detected_at) == month(at)));
    last_twelve.map(row).collect()
}
