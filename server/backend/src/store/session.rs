//! Signed-in browsers.

use model::{
    Time,
    ids::{SessionId, UserId},
    passkey::Proofs,
};
use sea_orm::{IntoActiveModel, QueryOrder, entity::prelude::*};

use super::user::User;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "session")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub user_id: Uuid,
    pub signed_in_at: DateTimeUtc,
    pub last_seen_at: DateTimeUtc,
    pub stepped_up_at: Option<DateTimeUtc>,
    pub passkey_at: Option<DateTimeUtc>,
    pub by_passkey_at: Option<DateTimeUtc>,
    pub ended_at: Option<DateTimeUtc>,
    pub address: Option<String>,
    pub agent: Option<String>,
    pub renew_since: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}

/// A signed-in browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    pub id: SessionId,
    pub user: UserId,
    pub signed_in_at: Time,
    pub last_seen_at: Time,
    pub proofs: Proofs,
    pub ended_at: Option<Time>,
    pub address: Option<String>,
    pub agent: Option<String>,
    /// The person's authority changed then, and this browser has had no new id since.
    pub renew_since: Option<Time>,
}

fn session(row: Model) -> Session {
    Session {
        id: SessionId(row.id),
        user: UserId(row.user_id),
        signed_in_at: row.signed_in_at,
        last_seen_at: row.last_seen_at,
        proofs: Proofs { stepped_up_at: row.stepped_up_at, by_passkey_at: row.by_passkey_at, passkey_at: row.passkey_at },
        ended_at: row.ended_at,
        address: row.address,
        agent: row.agent,
        renew_since: row.renew_since,
    }
}

pub async fn insert(db: &impl ConnectionTrait, new: Session) -> Result<(), DbErr> {
    let row = Model {
        id: new.id.0,
        user_id: new.user.0,
        signed_in_at: new.signed_in_at,
        last_seen_at: new.last_seen_at,
        stepped_up_at: new.proofs.stepped_up_at,
        passkey_at: new.proofs.passkey_at,
        by_passkey_at: new.proofs.by_passkey_at,
        ended_at: new.ended_at,
        address: new.address,
        agent: new.agent,
        renew_since: new.renew_since,
    };
    Entity::insert(row.into_active_model()).exec_without_returning(db).await.map(|_| ())
}

/// An unended session with its user, enabled or not.
pub async fn with_user(db: &impl ConnectionTrait, id: SessionId) -> Result<Option<(Session, User)>, DbErr> {
    let Some(row) = Entity::find_by_id(id.0).filter(Column::EndedAt.is_null()).one(db).await? else { return Ok(None) };
    let user = super::user::by_id(db, UserId(row.user_id)).await?;
    Ok(user.map(|user| (session(row), user)))
}

/// The unended sessions of a user, the last used first.
pub async fn of_user(db: &impl ConnectionTrait, user: UserId) -> Result<Vec<Session>, DbErr> {
    let query = Entity::find().filter(Column::UserId.eq(user.0)).filter(Column::EndedAt.is_null());
    Ok(query.order_by_desc(Column::LastSeenAt).all(db).await?.into_iter().map(session).collect())
}

pub async fn touch(db: &impl ConnectionTrait, id: SessionId, now: Time, address: Option<String>) -> Result<(), DbErr> {
    let update =
        Entity::update_many().col_expr(Column::LastSeenAt, Expr::value(now)).col_expr(Column::Address, Expr::value(address));
    update.filter(Column::Id.eq(id.0)).exec(db).await.map(|_| ())
}

pub async fn step_up(db: &impl ConnectionTrait, id: SessionId, now: Time) -> Result<(), DbErr> {
    let update = Entity::update_many().col_expr(Column::SteppedUpAt, Expr::value(now));
    update.filter(Column::Id.eq(id.0)).exec(db).await.map(|_| ())
}

/// The person made a passkey: they have it, which is no fresh proof for something else.
pub async fn passkey_made(db: &impl ConnectionTrait, id: SessionId, now: Time) -> Result<(), DbErr> {
    let update = Entity::update_many().col_expr(Column::PasskeyAt, Expr::value(now));
    update.filter(Column::Id.eq(id.0)).exec(db).await.map(|_| ())
}

/// The person showed a passkey: a fresh proof, and of the stronger kind.
pub async fn passkey_shown(db: &impl ConnectionTrait, id: SessionId, now: Time) -> Result<(), DbErr> {
    let update = Entity::update_many()
        .col_expr(Column::SteppedUpAt, Expr::value(now))
        .col_expr(Column::ByPasskeyAt, Expr::value(now))
        .col_expr(Column::PasskeyAt, Expr::value(now));
    update.filter(Column::Id.eq(id.0)).exec(db).await.map(|_| ())
}

/// Marks every session of a user for a new id.
pub async fn ask_renewal(db: &impl ConnectionTrait, user: UserId, now: Time) -> Result<(), DbErr> {
    let update = Entity::update_many().col_expr(Column::RenewSince, Expr::value(now));
    update.filter(Column::UserId.eq(user.0)).filter(Column::EndedAt.is_null()).exec(db).await.map(|_| ())
}

pub async fn renewed(db: &impl ConnectionTrait, id: SessionId) -> Result<(), DbErr> {
    let update = Entity::update_many().col_expr(Column::RenewSince, Expr::value(None::<Time>));
    update.filter(Column::Id.eq(id.0)).exec(db).await.map(|_| ())
}

/// Ends one session of a user; false when it is not theirs or has ended.
pub async fn end(db: &impl ConnectionTrait, user: UserId, id: SessionId, now: Time) -> Result<bool, DbErr> {
    let update = Entity::update_many().col_expr(Column::EndedAt, Expr::value(now));
    let ended = update
        .filter(Column::Id.eq(id.0))
        .filter(Column::UserId.eq(user.0))
        .filter(Column::EndedAt.is_null())
        .exec(db)
        .await?;
    Ok(ended.rows_affected == 1)
}

/// Ends all sessions of a user but one; answers how many.
pub async fn end_others(db: &impl ConnectionTrait, user: UserId, keep: SessionId, now: Time) -> Result<u64, DbErr> {
    let update = Entity::update_many().col_expr(Column::EndedAt, Expr::value(now));
    let ended = update
        .filter(Column::UserId.eq(user.0))
        .filter(Column::Id.ne(keep.0))
        .filter(Column::EndedAt.is_null())
        .exec(db)
        .await?;
    Ok(ended.rows_affected)
}

/// Ends all sessions of a user; answers how many.
pub async fn end_all(db: &impl ConnectionTrait, user: UserId, now: Time) -> Result<u64, DbErr> {
    let update = Entity::update_many().col_expr(Column::EndedAt, Expr::value(now));
    let ended = update.filter(Column::UserId.eq(user.0)).filter(Column::EndedAt.is_null()).exec(db).await?;
    Ok(ended.rows_affected)
}

/// Deletes sessions that are over since long.
pub async fn delete_before(db: &impl ConnectionTrait, then: Time) -> Result<u64, DbErr> {
    Ok(Entity::delete_many().filter(Column::SignedInAt.lt(then)).exec(db).await?.rows_affected)
}
