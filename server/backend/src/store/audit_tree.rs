//! The tree of the audit log: which event has which place, the tiles of hashes, and the signed heads.

use std::collections::HashMap;

use model::{Time, ids::EventId};
use sea_orm::{DbBackend, FromQueryResult, QueryResult, Value, entity::prelude::*};

use super::{
    audit_event::{self, Row},
    audit_search::{Conditions, means, narrow},
    pieces, sql,
};
use crate::audit::export::Which;

/// A number of this installation's own for PostgreSQL's advisory locks.
const SEQUENCER: i64 = 0x706f_7274_616c_0001;

/// Makes the caller the only sequencer until its transaction ends; false when another one is. On SQLite whoever may write
/// is alone.
pub async fn lead(db: &impl ConnectionTrait) -> Result<bool, DbErr> {
    if db.get_database_backend() == DbBackend::Sqlite {
        return Ok(true);
    }
    // A process that freezes holds the others up no longer than this.
    db.execute_unprepared("SET LOCAL idle_in_transaction_session_timeout = '60s'").await?;
    let row = db.query_one_raw(sql(db, "SELECT pg_try_advisory_xact_lock($1) AS mine", [SEQUENCER.into()])).await?;
    row.map_or(Ok(false), |row| row.try_get("", "mine"))
}

/// Waits until nobody sequences or prunes, and keeps it so until the transaction ends.
pub async fn hold_still(db: &impl ConnectionTrait) -> Result<(), DbErr> {
    if db.get_database_backend() == DbBackend::Sqlite {
        return Ok(());
    }
    db.execute_raw(sql(db, "SELECT pg_advisory_xact_lock($1)", [SEQUENCER.into()])).await.map(|_| ())
}

/// How many leaves the tree has.
pub async fn size(db: &impl ConnectionTrait) -> Result<u64, DbErr> {
    let row = db.query_one_raw(sql(db, "SELECT MAX(idx) AS last FROM audit_leaf", [])).await?;
    let last = row.map_or(Ok(None), |row| row.try_get::<Option<i64>>("", "last"))?;
    Ok(last.map_or(0, |last| last.unsigned_abs() + 1))
}

/// Gives events their places, from `first` on, in this order.
pub async fn place(db: &impl ConnectionTrait, first: u64, events: &[EventId]) -> Result<(), DbErr> {
    let numbered: Vec<(i64, EventId)> = (int(first)..).zip(events.iter().copied()).collect();
    for piece in pieces(numbered) {
        let places: Vec<_> = (0..piece.len()).map(|n| format!("(${}, ${})", 2 * n + 1, 2 * n + 2)).collect();
        let text = format!("INSERT INTO audit_leaf (idx, event_id) VALUES {}", places.join(", "));
        let values = piece.iter().flat_map(|(idx, id)| [(*idx).into(), id.0.into()]);
        db.execute_raw(sql(db, &text, values)).await?;
        let places: Vec<_> = (1..=piece.len()).map(|n| format!("${n}")).collect();
        let text = format!("DELETE FROM audit_pending WHERE event_id IN ({})", places.join(", "));
        db.execute_raw(sql(db, &text, piece.iter().map(|(_, id)| id.0.into()))).await?;
    }
    Ok(())
}

/// The hashes of one tile; empty where there is none.
pub async fn tile(db: &impl ConnectionTrait, level: u8, n: u64) -> Result<Vec<u8>, DbErr> {
    let text = "SELECT hashes FROM audit_tile WHERE level = $1 AND n = $2";
    let row = db.query_one_raw(sql(db, text, [i32::from(level).into(), int(n).into()])).await?;
    row.map_or(Ok(Vec::new()), |row| row.try_get("", "hashes"))
}

/// Writes a tile, or makes it wider.
pub async fn put_tile(db: &impl ConnectionTrait, level: u8, n: u64, hashes: Vec<u8>) -> Result<(), DbErr> {
    let text = "INSERT INTO audit_tile (level, n, hashes) VALUES ($1, $2, $3)
        ON CONFLICT (level, n) DO UPDATE SET hashes = EXCLUDED.hashes";
    db.execute_raw(sql(db, text, [i32::from(level).into(), int(n).into(), hashes.into()])).await.map(|_| ())
}

/// A signed head of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    pub size: u64,
    pub signed_at: Time,
    /// C2SP signed-note.
    pub note: String,
}

fn checkpoint(row: QueryResult) -> Result<Checkpoint, DbErr> {
    let size: i64 = row.try_get("", "size")?;
    Ok(Checkpoint {
        size: size.unsigned_abs(),
        signed_at: row.try_get::<DateTimeUtc>("", "signed_at")?,
        note: row.try_get("", "note")?,
    })
}

