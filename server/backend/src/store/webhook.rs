//! Where Teams are told of alerts, and what was sent there. The signing secret is here only sealed.

use model::{
    Time,
    ids::{MessageId, TeamId, UserId, WebhookId},
};
use sea_orm::{QueryResult, entity::prelude::*};

use super::sql;
use crate::{access::TeamScope, vault::Sealed};

/// Where a Team is told.
#[derive(Clone, Debug)]
pub struct Webhook {
    pub id: WebhookId,
    pub url: String,
    pub secret: Sealed,
    pub created_by: UserId,
    pub created_at: Time,
}

impl Webhook {
    /// What the log may say of its address.
    pub fn host(&self) -> String {
        url::Url::parse(&self.url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
    }
}

/// Puts it in the place of the Team's present one.
pub async fn set(db: &impl ConnectionTrait, scope: &TeamScope, new: &Webhook) -> Result<(), DbErr> {
    let text = "INSERT INTO webhook (id, team_id, url, secret, created_by, created_at) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (team_id) DO UPDATE SET id = EXCLUDED.id, url = EXCLUDED.url, secret = EXCLUDED.secret,
            created_by = EXCLUDED.created_by, created_at = EXCLUDED.created_at";
    let values = [
        new.id.0.into(),
        scope.team().0.into(),
        new.url.clone().into(),
        new.secret.0.clone().into(),
        new.created_by.0.into(),
        new.created_at.into(),
    ];
    db.execute_raw(sql(db, text, values)).await.map(|_| ())
}

/// Removes it with its secret; false when there is none.
pub async fn remove(db: &impl ConnectionTrait, scope: &TeamScope) -> Result<bool, DbErr> {
    let text = "DELETE FROM webhook WHERE team_id = $1";
    Ok(db.execute_raw(sql(db, text, [scope.team().0.into()])).await?.rows_affected() == 1)
}

pub async fn of_team(db: &impl ConnectionTrait, scope: &TeamScope) -> Result<Option<Webhook>, DbErr> {
    let text = "SELECT id, url, secret, created_by, created_at FROM webhook WHERE team_id = $1";
    let row = db.query_one_raw(sql(db, text, [scope.team().0.into()])).await?;
    let read = |row: QueryResult| {
        Ok(Webhook {
            id: WebhookId(row.try_get("", "id")?),
            url: row.try_get("", "url")?,
            secret: Sealed(row.try_get("", "secret")?),
            created_by: UserId(row.try_get("", "created_by")?),
            created_at: row.try_get("", "created_at")?,
        })
    };
    row.map(read).transpose()
}

/// One message, and how far it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    pub id: MessageId,
    pub team: TeamId,
    pub kind: String,
    pub body: String,
    pub created_at: Time,
    pub attempts: i32,
    pub sent_at: Option<Time>,
    pub failed_at: Option<Time>,
    /// The last answer: a status, or a word of Portal's own.
    pub answer: Option<String>,
}

fn delivery(row: QueryResult) -> Result<Delivery, DbErr> {
    Ok(Delivery {
        id: MessageId(row.try_get("", "id")?),
        team: TeamId(row.try_get("", "team_id")?),
        kind: row.try_get("", "kind")?,
        body: row.try_get("", "body")?,
        created_at: row.try_get("", "created_at")?,
        attempts: row.try_get("", "attempts")?,
        sent_at: row.try_get("", "sent_at")?,
        failed_at: row.try_get("", "failed_at")?,
        answer: row.try_get("", "answer")?,
    })
}

/// Queues a message, due at once.
pub async fn queue(db: &impl ConnectionTrait, new: &Delivery) -> Result<(), DbErr> {
    let text = "INSERT INTO webhook_delivery (id, team_id, kind, body, created_at, attempts, due_at)
        VALUES ($1, $2, $3, $4, $5, 0, $5)";
    let values =
        [new.id.0.into(), new.team.0.into(), new.kind.clone().into(), new.body.clone().into(), new.created_at.into()];
    db.execute_raw(sql(db, text, values)).await.map(|_| ())
}

/// Messages that are due, of all Teams: for Portal's own job.
pub async fn due(db: &impl ConnectionTrait, now: Time) -> Result<Vec<Delivery>, DbErr> {
    let text = "SELECT * FROM webhook_delivery WHERE due_at <= $1 ORDER BY due_at LIMIT 500";
    db.query_all_raw(sql(db, text, [now.into()])).await?.into_iter().map(delivery).collect()
}

/// Takes a due message until `until`; false when another worker did so first.
pub async fn claim(db: &impl ConnectionTrait, message: &Delivery, until: Time) -> Result<bool, DbErr> {
    let text = "UPDATE webhook_delivery SET attempts = attempts + 1, due_at = $3 WHERE id = $1 AND attempts = $2";
    let values = [message.id.0.into(), message.attempts.into(), until.into()];
    Ok(db.execute_raw(sql(db, text, values)).await?.rows_affected() == 1)
}

/// How a try ended: sent, to be tried again at `again`, or given up.
pub async fn note(
    db: &impl ConnectionTrait,
    id: MessageId,
    answer: &str,
    sent: bool,
    again: Option<Time>,
    now: Time,
) -> Result<(), DbErr> {
    let text = "UPDATE webhook_delivery SET answer = $2, sent_at = $3, failed_at = $4, due_at = $5 WHERE id = $1";
    let sent_at = sent.then_some(now);
    let failed_at = (!sent && again.is_none()).then_some(now);
    let values = [id.0.into(), answer.into(), sent_at.into(), failed_at.into(), again.filter(|_| !sent).into()];
    db.execute_raw(sql(db, text, values)).await.map(|_| ())
}

/// Forgets messages that are over since before `then`.
pub async fn delete_before(db: &impl ConnectionTrait, then: Time) -> Result<u64, DbErr> {
    let text = "DELETE FROM webhook_delivery WHERE due_at IS NULL AND created_at < $1";
    Ok(db.execute_raw(sql(db, text, [then.into()])).await?.rows_affected())
}

/// The Team's last messages, the newest first.
pub async fn last(db: &impl ConnectionTrait, scope: &TeamScope, most: u64) -> Result<Vec<Delivery>, DbErr> {
    let text = "SELECT * FROM webhook_delivery WHERE team_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2";
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    db.query_all_raw(sql(db, text, [scope.team().0.into(), most.into()])).await?.into_iter().map(delivery).collect()
}
