//! Whether a database was filled from a backup, and may act.

use model::Time;
use sea_orm::{ConnectionTrait, DbBackend, DbErr};
use uuid::Uuid;

use super::sql;

/// Stands while a restore is under way, outside of every migration: what is left half filled is found out.
const UNDER_WAY: &str = "restore_under_way";

/// What a database is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// An installation's own.
    Own,
    /// A restore was cut off.
    Half,
    /// A copy, of a backup that was made then, which nobody has promoted.
    Copy(Time),
}

async fn has(db: &impl ConnectionTrait, table: &str) -> Result<bool, DbErr> {
    let text = match db.get_database_backend() {
        DbBackend::Sqlite => "SELECT name FROM sqlite_master WHERE type = 'table' AND name = $1",
        _ => "SELECT tablename::text AS name FROM pg_tables WHERE schemaname = 'public' AND tablename = $1",
    };
    Ok(db.query_one_raw(sql(db, text, [table.into()])).await?.is_some())
}

/// Whether there is no table at all.
pub async fn is_empty(db: &impl ConnectionTrait) -> Result<bool, DbErr> {
    let text = match db.get_database_backend() {
        DbBackend::Sqlite => "SELECT name FROM sqlite_master WHERE type = 'table' LIMIT 1",
        _ => "SELECT tablename::text AS name FROM pg_tables WHERE schemaname = 'public' LIMIT 1",
    };
    Ok(db.query_one_raw(sql(db, text, [])).await?.is_none())
}

pub async fn standing(db: &impl ConnectionTrait) -> Result<Standing, DbErr> {
    if has(db, UNDER_WAY).await? {
        return Ok(Standing::Half);
    }
    if !has(db, "restored_copy").await? {
        return Ok(Standing::Own);
    }
    let row = db.query_one_raw(sql(db, "SELECT made_at FROM restored_copy WHERE promoted_at IS NULL", [])).await?;
    Ok(match row {
        Some(row) => Standing::Copy(row.try_get("", "made_at")?),
        None => Standing::Own,
    })
}

/// From here on the database is half filled, until [`done`].
pub async fn begin(db: &impl ConnectionTrait) -> Result<(), DbErr> {
    db.execute_unprepared(&format!("CREATE TABLE {UNDER_WAY} (since TEXT)")).await.map(|_| ())
}

/// It is filled, and a copy.
pub async fn done(db: &impl ConnectionTrait, backup: Uuid, made_at: Time, now: Time) -> Result<(), DbErr> {
    let text = "INSERT INTO restored_copy (backup_id, made_at, restored_at) VALUES ($1, $2, $3)";
    db.execute_raw(sql(db, text, [backup.into(), made_at.into(), now.into()])).await?;
    db.execute_unprepared(&format!("DROP TABLE {UNDER_WAY}")).await.map(|_| ())
}

/// It is an installation's own from now on; false when it was. What waited in it to be sent was sent by the original, or is too late;
/// sessions of that time are over.
pub async fn promote(db: &impl ConnectionTrait, now: Time) -> Result<bool, DbErr> {
    let text = "UPDATE restored_copy SET promoted_at = $1 WHERE promoted_at IS NULL";
    if db.execute_raw(sql(db, text, [now.into()])).await?.rows_affected() == 0 {
        return Ok(false);
    }
    for over in [
        "UPDATE session SET ended_at = $1 WHERE ended_at IS NULL",
        "UPDATE mail_outbox SET failed_at = $1 WHERE sent_at IS NULL AND failed_at IS NULL",
        "UPDATE notice_mail SET failed_at = $1 WHERE delivered_at IS NULL AND failed_at IS NULL",
        "UPDATE webhook_delivery SET failed_at = $1, due_at = NULL WHERE due_at IS NOT NULL",
        "UPDATE impersonation SET ended_at = $1, code_mac = NULL WHERE ended_at IS NULL",
    ] {
        db.execute_raw(sql(db, over, [now.into()])).await?;
    }
    Ok(true)
}
