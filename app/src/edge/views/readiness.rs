//! Readiness for incidents.

use backend::{Cx, TeamScope, incidents, store::drill::Drill};
use model::{
    Time,
    incident::{
        DrillKind,
        drill::{DRILL_DAYS, PLAN_DAYS, due_at},
    },
};

use crate::{
    Failure,
    api::readiness::{ContactItem, DrillItem, DrillKindItem, PlanItem, ReadinessDetail},
    edge::{fail, moment},
};

pub(crate) async fn readiness_detail(cx: &Cx, scope: &TeamScope) -> Result<ReadinessDetail, Failure> {
    let now = cx.now();
    let contact = incidents::contact(cx, scope).await.map_err(fail)?;
    let (made, reviewed) = incidents::plan(cx, scope).await.map_err(fail)?;
    let drills = incidents::drills(cx, scope).await.map_err(fail)?;
    let due = due_at(reviewed.as_ref().map(|(at, _, _)| *at), made, PLAN_DAYS);
    Ok(ReadinessDetail {
        contact: ContactItem {
            name: contact.name,
            email: contact.email.to_string(),
            phone: contact.phone,
            amazon: contact.amazon.to_string(),
        },
        plan: PlanItem {
            reviewed: reviewed.map(|(at, name, note)| (name, moment(at, now), note)),
            due: moment(due, now),
            overdue: due < now,
        },
        kinds: DrillKind::ALL.iter().map(|kind| kind_item(*kind, &drills, made, now)).collect(),
        drills: drills.into_iter().map(|drill| drill_item(drill, now)).collect(),
    })
}

fn kind_item(kind: DrillKind, drills: &[Drill], made: Time, now: Time) -> DrillKindItem {
    let ended = drills.iter().filter(|drill| drill.kind == kind).filter_map(|drill| drill.ended.as_ref());
    let last = ended.filter(|ended| ended.passed).map(|ended| ended.at).max();
    let due = due_at(last, made, DRILL_DAYS);
    DrillKindItem { kind, last: last.map(|at| moment(at, now)), due: moment(due, now), overdue: due < now }
}

fn drill_item(drill: Drill, now: Time) -> DrillItem {
    let passed = drill.ended.as_ref().map(|ended| ended.passed);
    let (report, incident) = drill.ended.map(|ended| (ended.report, ended.incident)).unwrap_or_default();
    DrillItem { kind: drill.kind, asked: (drill.asked_name, moment(drill.asked_at, now)), passed, report, incident }
}
