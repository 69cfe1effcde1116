//! Mail that waits to be delivered. Bodies are sealed, and wiped once sent.

use model::{EmailAddress, Time, ids::MailId};
use sea_orm::{IntoActiveModel, QueryOrder, QuerySelect, entity::prelude::*};

use super::stored;
use crate::vault::Sealed;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "mail_outbox")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub recipient: String,
    pub kind: String,
    pub sealed_body: Vec<u8>,
    pub created_at: DateTimeUtc,
    pub next_attempt_at: DateTimeUtc,
    pub attempts: i32,
    pub sent_at: Option<DateTimeUtc>,
    pub failed_at: Option<DateTimeUtc>,
    pub last_error: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}

/// A mail that waits.
#[derive(Clone, Debug)]
pub struct Waiting {
    pub id: MailId,
    pub recipient: EmailAddress,
    pub kind: String,
    pub sealed_body: Sealed,
    pub created_at: Time,
    pub attempts: i32,
}

/// Inserts a mail; with `failed_at` it is over from the start.
pub async fn insert(db: &impl ConnectionTrait, new: Waiting, failed_at: Option<Time>) -> Result<(), DbErr> {
    let row = Model {
        id: new.id.0,
        recipient: new.recipient.to_string(),
        kind: new.kind,
        sealed_body: new.sealed_body.0,
        created_at: new.created_at,
        next_attempt_at: new.created_at,
        attempts: new.attempts,
        sent_at: None,
        failed_at,
        last_error: None,
    };
    Entity::insert(row.into_active_model()).exec_without_returning(db).await.map(|_| ())
}

/// Deletes mails that are old, sent or not.
pub async fn delete_before(db: &impl ConnectionTrait, then: Time) -> Result<u64, DbErr> {
    Ok(Entity::delete_many().filter(Column::CreatedAt.lt(then)).exec(db).await?.rows_affected)
}

/// Mails that may be tried now, the oldest first.
pub async fn due(db: &impl ConnectionTrait, now: Time, most: u64) -> Result<Vec<Waiting>, DbErr> {
    let query = Entity::find()
        .filter(Column::SentAt.is_null())
        .filter(Column::FailedAt.is_null())
        .filter(Column::NextAttemptAt.lte(now));
    let rows = query.order_by_asc(Column::NextAttemptAt).order_by_asc(Column::Id).limit(most).all(db).await?;
    rows.into_iter()
        .map(|row| {
            Ok(Waiting {
                id: MailId(row.id),
                recipient: stored(row.recipient.parse().ok(), "e-mail address")?,
                kind: row.kind,
                sealed_body: Sealed(row.sealed_body),
                created_at: row.created_at,
                attempts: row.attempts,
            })
        })
        .collect()
}

/// Takes a mail for one try; false when another worker has it.
pub async fn claim(db: &impl ConnectionTrait, mail: &Waiting, until: Time) -> Result<bool, DbErr> {
    let update = Entity::update_many()
        .col_expr(Column::Attempts, Expr::value(mail.attempts + 1))
        .col_expr(Column::NextAttemptAt, Expr::value(until))
        .filter(Column::Id.eq(mail.id.0))
        .filter(Column::Attempts.eq(mail.attempts))
        .filter(Column::SentAt.is_null())
        .filter(Column::FailedAt.is_null());
    Ok(update.exec(db).await?.rows_affected == 1)
}

/// Sent: the body is not needed any more.
pub async fn sent(db: &impl ConnectionTrait, id: MailId, now: Time) -> Result<(), DbErr> {
    let update = Entity::update_many()
        .col_expr(Column::SentAt, Expr::value(now))
        .col_expr(Column::SealedBody, Expr::value(Vec::<u8>::new()));
    update.filter(Column::Id.eq(id.0)).exec(db).await.map(|_| ())
}

/// Not sent: tried again at `next`, or given up without one.
pub async fn failed(db: &impl ConnectionTrait, id: MailId, error: &str, next: Option<Time>, now: Time) -> Result<(), DbErr> {
    let update = Entity::update_many().col_expr(Column::LastError, Expr::value(error));
    let update = match next {
        Some(next) => update.col_expr(Column::NextAttemptAt, Expr::value(next)),
        None => {
            update.col_expr(Column::FailedAt, Expr::value(now)).col_expr(Column::SealedBody, Expr::value(Vec::<u8>::new()))
        }
    };
    update.filter(Column::Id.eq(id.0)).exec(db).await.map(|_| ())
}
