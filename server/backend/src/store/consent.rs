//! Browsers on their way to Amazon's consent page.

use model::{
    Name, Time,
    amazon::Marketplace,
    ids::{ConnectionId, LwaAppId, SessionId},
};
use sea_orm::{IntoActiveModel, entity::prelude::*};

use super::stored;
use crate::access::TeamScope;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "consent")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub state_hash: Vec<u8>,
    pub team_id: Uuid,
    pub lwa_app_id: Uuid,
    pub session_id: Uuid,
    pub connection_id: Option<Uuid>,
    pub name: String,
    pub marketplace: String,
    pub created_at: DateTimeUtc,
    pub expires_at: DateTimeUtc,
    pub used_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}

/// What a person set out to connect.
#[derive(Clone, Debug)]
pub struct Consent {
    pub state_hash: [u8; 32],
    pub lwa_app: LwaAppId,
    pub session: SessionId,
    /// Set when an existing connection is authorized again.
    pub connection: Option<ConnectionId>,
    pub name: Name,
    pub marketplace: Marketplace,
    pub created_at: Time,
    pub expires_at: Time,
}

pub async fn insert(db: &impl ConnectionTrait, scope: &TeamScope, new: Consent) -> Result<(), DbErr> {
    let row = Model {
        state_hash: new.state_hash.to_vec(),
        team_id: scope.team().0,
        lwa_app_id: new.lwa_app.0,
        session_id: new.session.0,
        connection_id: new.connection.map(|id| id.0),
        name: new.name.to_string(),
        marketplace: new.marketplace.code().to_owned(),
        created_at: new.created_at,
        expires_at: new.expires_at,
        used_at: None,
    };
    Entity::insert(row.into_active_model()).exec_without_returning(db).await.map(|_| ())
}

/// The Team that an unused, unexpired state of this session belongs to: known before a scope is.
pub async fn team_of(
    db: &impl ConnectionTrait,
    state_hash: [u8; 32],
    session: SessionId,
    now: Time,
) -> Result<Option<model::ids::TeamId>, DbErr> {
    let query = Entity::find_by_id(state_hash.to_vec()).filter(Column::SessionId.eq(session.0));
    let row = query.filter(Column::UsedAt.is_null()).filter(Column::ExpiresAt.gt(now)).one(db).await?;
    Ok(row.map(|row| model::ids::TeamId(row.team_id)))
}

/// Uses a state up; `None` when it is unknown, of another session, expired, or was used first by another request.
pub async fn use_up(
    db: &impl ConnectionTrait,
    scope: &TeamScope,
    state_hash: [u8; 32],
    session: SessionId,
    now: Time,
) -> Result<Option<Consent>, DbErr> {
    let update = Entity::update_many()
        .col_expr(Column::UsedAt, Expr::value(now))
        .filter(Column::StateHash.eq(state_hash.to_vec()))
        .filter(Column::TeamId.eq(scope.team().0))
        .filter(Column::SessionId.eq(session.0))
        .filter(Column::UsedAt.is_null())
        .filter(Column::ExpiresAt.gt(now));
    if update.exec(db).await?.rows_affected != 1 {
        return Ok(None);
    }
    let row = Entity::find_by_id(state_hash.to_vec()).one(db).await?;
    row.map(|row| {
        Ok(Consent {
            state_hash,
            lwa_app: LwaAppId(row.lwa_app_id),
            session,
            connection: row.connection_id.map(ConnectionId),
            name: stored(row.name.parse().ok(), "name")?,
            marketplace: stored(Marketplace::by_code(&row.marketplace), "marketplace")?,
            created_at: row.created_at,
            expires_at: row.expires_at,
        })
    })
    .transpose()
}

/// Deletes consents that are over.
pub async fn delete_before(db: &impl ConnectionTrait, then: Time) -> Result<u64, DbErr> {
    Ok(Entity::delete_many().filter(Column::ExpiresAt.lt(then)).exec(db).await?.rows_affected)
}
