//! What is counted per e-mail address, known or not, over any number of codes and replicas. A signed-in person's guesses at
//! confirmation codes are counted under a name of their own, so that strangers cannot pause them.

use chrono::Duration;
use model::{EmailAddress, Time};
use sea_orm::entity::prelude::*;

use super::sql;

/// How an address stands at sign-in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    pub misses: i32,
    pub paused_until: Option<Time>,
}

async fn ensure(db: &impl ConnectionTrait, email: &str) -> Result<(), DbErr> {
    let text = "INSERT INTO login_address (email, misses) VALUES ($1, 0) ON CONFLICT (email) DO NOTHING";
    db.execute_raw(sql(db, text, [email.into()])).await.map(|_| ())
}

pub async fn standing(db: &impl ConnectionTrait, guesser: &str) -> Result<Standing, DbErr> {
    let text = "SELECT misses, paused_until FROM login_address WHERE email = $1";
    let row = db.query_one_raw(sql(db, text, [guesser.into()])).await?;
    row.map(|row| Ok(Standing { misses: row.try_get("", "misses")?, paused_until: row.try_get("", "paused_until")? }))
        .transpose()
        .map(Option::unwrap_or_default)
}

/// Books one mail in one statement when the limits allow it: `gap` since the last, three in `window`.
pub async fn book_mail(
    db: &impl ConnectionTrait,
    email: &EmailAddress,
    now: Time,
    gap: Duration,
    window: Duration,
) -> Result<bool, DbErr> {
    ensure(db, email.as_str()).await?;
    let text = "UPDATE login_address SET sent_3 = sent_2, sent_2 = sent_1, sent_1 = $2
        WHERE email = $1 AND (sent_1 IS NULL OR sent_1 <= $3) AND (sent_3 IS NULL OR sent_3 <= $4) RETURNING email";
    let values = [email.as_str().into(), now.into(), (now - gap).into(), (now - window).into()];
    Ok(db.query_one_raw(sql(db, text, values)).await?.is_some())
}

/// The newest and the third-newest mail.
pub async fn mails(db: &impl ConnectionTrait, email: &EmailAddress) -> Result<(Option<Time>, Option<Time>), DbErr> {
    let text = "SELECT sent_1, sent_3 FROM login_address WHERE email = $1";
    match db.query_one_raw(sql(db, text, [email.as_str().into()])).await? {
        Some(row) => Ok((row.try_get("", "sent_1")?, row.try_get("", "sent_3")?)),
        None => Ok((None, None)),
    }
}

/// Books one guess before it is looked at, in one statement; `None` while the address is paused.
/// The answer is the number of guesses since the last success.
pub async fn book_guess(db: &impl ConnectionTrait, guesser: &str, now: Time) -> Result<Option<i32>, DbErr> {
    ensure(db, guesser).await?;
    let text = "UPDATE login_address SET misses = misses + 1
        WHERE email = $1 AND (paused_until IS NULL OR paused_until <= $2) RETURNING misses";
    let row = db.query_one_raw(sql(db, text, [guesser.into(), now.into()])).await?;
    row.map(|row| row.try_get("", "misses")).transpose()
}

pub async fn pause(db: &impl ConnectionTrait, guesser: &str, until: Time) -> Result<(), DbErr> {
    let text = "UPDATE login_address SET paused_until = $2 WHERE email = $1";
    db.execute_raw(sql(db, text, [guesser.into(), until.into()])).await.map(|_| ())
}

/// A success forgets the misses.
pub async fn forgive(db: &impl ConnectionTrait, guesser: &str) -> Result<(), DbErr> {
    let text = "UPDATE login_address SET misses = 0, paused_until = NULL WHERE email = $1";
    db.execute_raw(sql(db, text, [guesser.into()])).await.map(|_| ())
}

/// Deletes addresses to which nothing was mailed since `then`, and that do not pause now.
pub async fn delete_idle(db: &impl ConnectionTrait, now: Time, then: Time) -> Result<u64, DbErr> {
    let text =
        "DELETE FROM login_address WHERE (sent_1 IS NULL OR sent_1 < $2) AND (paused_until IS NULL OR paused_until < $1)
        AND (misses = 0 OR sent_1 < $2)";
    Ok(db.execute_raw(sql(db, text, [now.into(), then.into()])).await?.rows_affected())
}
