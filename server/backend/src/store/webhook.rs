//! Where Teams' messages go, and what was sent there. Signing secrets are here only sealed.

use model::{
    Environment, Time,
    ids::{ConnectionId, GatewayId, MessageId, TeamId, UserId, WebhookId},
};
use sea_orm::{QueryResult, Value, entity::prelude::*};

use super::{sql, stored};
use crate::{access::TeamScope, vault::Sealed};

/// Where messages of a Team go: of its alerts, or of one gateway.
#[derive(Clone, Debug)]
pub struct Webhook {
    pub id: WebhookId,
    pub gateway: Option<(GatewayId, Environment)>,
    pub url: String,
    pub secret: Sealed,
    /// The secret before, and until when it signs beside the new one.
    pub other: Option<(Sealed, Time)>,
    /// From when on nothing is sent any more.
    pub ends_at: Option<Time>,
    pub created_by: UserId,
    pub created_at: Time,
}

impl Webhook {
    /// What the log may say of its address.
    pub fn host(&self) -> String {
        url::Url::parse(&self.url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
    }
}

fn webhook(row: QueryResult) -> Result<Webhook, DbErr> {
    let environment: Option<String> = row.try_get("", "environment")?;
    let environment = environment.map(|text| stored(Environment::parse(&text), "environment")).transpose()?;
    let (gateway, other): (Option<Uuid>, Option<Vec<u8>>) =
        (row.try_get("", "gateway_id")?, row.try_get("", "other_secret")?);
    Ok(Webhook {
        id: WebhookId(row.try_get("", "id")?),
        gateway: gateway.map(GatewayId).zip(environment),
        url: row.try_get("", "url")?,
        secret: Sealed(row.try_get("", "secret")?),
        other: other.map(Sealed).zip(row.try_get("", "other_until")?),
        ends_at: row.try_get("", "ends_at")?,
        created_by: UserId(row.try_get("", "created_by")?),
        created_at: row.try_get("", "created_at")?,
    })
}

/// Puts it in the place of the present one of the same gateway, or of the Team's alerts.
pub async fn set(db: &impl ConnectionTrait, scope: &TeamScope, new: &Webhook) -> Result<(), DbErr> {
    let place = match new.gateway {
        Some(_) => "(gateway_id) WHERE gateway_id IS NOT NULL",
        None => "(team_id) WHERE gateway_id IS NULL",
    };
    let text = format!(
        "INSERT INTO webhook (id, team_id, gateway_id, environment, url, secret, ends_at, created_by, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT {place} DO UPDATE SET id = EXCLUDED.id, url = EXCLUDED.url,
            secret = EXCLUDED.secret, other_secret = NULL, other_until = NULL, ends_at = EXCLUDED.ends_at,
            created_by = EXCLUDED.created_by, created_at = EXCLUDED.created_at"
    );
    let values = [
        new.id.0.into(),
        scope.team().0.into(),
        new.gateway.map(|(gateway, _)| gateway.0).into(),
        new.gateway.map(|(_, environment)| environment.as_str()).into(),
        new.url.clone().into(),
        new.secret.0.clone().into(),
        new.ends_at.into(),
        new.created_by.0.into(),
        new.created_at.into(),
    ];
    db.execute_raw(sql(db, &text, values)).await.map(|_| ())
}

/// A new secret in the place of this one, which signs beside it until `until`; false when it is not the present one any more.
pub async fn rotate(
    db: &impl ConnectionTrait,
    scope: &TeamScope,
    old: &Webhook,
    new: Sealed,
    until: (Sealed, Time),
) -> Result<bool, DbErr> {
    let text = "UPDATE webhook SET secret = $4, other_secret = $5, other_until = $6
        WHERE team_id = $1 AND id = $2 AND secret = $3";
    let (other, end) = until;
    let values =
        [scope.team().0.into(), old.id.0.into(), old.secret.0.clone().into(), new.0.into(), other.0.into(), end.into()];
    Ok(db.execute_raw(sql(db, text, values)).await?.rows_affected() == 1)
}

/// Removes it with its secrets; false when it is not there any more.
pub async fn remove(db: &impl ConnectionTrait, scope: &TeamScope, id: WebhookId) -> Result<bool, DbErr> {
    let text = "DELETE FROM webhook WHERE team_id = $1 AND id = $2";
    Ok(db.execute_raw(sql(db, text, [scope.team().0.into(), id.0.into()])).await?.rows_affected() == 1)
}

pub async fn find(
    db: &impl ConnectionTrait,
    scope: &TeamScope,
    gateway: Option<GatewayId>,
) -> Result<Option<Webhook>, DbErr> {
    let (of, values) = of(scope, gateway);
    db.query_one_raw(sql(db, &format!("SELECT * FROM webhook WHERE {of}"), values)).await?.map(webhook).transpose()
}

fn of(scope: &TeamScope, gateway: Option<GatewayId>) -> (&'static str, Vec<Value>) {
    let team = scope.team().0.into();
    match gateway {
        None => ("team_id = $1 AND gateway_id IS NULL", vec![team]),
        Some(gateway) => ("team_id = $1 AND gateway_id = $2", vec![team, gateway.0.into()]),
    }
}

pub async fn by_id(db: &impl ConnectionTrait, scope: &TeamScope, id: WebhookId) -> Result<Option<Webhook>, DbErr> {
    let text = "SELECT * FROM webhook WHERE team_id = $1 AND id = $2";
    db.query_one_raw(sql(db, text, [scope.team().0.into(), id.0.into()])).await?.map(webhook).transpose()
}

/// All of a Team.
pub async fn all(db: &impl ConnectionTrait, scope: &TeamScope) -> Result<Vec<Webhook>, DbErr> {
    let text = "SELECT * FROM webhook WHERE team_id = $1 ORDER BY id";
    db.query_all_raw(sql(db, text, [scope.team().0.into()])).await?.into_iter().map(webhook).collect()
}

/// One message, and how far it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    pub id: MessageId,
    pub team: TeamId,
    /// Of alerts without one.
    pub gateway: Option<GatewayId>,
    /// Where it was to go when it was queued; of old messages this is not known.
    pub webhook: Option<WebhookId>,
    /// Which connection it tells of, when it tells of one.
    pub connection: Option<ConnectionId>,
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
        gateway: row.try_get::<Option<Uuid>>("", "gateway_id")?.map(GatewayId),
        webhook: row.try_get::<Option<Uuid>>("", "webhook_id")?.map(WebhookId),
        connection: row.try_get::<Option<Uuid>>("", "connection_id")?.map(ConnectionId),
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
    let text = "INSERT INTO webhook_delivery (id, team_id, gateway_id, webhook_id, connection_id, kind, body, created_at, attempts, due_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $8)";
    let values = [
        new.id.0.into(),
        new.team.0.into(),
        new.gateway.map(|gateway| gateway.0).into(),
        new.webhook.map(|webhook| webhook.0).into(),
        new.connection.map(|connection| connection.0).into(),
        new.kind.clone().into(),
        new.body.clone().into(),
        new.created_at.into(),
    ];
    db.execute_raw(sql(db, text, values)).await.map(|_| ())
}

