//! What is learned of incidents: post-mortems and action items.

use model::{
    Time,
    ids::{ActionItemId, IncidentId, TeamId, UserId},
    incident::lessons::PostMortem,
};
use sea_orm::{QueryResult, entity::prelude::*};

use super::sql;
use crate::incidents::IncidentScope;

/// A post-mortem as it was written last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    pub parts: PostMortem,
    /// Counts from 1 with each change.
    pub version: i32,
    pub at: Time,
    pub name: String,
}

/// What follows from an incident: somebody does it, until a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionItem {
    pub id: ActionItemId,
    pub incident: IncidentId,
    pub team: TeamId,
    pub title: String,
    pub owner: UserId,
    pub owner_name: String,
    pub due_at: Time,
    pub done: Option<(Time, String)>,
}

/// The post-mortem of an incident; nothing before somebody wrote one.
pub async fn post_mortem(db: &impl ConnectionTrait, scope: &IncidentScope) -> Result<Option<Written>, DbErr> {
    let text = "SELECT * FROM post_mortem WHERE incident_id = $1";
    let Some(row) = db.query_one_raw(sql(db, text, [scope.id().0.into()])).await? else { return Ok(None) };
    let text = |column: &str| row.try_get::<String>("", column);
    Ok(Some(Written {
        parts: PostMortem {
            what_happened: text("what_happened")?,
            impact: text("impact")?,
            cause: text("cause")?,
            went_well: text("went_well")?,
            went_badly: text("went_badly")?,
        },
        version: row.try_get("", "version")?,
        at: row.try_get("", "written_at")?,
        name: text("written_name")?,
    }))
}

/// Writes the post-mortem over the version before it; false when another one stands there.
pub async fn write(db: &impl ConnectionTrait, scope: &IncidentScope, new: &Written) -> Result<bool, DbErr> {
    let text = "INSERT INTO post_mortem (incident_id, team_id, what_happened, impact, cause, went_well, went_badly, version,
            written_at, written_name) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        ON CONFLICT (incident_id) DO UPDATE SET what_happened = EXCLUDED.what_happened, impact = EXCLUDED.impact,
            cause = EXCLUDED.cause, went_well = EXCLUDED.went_well, went_badly = EXCLUDED.went_badly,
            version = EXCLUDED.version, written_at = EXCLUDED.written_at, written_name = EXCLUDED.written_name
        WHERE post_mortem.version = EXCLUDED.version - 1";
    let parts = new.parts.clone();
    let values = [
        scope.id().0.into(),
        scope.team().team().0.into(),
        parts.what_happened.into(),
        parts.impact.into(),
        parts.cause.into(),
        parts.went_well.into(),
        parts.went_badly.into(),
        new.version.into(),
        new.at.into(),
        new.name.clone().into(),
    ];
    Ok(db.execute_raw(sql(db, text, values)).await?.rows_affected() == 1)
}

pub async fn insert_item(db: &impl ConnectionTrait, scope: &IncidentScope, new: &ActionItem) -> Result<(), DbErr> {
    let text = "INSERT INTO action_item (id, incident_id, team_id, title, owner, owner_name, due_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let values = [
        new.id.0.into(),
        scope.id().0.into(),
        scope.team().team().0.into(),
        new.title.clone().into(),
        new.owner.0.into(),
        new.owner_name.clone().into(),
        new.due_at.into(),
    ];
    db.execute_raw(sql(db, text, values)).await.map(|_| ())
}

/// What follows from an incident, the first due first.
pub async fn items(db: &impl ConnectionTrait, scope: &IncidentScope) -> Result<Vec<ActionItem>, DbErr> {
    let text = "SELECT * FROM action_item WHERE incident_id = $1 ORDER BY due_at, id";
    let rows = db.query_all_raw(sql(db, text, [scope.id().0.into()])).await?;
    rows.into_iter().map(read).collect()
}

/// Notes that it is done; false when it was, or there is none.
pub async fn done(
    db: &impl ConnectionTrait,
    scope: &IncidentScope,
    id: ActionItemId,
    name: &str,
    now: Time,
) -> Result<bool, DbErr> {
    let text = "UPDATE action_item SET done_at = $3, done_name = $4 WHERE incident_id = $1 AND id = $2 AND done_at IS NULL";
    let values = [scope.id().0.into(), id.0.into(), now.into(), name.into()];
    Ok(db.execute_raw(sql(db, text, values)).await?.rows_affected() == 1)
}

/// What is overdue and nobody was told of, of every Team: for Portal's own clock.
pub async fn overdue(db: &impl ConnectionTrait, now: Time, most: u32) -> Result<Vec<ActionItem>, DbErr> {
    let text = "SELECT * FROM action_item WHERE done_at IS NULL AND told_at IS NULL AND due_at < $1
            AND team_id IN (SELECT id FROM team WHERE deleted_at IS NULL) ORDER BY due_at LIMIT $2";
    let rows = db.query_all_raw(sql(db, text, [now.into(), i64::from(most).into()])).await?;
    rows.into_iter().map(read).collect()
}

/// Remembers that its owner was told; false when they were before.
pub async fn told(db: &impl ConnectionTrait, id: ActionItemId, now: Time) -> Result<bool, DbErr> {
    let text = "UPDATE action_item SET told_at = $2 WHERE id = $1 AND told_at IS NULL";
    Ok(db.execute_raw(sql(db, text, [id.0.into(), now.into()])).await?.rows_affected() == 1)
}

fn read(row: QueryResult) -> Result<ActionItem, DbErr> {
    let done: Option<Time> = row.try_get("", "done_at")?;
    Ok(ActionItem {
        id: ActionItemId(row.try_get("", "id")?),
        incident: IncidentId(row.try_get("", "incident_id")?),
        team: TeamId(row.try_get("", "team_id")?),
        title: row.try_get("", "title")?,
        owner: UserId(row.try_get("", "owner")?),
        owner_name: row.try_get("", "owner_name")?,
        due_at: row.try_get("", "due_at")?,
        done: done.zip(row.try_get("", "done_name")?),
    })
}