/// Keeps a head; a newer one of the same size takes its place.
pub async fn put_checkpoint(db: &impl ConnectionTrait, new: Checkpoint) -> Result<(), DbErr> {
    let text = "INSERT INTO audit_checkpoint (size, signed_at, note) VALUES ($1, $2, $3)
        ON CONFLICT (size) DO UPDATE SET signed_at = EXCLUDED.signed_at, note = EXCLUDED.note";
    let values = [int(new.size).into(), new.signed_at.into(), new.note.into()];
    db.execute_raw(sql(db, text, values)).await.map(|_| ())
}

/// The newest head.
pub async fn newest_checkpoint(db: &impl ConnectionTrait) -> Result<Option<Checkpoint>, DbErr> {
    let text = "SELECT size, signed_at, note FROM audit_checkpoint ORDER BY size DESC LIMIT 1";
    db.query_one_raw(sql(db, text, [])).await?.map(checkpoint).transpose()
}

/// The size of the smallest tree whose head was signed after `then`.
pub async fn smallest_after(db: &impl ConnectionTrait, then: Time) -> Result<Option<u64>, DbErr> {
    let text = "SELECT MIN(size) AS size FROM audit_checkpoint WHERE signed_at > $1";
    let row = db.query_one_raw(sql(db, text, [then.into()])).await?;
    let size = row.map_or(Ok(None), |row| row.try_get::<Option<i64>>("", "size"))?;
    Ok(size.map(i64::unsigned_abs))
}

/// The head of this size.
pub async fn checkpoint_of(db: &impl ConnectionTrait, size: u64) -> Result<Option<Checkpoint>, DbErr> {
    let text = "SELECT size, signed_at, note FROM audit_checkpoint WHERE size = $1";
    db.query_one_raw(sql(db, text, [int(size).into()])).await?.map(checkpoint).transpose()
}

/// Every head, the smallest tree first.
pub async fn checkpoints(db: &impl ConnectionTrait) -> Result<Vec<Checkpoint>, DbErr> {
    let text = "SELECT size, signed_at, note FROM audit_checkpoint ORDER BY size";
    db.query_all_raw(sql(db, text, [])).await?.into_iter().map(checkpoint).collect()
}

/// A place of the tree, with the event that it was given to, if that is still there.
pub struct Placed {
    pub idx: u64,
    pub event: Option<Row>,
}

/// Places from `first` on, in their order.
pub async fn placed(db: &impl ConnectionTrait, first: u64, most: u64) -> Result<Vec<Placed>, DbErr> {
    let text = "SELECT idx, event_id FROM audit_leaf WHERE idx >= $1 ORDER BY idx LIMIT $2";
    let rows = db.query_all_raw(sql(db, text, [int(first).into(), int(most).into()])).await?;
    let mut places = Vec::with_capacity(rows.len());
    for row in rows {
        places.push((row.try_get::<i64>("", "idx")?.unsigned_abs(), row.try_get::<Uuid>("", "event_id")?));
    }
    let finite = match db.get_database_backend() {
        DbBackend::Sqlite => "TRUE",
        _ => "isfinite(e.at)",
    };
    let text = format!(
        "SELECT e.*, {finite} AS finite FROM audit_leaf l JOIN audit_event e ON e.id = l.event_id
        WHERE l.idx >= $1 AND l.idx <= $2"
    );
    let last = places.last().map_or(first, |(idx, _)| *idx);
    let mut events: HashMap<Uuid, Option<Row>> = HashMap::new();
    for row in db.query_all_raw(sql(db, &text, [int(first).into(), int(last).into()])).await? {
        let finite = row.try_get::<bool>("", "finite").unwrap_or(true);
        // A row that cannot be read any more is one that is not there as it was.
        let model = || audit_event::Model::from_query_result(&row, "").and_then(audit_event::row).ok();
        let event = if finite { model() } else { None };
        // Nor is one of which there are two.
        events.entry(row.try_get("", "id")?).and_modify(|twin| *twin = None).or_insert(event);
    }
    Ok(places.into_iter().map(|(idx, id)| Placed { idx, event: events.remove(&id).flatten() }).collect())
}

/// What SQLite holds in place of an id, when somebody put it there, is told as the id of nothing.
fn event_id(row: &QueryResult) -> EventId {
    EventId(row.try_get("", "id").unwrap_or_default())
}

/// Events that were given places before the beginning of the log, and events that waited for a place and are gone.
pub async fn astray(db: &impl ConnectionTrait, begins: u64, most: u64) -> Result<Vec<EventId>, DbErr> {
    let text = "SELECT event_id AS id FROM audit_leaf WHERE idx < $2
        UNION ALL SELECT p.event_id AS id FROM audit_pending p LEFT JOIN audit_event e ON e.id = p.event_id WHERE e.id IS NULL
        LIMIT $1";
    let rows = db.query_all_raw(sql(db, text, [int(most).into(), int(begins).into()])).await?;
    Ok(rows.iter().map(event_id).collect())
}

