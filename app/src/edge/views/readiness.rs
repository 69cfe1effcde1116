//! Readiness for incidents.

use backend::{Cx, TeamScope, incidents, store::drill::Drill};
use model::{Time, incident::DrillKind};

use crate::{
    Failure,
    api::readiness::{ContactItem, DrillItem, DrillKindItem, PlanItem, ReadinessDetail},
    edge::{fail, moment},
};

pub(crate) async fn readiness_detail(cx: &Cx, scope: &TeamScope) -> Result<ReadinessDetail, Failure> {
    let now = cx.now();
    let contact = incidents::contact(cx, scope).await.map_err(fail)?;
    let ready = incidents::readiness(cx, scope).await.map_err(fail)?;
    let drills = incidents::drills(cx, scope).await.map_err(fail)?;
    let rehearsed = ready.kinds.iter().filter_map(|(_, last, _)| *last).max();
    let kind_item = |(kind, last, due): (DrillKind, Option<Time>, Time)| DrillKindItem {
        kind,
        last: last.map(|at| moment(at, now)),
        due: moment(due, now),
        overdue: due < now,
    };
    Ok(ReadinessDetail {
        contact: ContactItem {
            name: contact.name,
            email: contact.email.to_string(),
            phone: contact.phone,
            amazon: contact.amazon.to_string(),
        },
        plan: PlanItem {
            reviewed: ready.reviewed.map(|(at, name, note)| (name, moment(at, now), note)),
            rehearsed: rehearsed.map(|at| moment(at, now)),
            due: moment(ready.review_due, now),
            overdue: ready.review_due < now,
        },
        kinds: ready.kinds.into_iter().map(kind_item).collect(),
        drills: drills.into_iter().map(|drill| drill_item(drill, now)).collect(),
    })
}

fn drill_item(drill: Drill, now: Time) -> DrillItem {
    let passed = drill.ended.as_ref().map(|ended| ended.passed);
    let (report, incident) = drill.ended.map(|ended| (ended.report, ended.incident)).unwrap_or_default();
    DrillItem { kind: drill.kind, asked: (drill.asked_name, moment(drill.asked_at, now)), passed, report, incident }
}
