use model::{
    Time,
    audit::Action,
    ids::IncidentId,
    incident::{Duty, MeasureState, NoticeState, State, Step, TEXT_MOST, TaskState},
};

use super::{IncidentError, IncidentScope, enter, evidence::who, text};
use crate::{
    Cx,
    audit::append,
    store::{
        Tx,
        incident::{self, Incident, OnDuty, Taken},
        lessons, measure, notice, task,
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
    let tx = cx.portal.db.begin().await?;
    let held = scope.held(&tx).await?;
    let before = held.incident();
    // Whoever acts on what they saw before is told that it is another now.
    if before.progress.state != seen {
        return Err(IncidentError::Changed);
    }
    let after = before.progress.take(step, at, now)?;
    may_end(&tx, &held, after.state).await?;
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

/// Nothing is contained, and nothing ends, while a measure is not done; nothing is looked back on without a
/// post-mortem, or closed while a task is open and nothing follows; and Amazon's clock does not end by itself.
async fn may_end(tx: &Tx, held: &IncidentScope, after: State) -> Result<(), IncidentError> {
    if after == State::Contained || after.is_over() {
        let all = measure::all(&**tx, held).await?;
        let open = all.iter().filter(|m| matches!(m.state, MeasureState::Ordered | MeasureState::Failed)).count();
        if open > 0 {
            return Err(IncidentError::MeasuresOpen(open));
        }
    }
    if after == State::Closed {
        let all = task::all(&**tx, held).await?;
        let open = all.iter().filter(|task| task.state == TaskState::Open).count();
        if open > 0 {
            return Err(IncidentError::TasksOpen(open));
        }
    }
    let incident = held.incident();
    // A rehearsal ends with what it recorded.
    if after == State::Reviewed && !incident.drill && lessons::post_mortem(&**tx, held).await?.is_none() {
        return Err(IncidentError::NoPostMortem);
    }
    if after == State::Closed && !incident.drill && lessons::items(&**tx, held).await?.is_empty() {
        return Err(IncidentError::NoActionItem);
    }
    if after == State::Closed && incident.amazon.is_none() && !incident.drill {
        return Err(IncidentError::AmazonOpen);
    }
    Ok(())
}

/// The other one takes over, with the earlier detection and what is open: Amazon's clock does not begin anew, and none is lost.
async fn merge(tx: &Tx, cx: &Cx, held: &IncidentScope, into: &IncidentScope) -> Result<(), IncidentError> {
    let other = into.held(tx).await?;
    if other.incident().progress.state.is_over() {
        return Err(IncidentError::NoTarget);
    }
    let detected_at = other.incident().detected_at.min(held.incident().detected_at);
    if notice::all(&**tx, held).await?.iter().any(|one| one.state == NoticeState::Approved) {
        return Err(IncidentError::NoticeOpen);
    }
    if notice::mails(&**tx, held).await?.iter().any(|mail| mail.delivered_at.is_none() && mail.failed_at.is_none()) {
        return Err(IncidentError::NoticeOpen);
    }
    let mut now = Incident { detected_at, ..other.incident().clone() };
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
