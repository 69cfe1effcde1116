//! Data keys, wrapped. A Team's newest version seals; every version still opens what it sealed.

use model::{
    Time,
    ids::{DataKeyId, TeamId},
};
use sea_orm::{QueryOrder, QuerySelect, entity::prelude::*};

use super::sql;
use crate::{access::TeamScope, vault::Sealed};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "data_key")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub team_id: Option<Uuid>,
    pub version: i32,
    pub kek_id: String,
    pub wrapped: Vec<u8>,
    pub sealed_count: i64,
    pub created_at: DateTimeUtc,
    pub replaced_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}

/// A data key as it is stored. Without a team it belongs to the installation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrappedKey {
    pub id: DataKeyId,
    pub team: Option<TeamId>,
    /// Counts from 1 for each Team.
    pub version: i32,
    /// The key-encryption key that wraps it.
    pub kek_id: String,
    pub wrapped: Sealed,
    pub created_at: Time,
}

fn wrapped_key(row: Model) -> WrappedKey {
    WrappedKey {
        id: DataKeyId(row.id),
        team: row.team_id.map(TeamId),
        version: row.version,
        kek_id: row.kek_id,
        wrapped: Sealed(row.wrapped),
        created_at: row.created_at,
    }
}

/// The newest key of a Team, or of the installation.
pub async fn newest(db: &impl ConnectionTrait, team: Option<TeamId>) -> Result<Option<WrappedKey>, DbErr> {
    Ok(of(team).order_by_desc(Column::Version).one(db).await?.map(wrapped_key))
}

/// All keys of a Team, or of the installation, the newest first.
pub async fn all(db: &impl ConnectionTrait, team: Option<TeamId>) -> Result<Vec<WrappedKey>, DbErr> {
    let found = of(team).order_by_desc(Column::Version).all(db).await?;
    Ok(found.into_iter().map(wrapped_key).collect())
}

/// The ids of all keys of a Team.
pub async fn ids(db: &impl ConnectionTrait, scope: &TeamScope) -> Result<Vec<DataKeyId>, DbErr> {
    Ok(all(db, Some(scope.team())).await?.into_iter().map(|key| key.id).collect())
}

fn of(team: Option<TeamId>) -> Select<Entity> {
    match team {
        Some(team) => Entity::find().filter(Column::TeamId.eq(team.0)),
        None => Entity::find().filter(Column::TeamId.is_null()),
    }
}

/// Any key by its id; whose it is, the caller compares.
pub async fn by_id(db: &impl ConnectionTrait, id: DataKeyId) -> Result<Option<WrappedKey>, DbErr> {
    Ok(Entity::find_by_id(id.0).one(db).await?.map(wrapped_key))
}

/// Inserts a key unless that version is there. A violated constraint would abort a transaction of PostgreSQL; this does
/// not: it waits for the other writer, and leaves theirs.
pub async fn insert_if_absent(db: &impl ConnectionTrait, new: WrappedKey) -> Result<(), DbErr> {
    let text = "INSERT INTO data_key (id, team_id, version, kek_id, wrapped, sealed_count, created_at, replaced_at)
        VALUES ($1, $2, $3, $4, $5, 0, $6, NULL) ON CONFLICT DO NOTHING";
    let values = [
        new.id.0.into(),
        new.team.map(|team| team.0).into(),
        new.version.into(),
        new.kek_id.into(),
        new.wrapped.0.into(),
        new.created_at.into(),
    ];
    db.execute_raw(sql(db, text, values)).await.map(|_| ())
}

/// Keys that another key-encryption key than this one wraps, by their ids, those behind `after`.
pub async fn wrapped_by_others(
    db: &impl ConnectionTrait,
    kek: &str,
    after: Option<DataKeyId>,
    most: u64,
) -> Result<Vec<WrappedKey>, DbErr> {
    let mut query = Entity::find().filter(Column::KekId.ne(kek));
    if let Some(after) = after {
        query = query.filter(Column::Id.gt(after.0));
    }
    let found = query.order_by_asc(Column::Id).limit(most).all(db).await?;
    Ok(found.into_iter().map(wrapped_key).collect())
}

/// Nobody writes a data key until the transaction ends; whoever does so is waited for. On SQLite a transaction writes alone.
pub async fn hold(db: &impl ConnectionTrait) -> Result<(), DbErr> {
    if db.get_database_backend() == sea_orm::DbBackend::Postgres {
        db.execute_unprepared("LOCK TABLE data_key IN SHARE ROW EXCLUSIVE MODE").await?;
    }
    Ok(())
}

/// What the database says to whoever wraps with a retired key.
pub const RETIRED: &str = "the master key is retired";

