use model::{
    Time,
    audit::Action,
    ids::IncidentId,
    incident::{Duty, MeasureState, NoticeState, Open, State, Step, TEXT_MOST, TaskState, Unready},
    step_up::DangerousAct,
};
use sea_orm::{ConnectionTrait, DbErr};

use super::{IncidentError, IncidentScope, enter, evidence::who, notices::settle, text};
use crate::{
    Cx,
    access::{self, AccessError},
    audit::append,
    store::{
        Tx,
        incident::{self, Incident, OnDuty, Taken},
        lessons,
        measure::{self, Measure},
        notice::{self, Mailed, Notice},
        task,
    },
};

/// Takes a step that was taken `at` (now unless somebody says otherwise), with a note. `into`: for merging.
#[tracing::instrument(skip_all, fields(incident = %scope.id(), step = step.as_str()))]
pub async fn take_step(
    cx: &Cx,
    scope: &IncidentScope,
    step: Step,
    at: Option<Time>,
    note: &str,
    into: Option<IncidentId>,
) -> Result<(), IncidentError> {
    // Nobody tells Amazon of what was no incident.
    if step == Step::Dismiss {
        access::require_step_up(cx, scope.team(), DangerousAct::SettleAmazon).await?;
    }
    // Portal itself takes a drill to its end.
    let (by, name) = who(cx);
    let (now, seen) = (cx.now(), scope.incident().progress.state);
    let at = text::said(at, now)?;
    let note = if step.needs_note() { text::lines("note", note, TEXT_MOST)? } else { text::maybe("note", note, TEXT_MOST)? };
    let into = match (step, into.filter(|id| *id != scope.id())) {
        (Step::Merge, Some(other)) => Some(enter(cx, scope.team(), other).await?),
        (Step::Merge, None) => return Err(IncidentError::NoTarget),
        _ => None,
    };
    let tx = cx.portal.db.begin_in(scope).await?;
    let mut held = scope.held(&tx).await?;
    // What Amazon's mail server took is told, also when no clock has noted it yet.
    let taken = |mail: &Mailed| mail.delivered_at.filter(|_| mail.settles).map(|at| (at, mail.recipient.clone()));
    if let Some((at, to)) = notice::mails(&*tx, &held).await?.iter().find_map(taken) {
        settle(&tx, &held, at, format!("By mail to {to}")).await?;
        held = scope.held(&tx).await?;
    }
    let before = held.incident();
    // Whoever acts on what they saw before is told that it is another now.
    if before.progress.state != seen {
        return Err(IncidentError::Changed);
    }
    let after = before.progress.take(step, at, now)?;
    if let Some(unready) = open(&*tx, &held).await?.keeps_from(after.state) {
        return Err(unready.into());
    }
    let taken = Taken { state: after.state, at, by, name: name.clone(), note: note.clone() };
    if !incident::step(&*tx, &held, before.progress.state, &taken, now).await? {
        return Err(IncidentError::Changed);
    }
    if let Some(into) = into {
        merge(&tx, cx, &held, &into).await?;
    }
    // What was no incident is nothing that Amazon must hear.
    if after.state == State::Dismissed && before.amazon.is_none() {
        let settled = Incident { amazon: Some((now, format!("Dismissed: {note}"))), ..before.clone() };
        incident::write(&*tx, &held, &settled).await?;
    }
    // Whoever judges an incident that nobody commands commands it.
    let is_free = held.duties().iter().all(|on| on.duty != Duty::Commander);
    if let (State::Triaged, true, Some(user)) = (after.state, is_free, by) {
        incident::give_duty(&*tx, &held, &OnDuty { duty: Duty::Commander, user, name, since: now }).await?;
    }
    let event = held.event(Action::IncidentStepTaken).with("to", after.state.as_str()).with("at", at);
    append(&*tx, cx, event).await?;
    Ok(tx.commit().await?)
}

