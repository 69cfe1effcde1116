//! Events that wait for their place in the tree.

use std::collections::HashMap;

use model::{Time, ids::EventId};
use sea_orm::{DbBackend, FromQueryResult, QueryResult, Value, entity::prelude::*};

use super::{
    audit_event::{self, Row},
    pieces, sql,
};

/// What waits. SQLite holds whatever somebody puts into a column.
fn waits(db: &impl ConnectionTrait) -> &'static str {
    match db.get_database_backend() {
        DbBackend::Sqlite => "refused_at IS NULL AND TYPEOF(event_id) = 'blob' AND LENGTH(event_id) = 16",
        _ => "refused_at IS NULL",
    }
}

/// Events that wait for their place, by their ids, which begin with the time. Without the row where it cannot be read, is not there, or
/// has a place already: no time of Portal's is infinite, and an event waits from its making until it is placed.
pub async fn oldest(db: &impl ConnectionTrait, most: u64) -> Result<Vec<(EventId, Option<Row>)>, DbErr> {
    let is_postgres = db.get_database_backend() == DbBackend::Postgres;
    // A few rows by their keys, also while the planner takes tables for small that have grown since it looked last.
    if is_postgres {
        db.execute_unprepared("SET LOCAL enable_seqscan = off").await?;
    }
    let text = format!("SELECT event_id FROM audit_pending WHERE {} ORDER BY event_id LIMIT $1", waits(db));
    let rows = db.query_all_raw(sql(db, &text, [i64::try_from(most).unwrap_or(i64::MAX).into()])).await?;
    let ids = rows.iter().map(|row| row.try_get("", "event_id")).collect::<Result<Vec<Uuid>, _>>()?;
    let mut found = Vec::with_capacity(ids.len());
    for piece in pieces(ids) {
        let mut rows = without_leaf(db, &piece).await?;
        found.extend(piece.into_iter().map(|id| (EventId(id), rows.remove(&id).flatten())));
    }
    if is_postgres {
        db.execute_unprepared("SET LOCAL enable_seqscan = on").await?;
    }
    Ok(found)
}

/// Of these events those that have no place.
async fn without_leaf(db: &impl ConnectionTrait, ids: &[Uuid]) -> Result<HashMap<Uuid, Option<Row>>, DbErr> {
    let finite = match db.get_database_backend() {
        DbBackend::Sqlite => "TRUE",
        _ => "isfinite(e.at)",
    };
    let places: Vec<_> = (1..=ids.len()).map(|n| format!("${n}")).collect();
    let text = format!(
        "SELECT e.*, {finite} AS finite FROM audit_event e WHERE e.id IN ({})
            AND NOT EXISTS (SELECT 1 FROM audit_leaf l WHERE l.event_id = e.id)",
        places.join(", ")
    );
    let rows = db.query_all_raw(sql(db, &text, ids.iter().map(|id| Value::from(*id)))).await?;
    let read = |row: QueryResult| {
        let finite = row.try_get::<bool>("", "finite").unwrap_or(true);
        let model = || audit_event::Model::from_query_result(&row, "").and_then(audit_event::row).ok();
        Ok((row.try_get("", "id")?, if finite { model() } else { None }))
    };
    rows.into_iter().map(read).collect()
}

/// Whether anything waits for its place.
pub async fn any(db: &impl ConnectionTrait) -> Result<bool, DbErr> {
    let text = format!("SELECT event_id FROM audit_pending WHERE {} LIMIT 1", waits(db));
    Ok(db.query_one_raw(sql(db, &text, [])).await?.is_some())
}

/// Keeps an event out of the tree for good.
pub async fn refuse(db: &impl ConnectionTrait, id: EventId, now: Time) -> Result<(), DbErr> {
    let text = "UPDATE audit_pending SET refused_at = $2 WHERE event_id = $1";
    db.execute_raw(sql(db, text, [id.0.into(), now.into()])).await.map(|_| ())
}

/// How many events were kept out of the tree.
pub async fn refused(db: &impl ConnectionTrait) -> Result<u64, DbErr> {
    let text = "SELECT COUNT(*) AS many FROM audit_pending WHERE refused_at IS NOT NULL";
    let row = db.query_one_raw(sql(db, text, [])).await?;
    row.map_or(Ok(0), |row| row.try_get::<i64>("", "many").map(i64::unsigned_abs))
}
