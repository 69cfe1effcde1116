//! Leases: which gateway holds a runtime credential, and until when.

use model::{
    Time,
    ids::{ConnectionId, GatewayId, GatewayKeyId, LeaseId, TeamId},
};
use sea_orm::{IntoActiveModel, QueryOrder, QuerySelect, entity::prelude::*, sea_query::OnConflict};

use super::pieces;
use crate::access::TeamScope;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "lease")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub team_id: Uuid,
    pub gateway_id: Uuid,
    pub gateway_key_id: Uuid,
    pub connection_id: Uuid,
    pub generation: i64,
    pub issued_at: DateTimeUtc,
    pub expires_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}

/// The record that a gateway holds a runtime credential until a given time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    pub id: LeaseId,
    pub team: TeamId,
    pub gateway: GatewayId,
    pub key: GatewayKeyId,
    pub connection: ConnectionId,
    pub generation: i64,
    pub issued_at: Time,
    pub expires_at: Time,
}

/// Inserts the leases that are not there yet: the same key, connection and generation give the same id.
pub async fn insert_absent(db: &impl ConnectionTrait, new: Vec<Lease>) -> Result<(), DbErr> {
    for piece in pieces(new) {
        let absent = OnConflict::column(Column::Id).do_nothing().to_owned();
        Entity::insert_many(piece.into_iter().map(model)).on_conflict(absent).exec_without_returning(db).await?;
    }
    Ok(())
}

fn model(lease: Lease) -> ActiveModel {
    Model {
        id: lease.id.0,
        team_id: lease.team.0,
        gateway_id: lease.gateway.0,
        gateway_key_id: lease.key.0,
        connection_id: lease.connection.0,
        generation: lease.generation,
        issued_at: lease.issued_at,
        expires_at: lease.expires_at,
    }
    .into_active_model()
}

/// Whose live leases.
#[derive(Clone, Copy, Debug)]
pub enum Of {
    Team,
    Gateway(GatewayId),
    Connection(ConnectionId),
    Key(GatewayKeyId),
}

/// Leases that live at `now`, the last to end first: as many as a page shows.
pub async fn live(db: &impl ConnectionTrait, scope: &TeamScope, of: Of, now: Time) -> Result<Vec<Lease>, DbErr> {
    let rows = living(scope, of, now).limit(200).all(db).await?;
    Ok(rows.into_iter().map(lease).collect())
}

/// Every lease that lives at `now`, the last to end first.
pub async fn all_live(db: &impl ConnectionTrait, scope: &TeamScope, of: Of, now: Time) -> Result<Vec<Lease>, DbErr> {
    let rows = living(scope, of, now).all(db).await?;
    Ok(rows.into_iter().map(lease).collect())
}

fn living(scope: &TeamScope, of: Of, now: Time) -> Select<Entity> {
    let query = Entity::find().filter(Column::TeamId.eq(scope.team().0)).filter(Column::ExpiresAt.gt(now));
    let query = match of {
        Of::Team => query,
        Of::Gateway(id) => query.filter(Column::GatewayId.eq(id.0)),
        Of::Connection(id) => query.filter(Column::ConnectionId.eq(id.0)),
        Of::Key(id) => query.filter(Column::GatewayKeyId.eq(id.0)),
    };
    query.order_by_desc(Column::ExpiresAt)
}

/// The newest lease of each connection of the Team.
pub async fn newest_by_connection(db: &impl ConnectionTrait, scope: &TeamScope) -> Result<Vec<(ConnectionId, Time)>, DbErr> {
    let query = Entity::find().select_only().column(Column::ConnectionId).column_as(Column::IssuedAt.max(), "issued_at");
    let query = query.filter(Column::TeamId.eq(scope.team().0)).group_by(Column::ConnectionId);
    let rows = query.into_tuple::<(Uuid, DateTimeUtc)>().all(db).await?;
    Ok(rows.into_iter().map(|(id, at)| (ConnectionId(id), at)).collect())
}

fn lease(row: Model) -> Lease {
    Lease {
        id: LeaseId(row.id),
        team: TeamId(row.team_id),
        gateway: GatewayId(row.gateway_id),
        key: GatewayKeyId(row.gateway_key_id),
        connection: ConnectionId(row.connection_id),
        generation: row.generation,
        issued_at: row.issued_at,
        expires_at: row.expires_at,
    }
}

/// Deletes leases that ended long ago.
pub async fn delete_before(db: &impl ConnectionTrait, then: Time) -> Result<u64, DbErr> {
    Ok(Entity::delete_many().filter(Column::ExpiresAt.lt(then)).exec(db).await?.rows_affected)
}