/// Messages that are due, of all Teams, at most `each` to one receiver, so that none takes another's turn; alerts come first. For
/// Portal's own job.
pub async fn due(db: &impl ConnectionTrait, now: Time, each: u32) -> Result<Vec<Delivery>, DbErr> {
    let text = format!(
        "SELECT * FROM (SELECT d.*, ROW_NUMBER() OVER (PARTITION BY team_id, gateway_id ORDER BY due_at, id) AS place
            FROM webhook_delivery d WHERE due_at <= $1) AS mine
        WHERE place <= {each} ORDER BY CASE WHEN gateway_id IS NULL THEN 0 ELSE 1 END, due_at LIMIT 500"
    );
    db.query_all_raw(sql(db, &text, [now.into()])).await?.into_iter().map(delivery).collect()
}

/// How many messages wait for a gateway's webhook, counted up to `most`.
pub async fn waiting(db: &impl ConnectionTrait, scope: &TeamScope, gateway: GatewayId, most: i64) -> Result<i64, DbErr> {
    let text = format!(
        "SELECT COUNT(*) AS n FROM (SELECT 1 AS one FROM webhook_delivery
            WHERE team_id = $1 AND gateway_id = $2 AND due_at IS NOT NULL LIMIT {most}) AS few"
    );
    let row = db.query_one_raw(sql(db, &text, [scope.team().0.into(), gateway.0.into()])).await?;
    row.map_or(Ok(0), |row| row.try_get("", "n"))
}

/// Forgets the secrets that sign beside new ones no longer.
pub async fn end_overlaps(db: &impl ConnectionTrait, now: Time) -> Result<(), DbErr> {
    let text = "UPDATE webhook SET other_secret = NULL, other_until = NULL WHERE other_until <= $1";
    db.execute_raw(sql(db, text, [now.into()])).await.map(|_| ())
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

/// Sends a message that is over once more, under its own id; false when it is on its way, or there is none.
pub async fn replay(db: &impl ConnectionTrait, scope: &TeamScope, id: MessageId, now: Time) -> Result<bool, DbErr> {
    let text = "UPDATE webhook_delivery SET due_at = $3, attempts = 0, sent_at = NULL, failed_at = NULL, answer = NULL
        WHERE team_id = $1 AND id = $2 AND due_at IS NULL";
    let values = [scope.team().0.into(), id.0.into(), now.into()];
    Ok(db.execute_raw(sql(db, text, values)).await?.rows_affected() == 1)
}

pub async fn message(db: &impl ConnectionTrait, scope: &TeamScope, id: MessageId) -> Result<Option<Delivery>, DbErr> {
    let text = "SELECT * FROM webhook_delivery WHERE team_id = $1 AND id = $2";
    db.query_one_raw(sql(db, text, [scope.team().0.into(), id.0.into()])).await?.map(delivery).transpose()
}

/// The last messages of a gateway, or of the Team's alerts, the newest first.
pub async fn last(
    db: &impl ConnectionTrait,
    scope: &TeamScope,
    gateway: Option<GatewayId>,
    most: u64,
) -> Result<Vec<Delivery>, DbErr> {
    let (of, values) = of(scope, gateway);
    let text = format!("SELECT * FROM webhook_delivery WHERE {of} ORDER BY created_at DESC, id DESC LIMIT {most}");
    db.query_all_raw(sql(db, &text, values)).await?.into_iter().map(delivery).collect()
}
