//! Tasks of incidents.

use model::{
    Time,
    ids::{TaskId, UserId},
    incident::{Phase, TaskState},
};
use sea_orm::{QueryResult, entity::prelude::*};

use super::{sql, stored};
use crate::incidents::IncidentScope;

/// One task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    pub id: TaskId,
    pub phase: Phase,
    pub title: String,
    pub due_at: Time,
    pub owner: Option<(UserId, String)>,
    pub state: TaskState,
    /// What came of it.
    pub note: String,
    /// When it was ended, and by whom.
    pub ended: Option<(Time, String)>,
}

pub async fn insert(db: &impl ConnectionTrait, scope: &IncidentScope, new: &Task) -> Result<(), DbErr> {
    let text = "INSERT INTO task (id, incident_id, team_id, phase, title, due_at, owner, owner_name, state, note, ended_at,
        ended_name) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    let (owner, ended) = (new.owner.clone(), new.ended.clone());
    let values = [
        new.id.0.into(),
        scope.id().0.into(),
        scope.team().team().0.into(),
        new.phase.as_str().into(),
        new.title.clone().into(),
        new.due_at.into(),
        owner.as_ref().map(|(id, _)| id.0).into(),
        owner.map(|(_, name)| name).into(),
        new.state.as_str().into(),
        new.note.clone().into(),
        ended.as_ref().map(|(at, _)| *at).into(),
        ended.map(|(_, name)| name).into(),
    ];
    db.execute_raw(sql(db, text, values)).await.map(|_| ())
}

/// Every task of an incident, by phase, in each the first due first.
pub async fn all(db: &impl ConnectionTrait, scope: &IncidentScope) -> Result<Vec<Task>, DbErr> {
    let text = "SELECT * FROM task WHERE incident_id = $1 ORDER BY due_at, id";
    let rows = db.query_all_raw(sql(db, text, [scope.id().0.into()])).await?;
    let mut all = rows.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
    all.sort_by_key(|task| task.phase);
    Ok(all)
}

/// Writes who has it and how far it is, unless somebody changed that since; false then.
pub async fn write(db: &impl ConnectionTrait, scope: &IncidentScope, from: TaskState, task: &Task) -> Result<bool, DbErr> {
    let text = "UPDATE task SET owner = $3, owner_name = $4, state = $5, note = $6, ended_at = $7, ended_name = $8
        WHERE incident_id = $1 AND id = $2 AND state = $9";
    let (owner, ended) = (task.owner.clone(), task.ended.clone());
    let values = [
        scope.id().0.into(),
        task.id.0.into(),
        owner.as_ref().map(|(id, _)| id.0).into(),
        owner.map(|(_, name)| name).into(),
        task.state.as_str().into(),
        task.note.clone().into(),
        ended.as_ref().map(|(at, _)| *at).into(),
        ended.map(|(_, name)| name).into(),
        from.as_str().into(),
    ];
    Ok(db.execute_raw(sql(db, text, values)).await?.rows_affected() == 1)
}

/// Gives what is open of one incident to another.
pub async fn move_open(db: &impl ConnectionTrait, from: &IncidentScope, to: &IncidentScope) -> Result<(), DbErr> {
    let text = "UPDATE task SET incident_id = $2 WHERE incident_id = $1 AND state = 'open'";
    db.execute_raw(sql(db, text, [from.id().0.into(), to.id().0.into()])).await.map(|_| ())
}

fn read(row: QueryResult) -> Result<Task, DbErr> {
    let (phase, state): (String, String) = (row.try_get("", "phase")?, row.try_get("", "state")?);
    let owner: Option<Uuid> = row.try_get("", "owner")?;
    let ended: Option<Time> = row.try_get("", "ended_at")?;
    Ok(Task {
        id: TaskId(row.try_get("", "id")?),
        phase: stored(Phase::parse(&phase), "phase")?,
        title: row.try_get("", "title")?,
        due_at: row.try_get("", "due_at")?,
        owner: owner.map(UserId).zip(row.try_get("", "owner_name")?),
        state: stored(TaskState::parse(&state), "task state")?,
        note: row.try_get("", "note")?,
        ended: ended.zip(row.try_get("", "ended_name")?),
    })
}
