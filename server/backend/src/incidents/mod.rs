//! Incidents: from the report to the lessons. Authority over one incident is a value: an [`IncidentScope`].

mod bundle;
mod change;
mod clocks;
mod contact;
mod drills;
mod duties;
mod effects;
mod error;
mod evidence;
mod guards;
mod lessons;
mod lifting;
mod measures;
mod metrics;
mod neighbours;
mod notices;
mod playbooks;
mod preserve;
mod report;
mod rotation;
mod scope;
mod snapshot;
mod steps;
mod tasks;
mod text;
mod timeline;

pub use bundle::{NotSealed, Verified, bundle, verify_bundle};
pub use change::{set_beginning, set_restricted, set_severity, settle_amazon};
pub(crate) use clocks::tell_due;
pub use contact::{contact, set_contact};
pub use drills::{
    Readiness, Rehearsed, ask_drill, begin_drill, drills, end_drill, keep_drill, next_drill, readiness, review_plan,
};
pub use duties::give_duty;
pub use effects::{Effect, effect, holders, last_end};
pub use error::IncidentError;
pub use evidence::check_evidence;
pub use evidence::{copy_evidence, locker, take_evidence, take_file};
pub(crate) use lessons::tell_overdue;
pub use lessons::{action_items, add_action_item, draft_post_mortem, end_action_item, post_mortem, write_post_mortem};
pub use lifting::{is_alone_in_lifting, lift, lift_from_command_line};
pub(crate) use measures::resume_due;
pub use measures::{Choice, choices, measures, order, retry, withdraw};
pub use metrics::{Courses, courses};
pub use notices::{
    NewWords, approve_notice, draft_notice, facts, is_alone, mark_sent, notice_mails, notices, send_notice,
    told_amazon_alone, withdraw_notice, write_notice,
};
pub use playbooks::{Playbook, add_to_playbook, playbook, remove_from_playbook, restore_playbook};
pub(crate) use preserve::preserve;
pub use report::{Report, any_target, report, report_from_command_line, target_named};
pub use scope::{IncidentScope, enter};
pub use steps::{steps, take_step};
pub use tasks::{add_task, end_task, give_task, reopen_task, tasks};
pub use timeline::{EVENTS, Line, correct, note_reading, pin, timeline, write};

use model::audit::{Action, SafeText};

use crate::{
    Cx, TeamScope,
    access::{self, AccessError},
    audit::append,
    store::incident::{self, AboutTarget, Incident},
};

/// The Team's incidents that this person may see, the newest first.
pub async fn list(cx: &Cx, scope: &TeamScope) -> Result<Vec<Incident>, AccessError> {
    let person = access::signed_in(cx)?.user;
    let sees_all = model::incident::may_see(true, scope.role(), false);
    let person = if scope.looks() { model::ids::UserId(model::ids::NIL) } else { person };
    Ok(incident::seen_by(&cx.portal.db.of(scope), scope, person, sees_all).await?)
}

/// What the incident is about.
pub async fn targets(cx: &Cx, scope: &IncidentScope) -> Result<Vec<AboutTarget>, AccessError> {
    Ok(incident::targets(&cx.portal.db.of(scope), scope).await?)
}

/// Names a thing of the Team that the incident is about.
pub async fn name_target(cx: &Cx, scope: &IncidentScope, target: AboutTarget) -> Result<(), IncidentError> {
    let tx = cx.portal.db.begin_in(scope).await?;
    let held = scope.open(&tx).await?;
    incident::add_target(&*tx, &held, &target).await?;
    let event = held.event(Action::IncidentChanged).with("what", "about");
    append(&*tx, cx, event.with("to", &SafeText::new(&target.name, 200))).await?;
    Ok(tx.commit().await?)
}
