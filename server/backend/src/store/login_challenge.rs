//! Asked-for codes. The code itself is not here: only its keyed hash.

use model::{
    EmailAddress, Time,
    ids::{ChallengeId, SessionId},
};
use sea_orm::{IntoActiveModel, entity::prelude::*};

use super::{sql, stored};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "login_challenge")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub purpose: String,
    pub email: String,
    pub session_id: Option<Uuid>,
    pub code_mac: Vec<u8>,
    pub attempts: i32,
    pub created_at: DateTimeUtc,
    pub expires_at: DateTimeUtc,
    pub used_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}

/// What a code is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    SignIn,
    /// Bound to one session.
    StepUp(SessionId),
}

/// A code that was sent (or, for an address without an account, not sent).
#[derive(Clone, Debug)]
pub struct Challenge {
    pub id: ChallengeId,
    pub purpose: Purpose,
    pub email: EmailAddress,
    pub code_mac: [u8; 32],
    pub created_at: Time,
    pub expires_at: Time,
}

pub async fn insert(db: &impl ConnectionTrait, new: &Challenge) -> Result<(), DbErr> {
    let (purpose, session_id) = match new.purpose {
        Purpose::SignIn => ("sign_in", None),
        Purpose::StepUp(session) => ("step_up", Some(session.0)),
    };
    let row = Model {
        id: new.id.0,
        purpose: purpose.to_owned(),
        email: new.email.as_str().to_owned(),
        session_id,
        code_mac: new.code_mac.to_vec(),
        attempts: 0,
        created_at: new.created_at,
        expires_at: new.expires_at,
        used_at: None,
    };
    Entity::insert(row.into_active_model()).exec_without_returning(db).await.map(|_| ())
}

/// An unused challenge, expired or not.
pub async fn unused(db: &impl ConnectionTrait, id: ChallengeId) -> Result<Option<Challenge>, DbErr> {
    Entity::find_by_id(id.0).filter(Column::UsedAt.is_null()).one(db).await?.map(challenge).transpose()
}

fn challenge(row: Model) -> Result<Challenge, DbErr> {
    let purpose = match (row.purpose.as_str(), row.session_id) {
        ("sign_in", _) => Some(Purpose::SignIn),
        ("step_up", Some(session)) => Some(Purpose::StepUp(SessionId(session))),
        _ => None,
    };
    Ok(Challenge {
        id: ChallengeId(row.id),
        purpose: stored(purpose, "purpose")?,
        email: stored(row.email.parse().ok(), "e-mail address")?,
        code_mac: stored(row.code_mac.try_into().ok(), "code hash")?,
        created_at: row.created_at,
        expires_at: row.expires_at,
    })
}

/// Counts one try in one statement, so that parallel tries cannot slip past the cap; answers with the number of tries
/// so far, or `None` when none is left.
pub async fn count_try(db: &impl ConnectionTrait, id: ChallengeId, cap: i32, now: Time) -> Result<Option<i32>, DbErr> {
    let text = "UPDATE login_challenge SET attempts = attempts + 1
        WHERE id = $1 AND attempts < $2 AND used_at IS NULL AND expires_at > $3 RETURNING attempts";
    let row = db.query_one_raw(sql(db, text, [id.0.into(), cap.into(), now.into()])).await?;
    row.map(|row| row.try_get("", "attempts")).transpose()
}

/// Uses the challenge up; false when another request did so first.
pub async fn use_up(db: &impl ConnectionTrait, id: ChallengeId, now: Time) -> Result<bool, DbErr> {
    let update = Entity::update_many().col_expr(Column::UsedAt, Expr::value(now));
    let used = update.filter(Column::Id.eq(id.0)).filter(Column::UsedAt.is_null()).exec(db).await?;
    Ok(used.rows_affected == 1)
}

pub async fn delete_before(db: &impl ConnectionTrait, before: Time) -> Result<u64, DbErr> {
    Ok(Entity::delete_many().filter(Column::ExpiresAt.lt(before)).exec(db).await?.rows_affected)
}
