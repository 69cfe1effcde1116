//! Tasks: what people do about an incident, by whom, until when.

use chrono::Duration;
use model::{
    Time,
    audit::{Action, SafeText},
    ids::{TaskId, UserId},
    incident::{
        Phase, TEXT_MOST, TaskState,
        task::{TASK_MOST, TASKS_MOST},
    },
};

use super::{IncidentError, IncidentScope, playbooks, text};
use crate::{
    Cx,
    access::{self, AccessError},
    audit::append,
    random,
    store::{
        self, Tx,
        member::Member,
        task::{self, Task},
    },
};

/// Every task of an incident, by phase, in each the first due first.
pub async fn tasks(cx: &Cx, scope: &IncidentScope) -> Result<Vec<Task>, AccessError> {
    Ok(task::all(&cx.portal.db.of(scope), scope).await?)
}

/// What the playbook has for an incident of this kind, as it is reported.
pub(super) async fn plan(tx: &Tx, scope: &IncidentScope) -> Result<(), IncidentError> {
    let incident = scope.incident();
    for planned in playbooks::of(&**tx, scope.team(), incident.kind).await?.tasks {
        // What was due before anybody heard of it is due now, and an hour is left for it.
        let due_at = incident.detected_at + Duration::hours(planned.within_hours.into());
        let due_at = due_at.max(incident.reported_at + Duration::hours(1));
        task::insert(&**tx, scope, &new(incident.reported_at, planned.phase, planned.title, due_at)).await?;
    }
    Ok(())
}

fn new(now: Time, phase: Phase, title: String, due_at: Time) -> Task {
    let id = random::id(now);
    Task { id, phase, title, due_at, owner: None, state: TaskState::Open, note: String::new(), ended: None }
}

/// Adds a task that no playbook knew.
pub async fn add_task(
    cx: &Cx,
    scope: &IncidentScope,
    phase: Phase,
    title: &str,
    due_at: Option<Time>,
) -> Result<TaskId, IncidentError> {
    let now = cx.now();
    let title = text::line("title", title, TASK_MOST)?;
    let due_at = due_at.unwrap_or(now + Duration::hours(24));
    if due_at < now - Duration::minutes(1) {
        return Err(IncidentError::Past);
    }
    let tx = cx.portal.db.begin_in(scope).await?;
    let held = scope.open(&tx).await?;
    if task::all(&*tx, &held).await?.len() >= TASKS_MOST {
        return Err(IncidentError::TooManyTasks);
    }
    let task = new(now, phase, title, due_at);
    task::insert(&*tx, &held, &task).await?;
    tell(&tx, cx, &held, Action::TaskAdded, &task).await?;
    tx.commit().await?;
    Ok(task.id)
}

/// Gives a task to a member.
pub async fn give_task(cx: &Cx, scope: &IncidentScope, id: TaskId, user: UserId) -> Result<(), IncidentError> {
    let member = worker(cx, scope, user).await?;
    let owner = Some((user, member.email.to_string()));
    change(cx, scope, id, Action::TaskGiven, TaskState::Open, |task| Task { owner, ..task }).await
}

/// A member who may be given work: not locked out, and one who sees the incident.
pub(super) async fn worker(cx: &Cx, scope: &IncidentScope, user: UserId) -> Result<Member, IncidentError> {
    let db = &cx.portal.db.of(scope);
    store::member::by_user(db, scope.team(), user).await?.ok_or(AccessError::NotFound)?;
    let members = store::member::not_locked(db, scope.team()).await?;
    let found = members.into_iter().find(|member| member.user == user && scope.is_seen_by(member));
    found.ok_or(IncidentError::NotSeen)
}

/// Ends a task: it is done, or it is not needed, which somebody says why.
pub async fn end_task(cx: &Cx, scope: &IncidentScope, id: TaskId, end: TaskState, note: &str) -> Result<(), IncidentError> {
    let name = access::signed_in(cx)?.email.to_string();
    let note = if end.needs_note() { text::lines("note", note, TEXT_MOST)? } else { text::maybe("note", note, TEXT_MOST)? };
    let ended = Some((cx.now(), name));
    change(cx, scope, id, Action::TaskEnded, TaskState::Open, |task| Task { state: end, note, ended, ..task }).await
}

/// Takes a task up again that was ended.
pub async fn reopen_task(cx: &Cx, scope: &IncidentScope, id: TaskId) -> Result<(), IncidentError> {
    let all = tasks(cx, scope).await?;
    let from = all.into_iter().find(|task| task.id == id).ok_or(AccessError::NotFound)?.state;
    if from == TaskState::Open {
        return Err(IncidentError::Changed);
    }
    let open = |task| Task { state: TaskState::Open, note: String::new(), ended: None, ..task };
    change(cx, scope, id, Action::TaskReopened, from, open).await
}

async fn change(
    cx: &Cx,
    scope: &IncidentScope,
    id: TaskId,
    action: Action,
    from: TaskState,
    how: impl FnOnce(Task) -> Task,
) -> Result<(), IncidentError> {
    let tx = cx.portal.db.begin_in(scope).await?;
    let held = scope.open(&tx).await?;
    let found = task::all(&*tx, &held).await?.into_iter().find(|task| task.id == id).ok_or(AccessError::NotFound)?;
    let changed = how(found);
    if !task::write(&*tx, &held, from, &changed).await? {
        return Err(IncidentError::Changed);
    }
    tell(&tx, cx, &held, action, &changed).await?;
    Ok(tx.commit().await?)
}

async fn tell(tx: &Tx, cx: &Cx, held: &IncidentScope, action: Action, task: &Task) -> Result<(), sea_orm::DbErr> {
    let mut event = held.event(action).with("task", &SafeText::new(&task.title, TASK_MOST));
    if let Some((_, name)) = &task.owner {
        event = event.with("to", &SafeText::new(name, 200));
    }
    if task.state != TaskState::Open {
        event = event.with("end", task.state.as_str());
    }
    append(&**tx, cx, event).await
}
