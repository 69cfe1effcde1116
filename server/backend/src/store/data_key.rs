//! Data keys, wrapped. A Team's newest version seals; every version still opens what it sealed.

use model::{
    Time,
    ids::{DataKeyId, TeamId},
};
use sea_orm::{QueryOrder, entity::prelude::*};

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
    let query = match team {
        Some(team) => Entity::find().filter(Column::TeamId.eq(team.0)),
        None => Entity::find().filter(Column::TeamId.is_null()),
    };
    Ok(query.order_by_desc(Column::Version).one(db).await?.map(wrapped_key))
}

/// The ids of all keys of a Team.
pub async fn ids(db: &impl ConnectionTrait, scope: &TeamScope) -> Result<Vec<DataKeyId>, DbErr> {
    let found = Entity::find().filter(Column::TeamId.eq(scope.team().0)).all(db).await?;
    Ok(found.into_iter().map(|row| DataKeyId(row.id)).collect())
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
