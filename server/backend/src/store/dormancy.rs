//! When people used their accounts last, and what they were told of it. Columns of `user`, and of `session`.

use model::{
    EmailAddress, Time,
    ids::{TeamId, UserId},
};
use sea_orm::{QueryResult, entity::prelude::*};

use super::{sql, stored};
use crate::access::TeamScope;

/// How an account is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub user: UserId,
    pub email: EmailAddress,
    pub is_operator: bool,
    /// The last use of any session; when it was made or enabled, until then.
    pub last_use: Time,
    /// After how many days without a use the person was warned, since that last use, and when.
    pub warned: Option<(i64, Time)>,
    pub disabled_at: Option<Time>,
}

const ACCOUNTS: &str =
    "SELECT u.id, u.email, u.is_operator, u.created_at, u.enabled_at, u.warned_of, u.warned_days, u.warned_at, u.disabled_at,
        (SELECT MAX(s.last_seen_at) FROM session s WHERE s.user_id = u.id) AS seen_at FROM \"user\" u";

/// Accounts that are enabled and were not used since `then`. One that cannot be read keeps no other from being looked at.
pub async fn unused_since(db: &impl ConnectionTrait, then: Time) -> Result<Vec<Account>, DbErr> {
    let text = format!(
        "{ACCOUNTS} WHERE u.disabled_at IS NULL AND u.created_at <= $1 AND (u.enabled_at IS NULL OR u.enabled_at <= $1)
        AND NOT EXISTS (SELECT 1 FROM session s WHERE s.user_id = u.id AND s.last_seen_at > $1) ORDER BY u.id"
    );
    db.query_all_raw(sql(db, &text, [then.into()])).await?.iter().map(read).collect()
}

/// One account as it stands now.
pub async fn account(db: &impl ConnectionTrait, user: UserId) -> Result<Option<Account>, DbErr> {
    let text = format!("{ACCOUNTS} WHERE u.id = $1");
    db.query_one_raw(sql(db, &text, [user.0.into()])).await?.as_ref().map(read).transpose()
}

/// Accounts that are disabled, the latest first.
pub async fn disabled(db: &impl ConnectionTrait) -> Result<Vec<Account>, DbErr> {
    let text = format!("{ACCOUNTS} WHERE u.disabled_at IS NOT NULL ORDER BY u.disabled_at DESC, u.id");
    db.query_all_raw(sql(db, &text, [])).await?.iter().map(read).collect()
}

/// The accounts of a Team's members.
pub async fn of_team(db: &impl ConnectionTrait, scope: &TeamScope) -> Result<Vec<Account>, DbErr> {
    let text = format!("{ACCOUNTS} JOIN member m ON m.user_id = u.id WHERE m.team_id = $1 ORDER BY u.email");
    db.query_all_raw(sql(db, &text, [scope.team().0.into()])).await?.iter().map(read).collect()
}

fn read(row: &QueryResult) -> Result<Account, DbErr> {
    let email: String = row.try_get("", "email")?;
    let time = |name: &str| row.try_get::<Option<Time>>("", name);
    let (created, seen, enabled) = (row.try_get::<Time>("", "created_at")?, time("seen_at")?, time("enabled_at")?);
    let last_use = [Some(created), seen, enabled].into_iter().flatten().max().unwrap_or(created);
    let days = i64::from(row.try_get::<i32>("", "warned_days")?);
    let warned = time("warned_at")?.filter(|_| days > 0 && time("warned_of").ok().flatten() == Some(last_use));
    Ok(Account {
        user: UserId(row.try_get("", "id")?),
        email: stored(email.parse().ok(), "e-mail address")?,
        is_operator: row.try_get("", "is_operator")?,
        last_use,
        warned: warned.map(|at| (days, at)),
        disabled_at: time("disabled_at")?,
    })
}

/// Notes that the person was warned.
pub async fn warned(db: &impl ConnectionTrait, account: &Account, days: i64, now: Time) -> Result<(), DbErr> {
    let text = "UPDATE \"user\" SET warned_of = $2, warned_days = $3, warned_at = $4 WHERE id = $1";
    let days = i32::try_from(days).unwrap_or(i32::MAX);
    let values = [account.user.0.into(), account.last_use.into(), days.into(), now.into()];
    db.execute_raw(sql(db, text, values)).await.map(|_| ())
}

/// Disables an account; false when it is already.
pub async fn disable(db: &impl ConnectionTrait, user: UserId, now: Time) -> Result<bool, DbErr> {
    let text = "UPDATE \"user\" SET disabled_at = $2 WHERE id = $1 AND disabled_at IS NULL";
    Ok(db.execute_raw(sql(db, text, [user.0.into(), now.into()])).await?.rows_affected() == 1)
}

/// Enables a disabled account, from when its use counts anew; false when it is not disabled.
pub async fn enable(db: &impl ConnectionTrait, user: UserId, now: Time) -> Result<bool, DbErr> {
    let text = "UPDATE \"user\" SET disabled_at = NULL, enabled_at = $2 WHERE id = $1 AND disabled_at IS NOT NULL";
    Ok(db.execute_raw(sql(db, text, [user.0.into(), now.into()])).await?.rows_affected() == 1)
}

/// The Teams of a person, in the order in which they are held.
pub async fn teams(db: &impl ConnectionTrait, user: UserId) -> Result<Vec<TeamId>, DbErr> {
    let text = "SELECT m.team_id FROM member m JOIN team t ON t.id = m.team_id
        WHERE m.user_id = $1 AND t.deleted_at IS NULL ORDER BY m.team_id";
    let rows = db.query_all_raw(sql(db, text, [user.0.into()])).await?;
    rows.iter().map(|row| row.try_get("", "team_id").map(TeamId)).collect()
}
