//! Events that wait for their place in the tree.

use model::{Time, ids::EventId};
use sea_orm::{DbBackend, FromQueryResult, QueryResult, Value, entity::prelude::*};

use super::{
    audit_event::{self, Row},
    pieces, sql,
};

/// Events that wait for their place, the oldest first: an id begins with its time. Without the row where it cannot be read. One bad
/// row must not hold up the others: no time of Portal's is infinite, and no event that has a place waits for one.
pub async fn oldest(db: &impl ConnectionTrait, most: u64) -> Result<Vec<(EventId, Option<Row>)>, DbErr> {
    let (mut found, mut after) = (Vec::new(), Uuid::nil());
    loop {
        let text =
            "SELECT event_id FROM audit_pending WHERE refused_at IS NULL AND event_id > $1 ORDER BY event_id LIMIT $2";
        let rows = db.query_all_raw(sql(db, text, [after.into(), i64::try_from(most).unwrap_or(i64::MAX).into()])).await?;
        let ids = rows.iter().map(|row| row.try_get("", "event_id")).collect::<Result<Vec<Uuid>, _>>()?;
        let last = ids.last().copied();
        let is_end = (ids.len() as u64) < most;
        for piece in pieces(ids) {
            found.extend(without_leaf(db, piece).await?);
        }
        match last {
            Some(last) if !is_end && (found.len() as u64) < most => after = last,
            _ => break,
        }
    }
    found.sort_by_key(|(id, _)| *id);
    found.truncate(usize::try_from(most).unwrap_or(usize::MAX));
    Ok(found)
}

/// Of these events those that have no place.
async fn without_leaf(db: &impl ConnectionTrait, ids: Vec<Uuid>) -> Result<Vec<(EventId, Option<Row>)>, DbErr> {
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
    let rows = db.query_all_raw(sql(db, &text, ids.into_iter().map(Value::from))).await?;
    let read = |row: QueryResult| {
        let finite = row.try_get::<bool>("", "finite").unwrap_or(true);
        let model = || audit_event::Model::from_query_result(&row, "").and_then(audit_event::row).ok();
        let event = if finite { model() } else { None };
        Ok((EventId(row.try_get("", "id")?), event))
    };
    rows.into_iter().map(read).collect()
}

/// Whether any event may wait for its place.
pub async fn any(db: &impl ConnectionTrait) -> Result<bool, DbErr> {
    let text = "SELECT event_id FROM audit_pending WHERE refused_at IS NULL LIMIT 1";
    Ok(db.query_one_raw(sql(db, text, [])).await?.is_some())
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
