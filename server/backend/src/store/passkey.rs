//! Passkeys: their public halves, and the questions that wait for an answer.

use model::{
    Name, Time,
    ids::{CeremonyId, PasskeyId, SessionId, UserId},
};
use sea_orm::{QueryResult, entity::prelude::*};

use super::{sql, stored};
use crate::access::TeamScope;

/// One passkey of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passkey {
    pub id: PasskeyId,
    pub user: UserId,
    pub name: Name,
    pub credential_id: Vec<u8>,
    /// As the library writes it: JSON, nothing of it secret.
    pub credential: String,
    /// Says that Portal wrote it.
    pub mac: Vec<u8>,
    /// How often it was used, so that two uses at once do not both write what they read.
    pub uses: i64,
    pub created_at: Time,
    pub last_used_at: Option<Time>,
}

pub async fn insert(db: &impl ConnectionTrait, new: &Passkey) -> Result<(), DbErr> {
    let text = "INSERT INTO passkey (id, user_id, name, credential_id, credential, mac, uses, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, 0, $7)";
    let values = [
        new.id.0.into(),
        new.user.0.into(),
        new.name.to_string().into(),
        new.credential_id.clone().into(),
        new.credential.clone().into(),
        new.mac.clone().into(),
        new.created_at.into(),
    ];
    db.execute_raw(sql(db, text, values)).await.map(|_| ())
}

/// A person's, the oldest first.
pub async fn of_user(db: &impl ConnectionTrait, user: UserId) -> Result<Vec<Passkey>, DbErr> {
    let text = "SELECT * FROM passkey WHERE user_id = $1 ORDER BY created_at, id";
    db.query_all_raw(sql(db, text, [user.0.into()])).await?.iter().map(read).collect()
}

/// Who of a Team has one.
pub async fn holders(db: &impl ConnectionTrait, scope: &TeamScope) -> Result<Vec<UserId>, DbErr> {
    let text = "SELECT DISTINCT p.user_id FROM passkey p JOIN member m ON m.user_id = p.user_id WHERE m.team_id = $1";
    let rows = db.query_all_raw(sql(db, text, [scope.team().0.into()])).await?;
    rows.iter().map(|row| row.try_get("", "user_id").map(UserId)).collect()
}

pub async fn by_credential(db: &impl ConnectionTrait, credential_id: &[u8]) -> Result<Option<Passkey>, DbErr> {
    let text = "SELECT * FROM passkey WHERE credential_id = $1";
    db.query_one_raw(sql(db, text, [credential_id.to_vec().into()])).await?.as_ref().map(read).transpose()
}

/// Writes what a use changed; false when another use came first, or it is gone.
pub async fn used(db: &impl ConnectionTrait, after: &Passkey, now: Time) -> Result<bool, DbErr> {
    let text =
        "UPDATE passkey SET credential = $3, mac = $4, uses = uses + 1, last_used_at = $5 WHERE id = $1 AND uses = $2";
    let values =
        [after.id.0.into(), after.uses.into(), after.credential.clone().into(), after.mac.clone().into(), now.into()];
    Ok(db.execute_raw(sql(db, text, values)).await?.rows_affected() == 1)
}

pub async fn rename(db: &impl ConnectionTrait, user: UserId, id: PasskeyId, name: &Name) -> Result<bool, DbErr> {
    let text = "UPDATE passkey SET name = $3 WHERE id = $1 AND user_id = $2";
    Ok(db.execute_raw(sql(db, text, [id.0.into(), user.0.into(), name.to_string().into()])).await?.rows_affected() == 1)
}

pub async fn delete(db: &impl ConnectionTrait, user: UserId, id: PasskeyId) -> Result<bool, DbErr> {
    let text = "DELETE FROM passkey WHERE id = $1 AND user_id = $2";
    Ok(db.execute_raw(sql(db, text, [id.0.into(), user.0.into()])).await?.rows_affected() == 1)
}

fn read(row: &QueryResult) -> Result<Passkey, DbErr> {
    let name: String = row.try_get("", "name")?;
    Ok(Passkey {
        id: PasskeyId(row.try_get("", "id")?),
        user: UserId(row.try_get("", "user_id")?),
        name: stored(name.parse().ok(), "name")?,
        credential_id: row.try_get("", "credential_id")?,
        credential: row.try_get("", "credential")?,
        mac: row.try_get("", "mac")?,
        uses: row.try_get("", "uses")?,
        created_at: row.try_get("", "created_at")?,
        last_used_at: row.try_get("", "last_used_at")?,
    })
}

/// What a passkey is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    Register(SessionId),
    SignIn,
    StepUp(SessionId),
}

impl Purpose {
    fn columns(self) -> (&'static str, Option<Uuid>) {
        match self {
            Purpose::Register(session) => ("register", Some(session.0)),
            Purpose::SignIn => ("sign_in", None),
            Purpose::StepUp(session) => ("step_up", Some(session.0)),
        }
    }
}

/// Keeps the library's state of a question.
pub async fn ask(
    db: &impl ConnectionTrait,
    id: CeremonyId,
    purpose: Purpose,
    state: String,
    expires_at: Time,
) -> Result<(), DbErr> {
    let (purpose, session) = purpose.columns();
    let text = "INSERT INTO passkey_ceremony (id, purpose, session_id, state, expires_at) VALUES ($1, $2, $3, $4, $5)";
    let values = [id.0.into(), purpose.into(), session.into(), state.into(), expires_at.into()];
    db.execute_raw(sql(db, text, values)).await.map(|_| ())
}

/// Takes a question away, for the one answer that it has; nothing when it was asked for something else, is too old, or was
/// answered.
pub async fn answer(
    db: &impl ConnectionTrait,
    id: CeremonyId,
    purpose: Purpose,
    now: Time,
) -> Result<Option<String>, DbErr> {
    let (purpose, session) = purpose.columns();
    let text = "DELETE FROM passkey_ceremony WHERE id = $1 AND purpose = $2 AND expires_at > $3
        AND (session_id = $4 OR (session_id IS NULL AND $2 = 'sign_in')) RETURNING state";
    let values = [id.0.into(), purpose.into(), now.into(), session.into()];
    db.query_one_raw(sql(db, text, values)).await?.map(|row| row.try_get("", "state")).transpose()
}

pub async fn delete_before(db: &impl ConnectionTrait, then: Time) -> Result<(), DbErr> {
    db.execute_raw(sql(db, "DELETE FROM passkey_ceremony WHERE expires_at < $1", [then.into()])).await.map(|_| ())
}