/// What is open of it.
async fn open(db: &impl ConnectionTrait, scope: &IncidentScope) -> Result<Open, DbErr> {
    let is_undone = |m: &Measure| matches!(m.state, MeasureState::Ordered | MeasureState::Failed);
    let is_approved = |one: &Notice| one.state == NoticeState::Approved;
    let is_on_its_way = |mail: &Mailed| mail.delivered_at.is_none() && mail.failed_at.is_none();
    let incident = scope.incident();
    Ok(Open {
        measures: measure::all(db, scope).await?.iter().filter(|m| is_undone(m)).count(),
        tasks: task::all(db, scope).await?.iter().filter(|task| task.state == TaskState::Open).count(),
        notices: notice::all(db, scope).await?.iter().filter(|one| is_approved(one)).count()
            + notice::mails(db, scope).await?.iter().filter(|mail| is_on_its_way(mail)).count(),
        no_post_mortem: lessons::post_mortem(db, scope).await?.is_none(),
        no_action_item: lessons::items(db, scope).await?.is_empty(),
        amazon: incident.amazon.is_none(),
        drill: incident.drill,
    })
}

/// The steps that lead on from here, each with what comes first: one with nothing before it may be taken now.
pub async fn steps(cx: &Cx, scope: &IncidentScope) -> Result<Vec<(Step, Option<Unready>)>, AccessError> {
    let (open, state) = (open(&cx.portal.db.of(scope), scope).await?, scope.incident().progress.state);
    Ok(state.steps().map(|step| (step, state.after(step).and_then(|after| open.keeps_from(after)))).collect())
}

/// The other one takes over, with the earlier detection, the graver severity and what is open: Amazon's clock does not begin anew,
/// and none is lost.
async fn merge(tx: &Tx, cx: &Cx, held: &IncidentScope, into: &IncidentScope) -> Result<(), IncidentError> {
    let other = into.held(tx).await?;
    if !held.incident().goes_into(other.incident()) {
        return Err(IncidentError::NotTogether);
    }
    let detected_at = other.incident().detected_at.min(held.incident().detected_at);
    let severity = other.incident().severity.min(held.incident().severity);
    let mut now = Incident { detected_at, severity, ..other.incident().clone() };
    let began_at = held.incident().began_at.into_iter().chain(now.began_at).min();
    if let Some(began_at) = began_at.map(|at| at.min(detected_at)).filter(|at| Some(*at) != now.began_at) {
        now.began_at = Some(began_at);
        let event = other.event(Action::IncidentChanged).with("what", "began").with("to", began_at);
        append(&**tx, cx, event).await?;
    }
    // Told through one is told. What need not be told of the one may have to be of the other.
    let source = held.incident();
    if source.amazon_told && !now.amazon_told {
        (now.amazon, now.amazon_told) = (source.amazon.clone(), true);
    } else if source.amazon.is_none() && !now.amazon_told {
        now.amazon = None;
    }
    if now.amazon != other.incident().amazon {
        let to = if now.amazon.is_some() { "settled" } else { "not settled" };
        append(&**tx, cx, other.event(Action::IncidentChanged).with("what", "amazon").with("to", to)).await?;
    }
    if severity != other.incident().severity {
        let event = other.event(Action::IncidentChanged).with("what", "severity").with("to", severity.as_str());
        append(&**tx, cx, event).await?;
    }
    if detected_at != other.incident().detected_at {
        let event = other.event(Action::IncidentChanged).with("what", "detected").with("to", detected_at);
        append(&**tx, cx, event).await?;
    }
    incident::write(&**tx, &other, &now).await?;
    task::move_open(&**tx, held, &other).await?;
    for target in incident::targets(&**tx, held).await? {
        incident::add_target(&**tx, &other, &target).await?;
    }
    let merged = Incident { merged_into: Some(other.id()), ..held.incident().clone() };
    Ok(incident::write(&**tx, held, &merged).await?)
}
