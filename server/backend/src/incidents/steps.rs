use model::{
    Time,
    audit::{Action, SafeText},
    ids::IncidentId,
    incident::{Duty, MeasureState, State, Step, TEXT_MOST},
};

use super::{IncidentError, IncidentScope, enter, measures, text};
use crate::{
    Cx, access,
    audit::append,
    store::incident::{self, OnDuty, Taken},
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
    let person = access::signed_in(cx)?;
    let (now, before) = (cx.now(), scope.incident());
    let at = text::said(at, now)?;
    let after = before.progress.take(step, at, now)?;
    // What is told of an end, or of a judgement, is for those who come later.
    let note = match step {
        Step::Contain | Step::Recover => text::maybe("note", note, TEXT_MOST)?,
        _ => text::lines("note", note, TEXT_MOST)?,
    };
    if step == Step::Contain {
        let all = measures(cx, scope).await?;
        let open = all.iter().filter(|m| matches!(m.state, MeasureState::Ordered | MeasureState::Failed)).count();
        if open > 0 {
            return Err(IncidentError::MeasuresOpen(open));
        }
    }
    let mut changed = before.clone();
    if step == Step::Merge {
        let other = into.filter(|id| *id != scope.id()).ok_or(IncidentError::NoTarget)?;
        let other = enter(cx, scope.team(), other).await?;
        if other.incident().progress.state.is_over() {
            return Err(IncidentError::NoTarget);
        }
        changed.merged_into = Some(other.id());
    }
    let taken = Taken { state: after.state, at, by: Some(person.user), name: person.email.to_string(), note };
    let tx = cx.portal.db.begin().await?;
    if !incident::step(&*tx, scope, before.progress.state, &taken, now).await? {
        return Err(IncidentError::Changed);
    }
    if changed.merged_into.is_some() {
        incident::write(&*tx, scope, &changed).await?;
    }
    // Whoever judges an incident that nobody commands commands it.
    if after.state == State::Triaged && scope.duties().iter().all(|on| on.duty != Duty::Commander) {
        let name = person.email.to_string();
        incident::give_duty(&*tx, scope, &OnDuty { duty: Duty::Commander, user: person.user, name, since: now }).await?;
    }
    let event = scope.event(Action::IncidentStepTaken).with("to", &SafeText::new(after.state.as_str(), 40));
    append(&*tx, cx, event).await?;
    Ok(tx.commit().await?)
}