/// Events with their places, from `first` on and below `end`, in the order of the log.
pub async fn placed_of(
    db: &impl ConnectionTrait,
    which: &Which,
    first: u64,
    end: u64,
    most: u64,
) -> Result<Vec<(u64, Row)>, DbErr> {
    let mut conditions = within(which, first, end);
    let limit = conditions.place(int(most).into());
    let (text, values) = conditions.into_parts();
    let text = format!(
        "SELECT l.idx AS place, e.* FROM audit_leaf l JOIN audit_event e ON e.id = l.event_id
        WHERE {text} ORDER BY l.idx LIMIT {limit}"
    );
    let rows = db.query_all_raw(sql(db, &text, values)).await?;
    let read = |row: QueryResult| {
        let model = audit_event::Model::from_query_result(&row, "")?;
        Ok((row.try_get::<i64>("", "place")?.unsigned_abs(), audit_event::row(model)?))
    };
    rows.into_iter().map(read).collect()
}

/// How many acts have a place below `end`.
pub async fn acts_of(db: &impl ConnectionTrait, which: &Which, end: u64) -> Result<u64, DbErr> {
    let (text, values) = within(which, 0, end).into_parts();
    let text = format!(
        "SELECT e.action, COUNT(*) AS n FROM audit_leaf l JOIN audit_event e ON e.id = l.event_id WHERE {text} GROUP BY e.action"
    );
    audit_event::count_acts(db.query_all_raw(sql(db, &text, values)).await?)
}

fn within(which: &Which, first: u64, end: u64) -> Conditions {
    let mut conditions = Conditions::new("l.idx >= $1 AND l.idx < $2", vec![int(first).into(), int(end).into()]);
    let narrowed: [(&str, Option<Value>); 4] = [
        ("e.team_id =", which.team.map(|team| team.0.into())),
        ("e.at >=", which.from.map(Into::into)),
        ("e.at <", which.until.map(Into::into)),
        ("e.id =", which.event.map(|event| event.0.into())),
    ];
    for (column, value) in narrowed {
        if let Some(value) = value {
            conditions.and(column, value);
        }
    }
    if let Some((filter, _)) = &which.filter {
        narrow(&mut conditions, filter);
        means(&mut conditions, filter);
    }
    conditions
}

/// Events without a place: those that do not even wait, that were refused, or that wait since before `then`.
pub async fn without_place(db: &impl ConnectionTrait, then: Time, most: u64) -> Result<Vec<EventId>, DbErr> {
    let text = "SELECT e.id FROM audit_event e LEFT JOIN audit_leaf l ON l.event_id = e.id AND l.idx >= 0
            LEFT JOIN audit_pending p ON p.event_id = e.id
        WHERE l.event_id IS NULL AND (p.event_id IS NULL OR p.refused_at IS NOT NULL OR e.at < $1)
        ORDER BY e.at, e.id LIMIT $2";
    let rows = db.query_all_raw(sql(db, text, [then.into(), int(most).into()])).await?;
    Ok(rows.iter().map(event_id).collect())
}

/// The place of an event, once it has one.
pub async fn place_of(db: &impl ConnectionTrait, event: EventId) -> Result<Option<u64>, DbErr> {
    let row =
        db.query_one_raw(sql(db, "SELECT idx FROM audit_leaf WHERE event_id = $1 AND idx >= 0", [event.0.into()])).await?;
    row.map(|row| row.try_get::<i64>("", "idx").map(i64::unsigned_abs)).transpose()
}

/// What a witness has seen last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The witness's own name.
    pub name: String,
    pub size: u64,
    pub seen_at: Time,
    /// The checkpoint with the witness's signature beside the log's.
    pub note: String,
}

/// Keeps what a witness has seen, unless a later one is kept already.
pub async fn put_seen(db: &impl ConnectionTrait, seen: Seen) -> Result<(), DbErr> {
    let text = "INSERT INTO audit_witness (name, size, seen_at, note) VALUES ($1, $2, $3, $4)
        ON CONFLICT (name) DO UPDATE SET size = EXCLUDED.size, seen_at = EXCLUDED.seen_at, note = EXCLUDED.note
        WHERE EXCLUDED.size >= audit_witness.size";
    let values = [seen.name.into(), int(seen.size).into(), seen.seen_at.into(), seen.note.into()];
    db.execute_raw(sql(db, text, values)).await.map(|_| ())
}

/// What every witness has seen last.
pub async fn seen(db: &impl ConnectionTrait) -> Result<Vec<Seen>, DbErr> {
    let rows = db.query_all_raw(sql(db, "SELECT name, size, seen_at, note FROM audit_witness ORDER BY name", [])).await?;
    let read = |row: QueryResult| {
        Ok(Seen {
            name: row.try_get("", "name")?,
            size: row.try_get::<i64>("", "size")?.unsigned_abs(),
            seen_at: row.try_get::<DateTimeUtc>("", "seen_at")?,
            note: row.try_get("", "note")?,
        })
    };
    rows.into_iter().map(read).collect()
}

fn int(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
