//! What is done in an incident of a kind: the Team's own playbook, or the one that comes with Portal.

use model::{
    audit::{Action, SafeText},
    incident::{
        Kind, Phase,
        task::{TASK_MOST, TASKS_MOST, WITHIN_MOST},
    },
};

use super::{IncidentError, text};
use crate::{
    Cx, TeamScope,
    access::AccessError,
    audit::{Event, append},
    store::{
        self, Tx,
        playbook::{self, PlaybookTask},
    },
};

/// A playbook.
#[derive(Clone, Debug)]
pub struct Playbook {
    /// The Team has written it.
    pub is_own: bool,
    pub tasks: Vec<PlaybookTask>,
}

/// What is done in an incident of this kind.
pub async fn playbook(cx: &Cx, scope: &TeamScope, kind: Kind) -> Result<Playbook, AccessError> {
    of(&cx.portal.db.of(scope), scope, kind).await
}

pub(super) async fn of(db: &impl sea_orm::ConnectionTrait, scope: &TeamScope, kind: Kind) -> Result<Playbook, AccessError> {
    if let Some(tasks) = playbook::own(db, scope, kind).await? {
        return Ok(Playbook { is_own: true, tasks });
    }
    let planned = kind.playbook().into_iter();
    let tasks = planned.map(|task| PlaybookTask {
        phase: task.phase,
        title: task.title.to_owned(),
        within_hours: i32::try_from(task.within_hours).unwrap_or(i32::MAX),
    });
    Ok(Playbook { is_own: false, tasks: tasks.collect() })
}

/// Adds a task to the Team's playbook of a kind.
pub async fn add_to_playbook(
    cx: &Cx,
    scope: &TeamScope,
    kind: Kind,
    phase: Phase,
    title: &str,
    within_hours: i64,
) -> Result<(), IncidentError> {
    let title = text::line("title", title, TASK_MOST)?;
    let within_hours = i32::try_from(within_hours).ok().filter(|hours| (1..=WITHIN_MOST).contains(&i64::from(*hours)));
    let new = PlaybookTask { phase, title, within_hours: within_hours.ok_or(IncidentError::Hours)? };
    let tx = cx.portal.db.begin_in(scope).await?;
    let tasks = make_own(&tx, scope, kind).await?;
    if tasks >= TASKS_MOST {
        return Err(IncidentError::TooManyTasks);
    }
    if !playbook::add(&*tx, scope, kind, &new).await? {
        return Err(IncidentError::TaskThere);
    }
    changed(&tx, cx, scope, kind, "added", &new.title).await?;
    Ok(tx.commit().await?)
}

/// Takes a task away from the Team's playbook of a kind.
pub async fn remove_from_playbook(cx: &Cx, scope: &TeamScope, kind: Kind, title: &str) -> Result<(), IncidentError> {
    let tx = cx.portal.db.begin_in(scope).await?;
    make_own(&tx, scope, kind).await?;
    if !playbook::remove(&*tx, scope, kind, title).await? {
        return Err(AccessError::NotFound.into());
    }
    changed(&tx, cx, scope, kind, "removed", title).await?;
    Ok(tx.commit().await?)
}

/// Goes back to the playbook that comes with Portal.
pub async fn restore_playbook(cx: &Cx, scope: &TeamScope, kind: Kind) -> Result<(), IncidentError> {
    let tx = cx.portal.db.begin_in(scope).await?;
    store::team::hold(&*tx, scope).await?;
    playbook::restore(&*tx, scope, kind).await?;
    changed(&tx, cx, scope, kind, "restored", kind.title()).await?;
    Ok(tx.commit().await?)
}

/// The first change copies what comes with Portal; answers how many tasks there are.
async fn make_own(tx: &Tx, scope: &TeamScope, kind: Kind) -> Result<usize, IncidentError> {
    store::team::hold(&**tx, scope).await?;
    let now = of(&**tx, scope, kind).await?;
    if !now.is_own {
        playbook::begin(&**tx, scope, kind).await?;
        for task in &now.tasks {
            playbook::add(&**tx, scope, kind, task).await?;
        }
    }
    Ok(now.tasks.len())
}

async fn changed(
    tx: &Tx,
    cx: &Cx,
    scope: &TeamScope,
    kind: Kind,
    how: &'static str,
    title: &str,
) -> Result<(), sea_orm::DbErr> {
    let event = Event::of(scope, Action::PlaybookChanged).with("kind", &SafeText::new(kind.as_str(), 40));
    append(&**tx, cx, event.with("how", how).with("task", &SafeText::new(title, TASK_MOST))).await
}