/// Notes that a key-encryption key is retired: whoever still wraps with it is refused by the database. False when it was before.
pub async fn retire(db: &impl ConnectionTrait, kek: &str, now: Time) -> Result<bool, DbErr> {
    let text = "INSERT INTO retired_master_key (kek_id, retired_at) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    Ok(db.execute_raw(sql(db, text, [kek.into(), now.into()])).await?.rows_affected() == 1)
}

/// The key-encryption keys that were retired.
pub async fn retired(db: &impl ConnectionTrait) -> Result<Vec<String>, DbErr> {
    let rows = db.query_all_raw(sql(db, "SELECT kek_id FROM retired_master_key", [])).await?;
    rows.iter().map(|row| row.try_get("", "kek_id")).collect()
}

/// Puts a key wrapped anew in the place of the old one; false when that is not there any more.
pub async fn rewrap(db: &impl ConnectionTrait, old: &WrappedKey, new: &WrappedKey) -> Result<bool, DbErr> {
    let text = "UPDATE data_key SET kek_id = $3, wrapped = $4 WHERE id = $1 AND kek_id = $2 AND wrapped = $5";
    let values = [
        old.id.0.into(),
        old.kek_id.clone().into(),
        new.kek_id.clone().into(),
        new.wrapped.0.clone().into(),
        old.wrapped.0.clone().into(),
    ];
    Ok(db.execute_raw(sql(db, text, values)).await?.rows_affected() == 1)
}

/// What a key-encryption key wraps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wraps {
    pub kek_id: String,
    pub data_keys: i64,
    pub teams: i64,
}

/// Every key-encryption key that wraps something.
pub async fn wraps(db: &impl ConnectionTrait) -> Result<Vec<Wraps>, DbErr> {
    let text = "SELECT kek_id, COUNT(*) AS data_keys, COUNT(DISTINCT team_id) AS teams FROM data_key GROUP BY kek_id ORDER BY kek_id";
    let rows = db.query_all_raw(sql(db, text, [])).await?;
    let read = |row: &sea_orm::QueryResult| {
        Ok(Wraps {
            kek_id: row.try_get("", "kek_id")?,
            data_keys: row.try_get("", "data_keys")?,
            teams: row.try_get("", "teams")?,
        })
    };
    rows.iter().map(read).collect()
}

/// The data keys in use that were made before `then`, the oldest first: whose, and when. Those of Teams that are gone are not
/// among them; the one without a Team is the installation's.
pub async fn in_use_since(db: &impl ConnectionTrait, then: Time) -> Result<Vec<(Option<TeamId>, Time)>, DbErr> {
    let text = "SELECT k.team_id, k.created_at FROM data_key k LEFT JOIN team t ON t.id = k.team_id
        WHERE k.replaced_at IS NULL AND k.created_at < $1
        AND (k.team_id IS NULL OR (t.id IS NOT NULL AND t.deleted_at IS NULL)) ORDER BY k.created_at, k.id";
    let rows = db.query_all_raw(sql(db, text, [then.into()])).await?;
    let read = |row: &sea_orm::QueryResult| {
        let team: Option<Uuid> = row.try_get("", "team_id")?;
        Ok((team.map(TeamId), row.try_get("", "created_at")?))
    };
    rows.iter().map(read).collect()
}

/// Counts one seal in one statement, so that parallel seals cannot slip past the limit; false when it is spent, or another key
/// seals by now.
pub async fn count_seal(db: &impl ConnectionTrait, id: DataKeyId, limit: i64) -> Result<bool, DbErr> {
    let text = "UPDATE data_key SET sealed_count = sealed_count + 1
        WHERE id = $1 AND sealed_count < $2 AND replaced_at IS NULL RETURNING sealed_count";
    Ok(db.query_one_raw(sql(db, text, [id.0.into(), limit.into()])).await?.is_some())
}

/// Counts seals that were made at once.
pub async fn count_more(db: &impl ConnectionTrait, id: DataKeyId, seals: usize) -> Result<(), DbErr> {
    let seals = i64::try_from(seals).unwrap_or(i64::MAX);
    let text = "UPDATE data_key SET sealed_count = sealed_count + $2 WHERE id = $1";
    db.execute_raw(sql(db, text, [id.0.into(), seals.into()])).await.map(|_| ())
}

/// Notes since when a newer version seals.
pub async fn mark_replaced(db: &impl ConnectionTrait, id: DataKeyId, now: Time) -> Result<(), DbErr> {
    let text = "UPDATE data_key SET replaced_at = $2 WHERE id = $1 AND replaced_at IS NULL";
    db.execute_raw(sql(db, text, [id.0.into(), now.into()])).await.map(|_| ())
}
