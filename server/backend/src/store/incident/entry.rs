//! What people wrote into the timeline: corrected by another entry, never changed.

use model::{
    Time,
    ids::{EntryId, UserId},
    incident::EntryKind,
};
use sea_orm::{QueryResult, entity::prelude::*};

use crate::{
    incidents::IncidentScope,
    store::{sql, stored},
};

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub id: EntryId,
    pub kind: EntryKind,
    /// When it happened, as its author says.
    pub at: Time,
    pub written_at: Time,
    pub author: UserId,
    pub name: String,
    pub body: String,
    /// The entry that this one corrects.
    pub corrects: Option<EntryId>,
    pub pinned: bool,
}

pub async fn insert(db: &impl ConnectionTrait, scope: &IncidentScope, new: &Entry) -> Result<(), DbErr> {
    let text =
        "INSERT INTO incident_entry (id, incident_id, team_id, kind, at, written_at, author, author_name, body, corrects,
            pinned) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    let values = [
        new.id.0.into(),
        scope.id().0.into(),
        scope.team().team().0.into(),
        new.kind.as_str().into(),
        new.at.into(),
        new.written_at.into(),
        new.author.0.into(),
        new.name.clone().into(),
        new.body.clone().into(),
        new.corrects.map(|id| id.0).into(),
        new.pinned.into(),
    ];
    db.execute_raw(sql(db, text, values)).await.map(|_| ())
}

/// Pins an entry, or lets it go; false when there is none.
pub async fn pin(db: &impl ConnectionTrait, scope: &IncidentScope, id: EntryId, pinned: bool) -> Result<bool, DbErr> {
    let text = "UPDATE incident_entry SET pinned = $3 WHERE incident_id = $1 AND id = $2";
    Ok(db.execute_raw(sql(db, text, [scope.id().0.into(), id.0.into(), pinned.into()])).await?.rows_affected() == 1)
}

/// Every entry, in the order of what happened.
pub async fn all(db: &impl ConnectionTrait, scope: &IncidentScope) -> Result<Vec<Entry>, DbErr> {
    let text = "SELECT * FROM incident_entry WHERE incident_id = $1 ORDER BY at, id";
    let rows = db.query_all_raw(sql(db, text, [scope.id().0.into()])).await?;
    let read = |row: QueryResult| {
        let kind: String = row.try_get("", "kind")?;
        Ok(Entry {
            id: EntryId(row.try_get("", "id")?),
            kind: stored(EntryKind::parse(&kind), "entry kind")?,
            at: row.try_get("", "at")?,
            written_at: row.try_get("", "written_at")?,
            author: UserId(row.try_get("", "author")?),
            name: row.try_get("", "author_name")?,
            body: row.try_get("", "body")?,
            corrects: row.try_get::<Option<Uuid>>("", "corrects")?.map(EntryId),
            pinned: row.try_get("", "pinned")?,
        })
    };
    rows.into_iter().map(read).collect()
}
