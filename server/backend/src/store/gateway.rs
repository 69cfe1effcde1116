//! Gateways: the machine clients of a Team, and the connections each may use.

use std::collections::HashMap;

use model::{
    Environment, Name, Time,
    gateway::{Networks, Scopes},
    ids::{ConnectionId, GatewayId, UserId},
};
use sea_orm::{IntoActiveModel, QueryOrder, entity::prelude::*};

use super::{sql, stored};
use crate::access::TeamScope;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "gateway")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub team_id: Uuid,
    pub environment: String,
    pub name: String,
    pub scopes: String,
    pub networks: String,
    pub created_by: Uuid,
    pub created_at: DateTimeUtc,
    pub disabled_at: Option<DateTimeUtc>,
    pub version: i32,
}

impl ActiveModelBehavior for ActiveModel {}

/// A machine client of a Team.
#[derive(Clone, Debug, PartialEq)]
pub struct Gateway {
    pub id: GatewayId,
    pub environment: Environment,
    pub name: Name,
    pub scopes: Scopes,
    pub networks: Networks,
    pub created_by: UserId,
    pub created_at: Time,
    pub disabled_at: Option<Time>,
    pub version: i32,
}

fn gateway(row: Model) -> Result<Gateway, DbErr> {
    Ok(Gateway {
        id: GatewayId(row.id),
        environment: stored(Environment::parse(&row.environment), "environment")?,
        name: stored(row.name.parse().ok(), "name")?,
        scopes: Scopes::from_text(&row.scopes),
        networks: stored(row.networks.parse().ok(), "network list")?,
        created_by: UserId(row.created_by),
        created_at: row.created_at,
        disabled_at: row.disabled_at,
        version: row.version,
    })
}

pub async fn insert(db: &impl ConnectionTrait, scope: &TeamScope, new: Gateway) -> Result<(), DbErr> {
    let row = Model {
        id: new.id.0,
        team_id: scope.team().0,
        environment: new.environment.as_str().to_owned(),
        name: new.name.to_string(),
        scopes: new.scopes.to_text(),
        networks: new.networks.to_text(),
        created_by: new.created_by.0,
        created_at: new.created_at,
        disabled_at: new.disabled_at,
        version: 1,
    };
    Entity::insert(row.into_active_model()).exec_without_returning(db).await.map(|_| ())
}

pub async fn all(db: &impl ConnectionTrait, scope: &TeamScope) -> Result<Vec<Gateway>, DbErr> {
    let query = Entity::find().filter(Column::TeamId.eq(scope.team().0)).order_by_asc(Column::Name).order_by_asc(Column::Id);
    query.all(db).await?.into_iter().map(gateway).collect()
}

pub async fn by_id(db: &impl ConnectionTrait, scope: &TeamScope, id: GatewayId) -> Result<Option<Gateway>, DbErr> {
    Entity::find_by_id(id.0).filter(Column::TeamId.eq(scope.team().0)).one(db).await?.map(gateway).transpose()
}

/// Writes name, scopes, networks and whether it is disabled; false when the gateway changed since it was loaded.
pub async fn write(db: &impl ConnectionTrait, scope: &TeamScope, gateway: &Gateway) -> Result<bool, DbErr> {
    let update = Entity::update_many()
        .col_expr(Column::Name, Expr::value(gateway.name.as_str()))
        .col_expr(Column::Scopes, Expr::value(gateway.scopes.to_text()))
        .col_expr(Column::Networks, Expr::value(gateway.networks.to_text()))
        .col_expr(Column::DisabledAt, Expr::value(gateway.disabled_at))
        .col_expr(Column::Version, Expr::value(gateway.version + 1))
        .filter(Column::Id.eq(gateway.id.0))
        .filter(Column::TeamId.eq(scope.team().0))
        .filter(Column::Version.eq(gateway.version));
    Ok(update.exec(db).await?.rows_affected == 1)
}

/// The connections that a gateway may use.
pub async fn connections(db: &impl ConnectionTrait, scope: &TeamScope, id: GatewayId) -> Result<Vec<ConnectionId>, DbErr> {
    let text = "SELECT connection_id FROM gateway_connection WHERE team_id = $1 AND gateway_id = $2 ORDER BY connection_id";
    let rows = db.query_all_raw(sql(db, text, [scope.team().0.into(), id.0.into()])).await?;
    rows.iter().map(|row| row.try_get("", "connection_id").map(ConnectionId)).collect()
}

/// How many connections each gateway may use; none where there are none.
pub async fn connection_counts(db: &impl ConnectionTrait, scope: &TeamScope) -> Result<HashMap<GatewayId, i64>, DbErr> {
    let text = "SELECT gateway_id, COUNT(*) AS n FROM gateway_connection WHERE team_id = $1 GROUP BY gateway_id";
    let rows = db.query_all_raw(sql(db, text, [scope.team().0.into()])).await?;
    rows.iter().map(|row| Ok((GatewayId(row.try_get("", "gateway_id")?), row.try_get("", "n")?))).collect()
}

/// The gateways that may use a connection.
pub async fn of_connection(db: &impl ConnectionTrait, scope: &TeamScope, id: ConnectionId) -> Result<Vec<GatewayId>, DbErr> {
    let text = "SELECT gateway_id FROM gateway_connection WHERE team_id = $1 AND connection_id = $2 ORDER BY gateway_id";
    let rows = db.query_all_raw(sql(db, text, [scope.team().0.into(), id.0.into()])).await?;
    rows.iter().map(|row| row.try_get("", "gateway_id").map(GatewayId)).collect()
}

/// Allows a connection; allowed ones stay allowed. The environments of both are held equal by the database.
pub async fn allow(db: &impl ConnectionTrait, scope: &TeamScope, gateway: &Gateway, id: ConnectionId) -> Result<(), DbErr> {
    let text = "INSERT INTO gateway_connection (team_id, gateway_id, connection_id, environment) VALUES ($1, $2, $3, $4)
        ON CONFLICT (gateway_id, connection_id) DO NOTHING";
    let values = [scope.team().0.into(), gateway.id.0.into(), id.0.into(), gateway.environment.as_str().into()];
    db.execute_raw(sql(db, text, values)).await.map(|_| ())
}

pub async fn disallow(
    db: &impl ConnectionTrait,
    scope: &TeamScope,
    gateway: GatewayId,
    id: ConnectionId,
) -> Result<(), DbErr> {
    let text = "DELETE FROM gateway_connection WHERE team_id = $1 AND gateway_id = $2 AND connection_id = $3";
    db.execute_raw(sql(db, text, [scope.team().0.into(), gateway.0.into(), id.0.into()])).await.map(|_| ())
}

/// Takes a connection off every gateway's list.
pub async fn disallow_everywhere(db: &impl ConnectionTrait, scope: &TeamScope, id: ConnectionId) -> Result<(), DbErr> {
    let text = "DELETE FROM gateway_connection WHERE team_id = $1 AND connection_id = $2";
    db.execute_raw(sql(db, text, [scope.team().0.into(), id.0.into()])).await.map(|_| ())
}
