//! Gateway keys: only their hashes.

use model::{
    Environment, Name, Time,
    ids::{GatewayId, GatewayKeyId, TeamId, UserId},
};
use sea_orm::{IntoActiveModel, QueryOrder, entity::prelude::*};

use super::{sql, stored};
use crate::{access::TeamScope, audit::KeyUse};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "gateway_key")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub team_id: Uuid,
    pub gateway_id: Uuid,
    pub hash: Vec<u8>,
    pub created_by: Uuid,
    pub created_at: DateTimeUtc,
    pub expires_at: DateTimeUtc,
    pub revoked_at: Option<DateTimeUtc>,
    pub last_used_at: Option<DateTimeUtc>,
    pub last_used_address: Option<String>,
    pub last_used_agent: Option<String>,
    pub told_days: Option<i32>,
    pub canary: bool,
}

impl ActiveModelBehavior for ActiveModel {}

/// A Gateway's bearer secret, without the secret and without its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatewayKey {
    pub id: GatewayKeyId,
    pub gateway: GatewayId,
    pub created_by: UserId,
    pub created_at: Time,
    pub expires_at: Time,
    pub revoked_at: Option<Time>,
    pub last_used_at: Option<Time>,
    pub last_used_address: Option<String>,
    pub last_used_agent: Option<String>,
    /// Laid out for a thief: it opens nothing.
    pub canary: bool,
}

fn key(row: Model) -> GatewayKey {
    GatewayKey {
        id: GatewayKeyId(row.id),
        gateway: GatewayId(row.gateway_id),
        created_by: UserId(row.created_by),
        created_at: row.created_at,
        expires_at: row.expires_at,
        revoked_at: row.revoked_at,
        last_used_at: row.last_used_at,
        last_used_address: row.last_used_address,
        last_used_agent: row.last_used_agent,
        canary: row.canary,
    }
}

pub async fn insert(db: &impl ConnectionTrait, scope: &TeamScope, new: &GatewayKey, hash: [u8; 32]) -> Result<(), DbErr> {
    let row = Model {
        id: new.id.0,
        team_id: scope.team().0,
        gateway_id: new.gateway.0,
        hash: hash.to_vec(),
        created_by: new.created_by.0,
        created_at: new.created_at,
        expires_at: new.expires_at,
        revoked_at: None,
        last_used_at: None,
        last_used_address: None,
        last_used_agent: None,
        told_days: None,
        canary: new.canary,
    };
    Entity::insert(row.into_active_model()).exec_without_returning(db).await.map(|_| ())
}

/// The keys of a gateway, the newest first; of all gateways of the Team without one.
pub async fn all(
    db: &impl ConnectionTrait,
    scope: &TeamScope,
    gateway: Option<GatewayId>,
) -> Result<Vec<GatewayKey>, DbErr> {
    let mut query = Entity::find().filter(Column::TeamId.eq(scope.team().0));
    if let Some(gateway) = gateway {
        query = query.filter(Column::GatewayId.eq(gateway.0));
    }
    Ok(query.order_by_desc(Column::CreatedAt).order_by_desc(Column::Id).all(db).await?.into_iter().map(key).collect())
}

/// Revokes a key for ever; false when it is unknown or was revoked.
pub async fn revoke(db: &impl ConnectionTrait, scope: &TeamScope, id: GatewayKeyId, now: Time) -> Result<bool, DbErr> {
    let update = Entity::update_many().col_expr(Column::RevokedAt, Expr::value(now));
    let update =
        update.filter(Column::Id.eq(id.0)).filter(Column::TeamId.eq(scope.team().0)).filter(Column::RevokedAt.is_null());
    Ok(update.exec(db).await?.rows_affected == 1)
}

/// Makes a canary of a live key, for good; false when it is unknown, revoked, or one already.
pub async fn make_canary(db: &impl ConnectionTrait, scope: &TeamScope, id: GatewayKeyId) -> Result<bool, DbErr> {
    let update = Entity::update_many().col_expr(Column::Canary, Expr::value(true));
    let update = update.filter(Column::Id.eq(id.0)).filter(Column::TeamId.eq(scope.team().0));
    let update = update.filter(Column::RevokedAt.is_null()).filter(Column::Canary.eq(false));
    Ok(update.exec(db).await?.rows_affected == 1)
}

/// A key whose end comes near.
#[derive(Clone, Debug)]
pub struct Ending {
    pub key: GatewayKeyId,
    pub team: TeamId,
    pub gateway: GatewayId,
    pub gateway_name: Name,
    pub environment: Environment,
    pub expires_at: Time,
    pub told_days: Option<i32>,
}

/// Keys of all Teams that end between `now` and `until`, and that somebody could still use: for Portal's own job.
pub async fn ending(db: &impl ConnectionTrait, now: Time, until: Time) -> Result<Vec<Ending>, DbErr> {
    let text = "SELECT k.id, k.team_id, k.gateway_id, g.name, g.environment, k.expires_at, k.told_days
        FROM gateway_key k JOIN gateway g ON g.id = k.gateway_id
        WHERE k.revoked_at IS NULL AND g.disabled_at IS NULL AND k.expires_at > $1 AND k.expires_at <= $2 ORDER BY k.id";
    let rows = db.query_all_raw(sql(db, text, [now.into(), until.into()])).await?;
    let read = |row: sea_orm::QueryResult| {
        let text = |column: &str| row.try_get::<String>("", column);
        Ok(Ending {
            key: GatewayKeyId(row.try_get("", "id")?),
            team: TeamId(row.try_get("", "team_id")?),
            gateway: GatewayId(row.try_get("", "gateway_id")?),
            gateway_name: stored(text("name")?.parse().ok(), "name")?,
            environment: stored(Environment::parse(&text("environment")?), "environment")?,
            expires_at: row.try_get("", "expires_at")?,
            told_days: row.try_get("", "told_days")?,
        })
    };
    rows.into_iter().map(read).collect()
}

/// Notes that people are told; false when another worker did so first.
pub async fn told(db: &impl ConnectionTrait, key: GatewayKeyId, days: i32) -> Result<bool, DbErr> {
    let text = "UPDATE gateway_key SET told_days = $2 WHERE id = $1 AND (told_days IS NULL OR told_days > $2)";
    Ok(db.execute_raw(sql(db, text, [key.0.into(), days.into()])).await?.rows_affected() == 1)
}

/// Notes the last use of a key. Asked by the log's writer, whose events name the key that was checked.
pub async fn note_use(db: &impl ConnectionTrait, used: &KeyUse) -> Result<(), DbErr> {
    let text = "UPDATE gateway_key SET last_used_at = $2, last_used_address = $3, last_used_agent = $4 WHERE id = $1";
    let values = [used.key.0.into(), used.at.into(), used.address.clone().into(), used.agent.clone().into()];
    db.execute_raw(sql(db, text, values)).await.map(|_| ())
}
