//! How fast incidents are noticed, answered, contained and over: from what is stored, and once more from the log.

use std::collections::BTreeMap;

use model::{
    Time,
    audit::Action,
    incident::{Kind, Severity, State, code, metrics::Course},
    retention::{LEAST_MONTHS, kept_since},
};
use serde_json::Value;
use uuid::Uuid;

use super::list;
use crate::{
    Cx, TeamScope,
    access::AccessError,
    audit,
    store::{audit_event::Row, audit_search, incident::Incident},
};

/// The courses of incidents, and whether the log tells the same.
#[derive(Clone, Debug)]
pub struct Courses {
    /// Those that this person may see and that were incidents: none that was dismissed or merged. The newest first.
    pub all: Vec<Course>,
    /// Incidents of which the log tells another course, by their codes.
    pub disputed: Vec<String>,
    /// Incidents that the log was asked about: all but those that are so old that they may be pruned.
    pub asked: usize,
}

/// The courses of the Team's incidents that this person may see.
pub async fn courses(cx: &Cx, scope: &TeamScope) -> Result<Courses, AccessError> {
    let incidents = list(cx, scope).await?;
    let ids: Vec<_> = incidents.iter().map(|one| one.id).collect();
    let mut told: BTreeMap<Uuid, Vec<Row>> = BTreeMap::new();
    for row in audit_search::of_incidents(cx.portal.db.reader(), scope, &ids).await? {
        // What Portal did not write is nobody's word.
        if audit::is_ours(&cx.portal.vault, &row) {
            told.entry(row.target_id.unwrap_or_default()).or_default().push(row);
        }
    }
    let since = kept_since(cx.now(), LEAST_MONTHS);
    let (mut all, mut disputed, mut asked) = (Vec::new(), Vec::new(), 0);
    for one in &incidents {
        let course = stored(one);
        let rows = told.get(&one.id.0);
        let from_log = rows.and_then(|rows| recomputed(rows));
        // Whose report was pruned is not asked, nor one whose report was recorded before it told the detection; any other must
        // be there.
        let is_old =
            rows.is_some_and(|rows| rows.iter().any(is_untold)) || since.is_some_and(|since| one.reported_at < since);
        let is_asked = from_log.is_some() || !is_old;
        asked += usize::from(is_asked);
        if is_asked && from_log != Some((course.clone(), one.progress.state)) {
            disputed.push(code(one.id));
        }
        if !matches!(one.progress.state, State::Dismissed | State::Merged) {
            all.push(course);
        }
    }
    Ok(Courses { all, disputed, asked })
}

/// A report from before its event told when it was detected.
fn is_untold(row: &Row) -> bool {
    row.action == Action::IncidentReported && !row.details.contains("\"detected\"")
}

fn stored(one: &Incident) -> Course {
    Course {
        kind: one.kind,
        severity: one.severity,
        drill: one.drill,
        began_at: one.began_at,
        detected_at: one.detected_at,
        judged_at: one.progress.at(State::Triaged),
        contained_at: one.progress.at(State::Contained),
        recovered_at: one.progress.at(State::Recovered),
    }
}

/// The course and the state as the events of an incident tell them, in their order; nothing when its report is not among them any more.
fn recomputed(rows: &[Row]) -> Option<(Course, State)> {
    let (mut course, mut state): (Option<Course>, _) = (None, State::Reported);
    for row in rows {
        let details: Value = serde_json::from_str(&row.details).unwrap_or_default();
        let text = |field: &str| details[field].as_str().unwrap_or_default();
        let time = |field: &str| text(field).parse::<Time>().ok();
        match (row.action, &mut course) {
            (Action::IncidentReported, _) => {
                let kind = Kind::parse(text("kind"))?;
                course = Some(Course {
                    kind,
                    severity: Severity::parse(text("severity")).unwrap_or(kind.first_severity()),
                    drill: details["drill"].as_bool().unwrap_or_default(),
                    began_at: None,
                    detected_at: time("detected")?,
                    judged_at: None,
                    contained_at: None,
                    recovered_at: None,
                });
            }
            (Action::IncidentChanged, Some(course)) => match text("what") {
                "severity" => course.severity = Severity::parse(text("to")).unwrap_or(course.severity),
                "detected" => course.detected_at = time("to").unwrap_or(course.detected_at),
                "began" => course.began_at = time("to"),
                _ => {}
            },
            (Action::IncidentStepTaken, Some(course)) => {
                state = State::parse(text("to")).unwrap_or(state);
                match state {
                    State::Triaged => course.judged_at = time("at"),
                    State::Contained => course.contained_at = time("at"),
                    State::Recovered => course.recovered_at = time("at"),
                    _ => {}
                }
            }
            _ => {}
        }
    }
    course.map(|course| (course, state))
}
