//! Webhooks: messages that Portal signs (Standard Webhooks) and sends to a Team's own services.

mod client;
mod deliver;
mod error;
mod receiver;
mod sign;

use chrono::Duration;
use model::{
    Environment, Permission, Time,
    audit::Action,
    ids::{ConnectionId, GatewayId, MessageId, WebhookId},
    step_up::DangerousAct,
    webhook::{OVERLAP, fits},
};
use secrecy::SecretString;
use serde_json::Value;

pub use client::Hooks;
pub(crate) use deliver::deliver_due;
pub use error::WebhookError;
pub use receiver::Receiver;
use sign::check_secret;
pub use sign::signature;

use crate::{
    Cx, TeamScope,
    access::{self, AccessError},
    audit::{self, Event, Target},
    error::Outage,
    gateways, random,
    store::{
        self, Tx,
        rate_limit::{self, Limit},
        webhook::{self, Delivery, Webhook},
    },
    vault::Place,
};

/// Messages that a page shows.
const SHOWN: u64 = 20;
/// Messages to try webhooks of a Team: five at once, then one a minute.
const TESTS: Limit = Limit { burst: 5, every: Duration::minutes(1) };

fn place(scope: &TeamScope, webhook: WebhookId, field: &'static str) -> Place {
    Place { team: Some(scope.team()), table: "webhook", row: webhook.0, field }
}

/// For whom messages are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum For {
    /// Whoever looks after the Team's alerts.
    Alerts,
    Gateway(GatewayId),
}

impl For {
    fn gateway(self) -> Option<GatewayId> {
        match self {
            For::Alerts => None,
            For::Gateway(gateway) => Some(gateway),
        }
    }

    /// The environment in which messages count; refuses who may not change where they go.
    async fn enter(self, cx: &Cx, scope: &TeamScope) -> Result<Environment, AccessError> {
        let permission = match self {
            For::Alerts => Permission::ManageAlerts,
            For::Gateway(_) => Permission::ManageGateways,
        };
        scope.require(cx, permission).await?;
        // Alerts tell of production too.
        let environment = match self {
            For::Alerts => Environment::Production,
            For::Gateway(id) => gateways::get(cx, scope, id).await?.environment,
        };
        scope.touch(cx, environment).await?;
        Ok(environment)
    }
}

impl Webhook {
    pub fn is_for(&self) -> For {
        self.gateway.map_or(For::Alerts, |(gateway, _)| For::Gateway(gateway))
    }
}

/// A webhook and its last messages.
pub async fn get(cx: &Cx, scope: &TeamScope, of: For) -> Result<(Option<Webhook>, Vec<Delivery>), AccessError> {
    let db = &cx.portal.db.of(scope);
    if let For::Gateway(id) = of {
        gateways::get(cx, scope, id).await?;
    }
    Ok((webhook::find(db, scope, of.gateway()).await?, webhook::last(db, scope, of.gateway(), SHOWN).await?))
}

async fn by_id(cx: &Cx, scope: &TeamScope, id: WebhookId) -> Result<Webhook, WebhookError> {
    let found = webhook::by_id(&cx.portal.db.of(scope), scope, id).await?.ok_or(AccessError::NotFound)?;
    found.is_for().enter(cx, scope).await?;
    Ok(found)
}

/// Sets where messages are sent, until when, and the secret that signs them: `whsec_` and 24 to 64 bytes in Base64.
#[tracing::instrument(skip_all, fields(team = %scope.team()))]
pub async fn set(
    cx: &Cx,
    scope: &TeamScope,
    of: For,
    url: &str,
    secret: SecretString,
    ends_at: Option<Time>,
) -> Result<(), WebhookError> {
    let environment = of.enter(cx, scope).await?;
    let created_by = access::require_step_up(cx, scope, DangerousAct::SetWebhook).await?;
    let (url, now) = (cx.portal.hooks.allowed(url)?, cx.now());
    let host = url.host_str().unwrap_or_default().to_owned();
    fits(&host, environment, ends_at, now)?;
    check_secret(&secret)?;
    let id: WebhookId = random::id(now);
    let tx = cx.portal.begin_to_seal(Some(scope.team())).await?;
    store::team::hold(&*tx, scope).await?;
    let sealed = cx.portal.vault.seal(&*tx, now, &place(scope, id, "secret"), &secret).await.map_err(Outage::from)?;
    let gateway = of.gateway().map(|gateway| (gateway, environment));
    let new = Webhook { id, gateway, url: url.into(), secret: sealed, other: None, ends_at, created_by, created_at: now };
    webhook::set(&*tx, scope, &new).await?;
    audit::append(&*tx, cx, about(scope, Action::WebhookSet, &new)).await?;
    Ok(tx.commit().await?)
}

/// Takes a new secret; the one before signs beside it for a day.
#[tracing::instrument(skip_all, fields(team = %scope.team(), webhook = %id))]
pub async fn rotate(cx: &Cx, scope: &TeamScope, id: WebhookId, secret: SecretString) -> Result<(), WebhookError> {
    let found = by_id(cx, scope, id).await?;
    access::require_step_up(cx, scope, DangerousAct::SetWebhook).await?;
    check_secret(&secret)?;
    let (vault, now) = (&cx.portal.vault, cx.now());
    if found.other.as_ref().is_some_and(|(_, until)| now < *until) {
        return Err(WebhookError::Overlap);
    }
    let old = vault.open(&cx.portal.db.of(scope), &place(scope, id, "secret"), &found.secret).await.map_err(Outage::from)?;
    let tx = cx.portal.begin_to_seal(Some(scope.team())).await?;
    store::team::hold(&*tx, scope).await?;
    let other = vault.seal(&*tx, now, &place(scope, id, "other_secret"), &old).await.map_err(Outage::from)?;
    let new = vault.seal(&*tx, now, &place(scope, id, "secret"), &secret).await.map_err(Outage::from)?;
    if !webhook::rotate(&*tx, scope, &found, new, (other, now + OVERLAP)).await? {
        return Err(WebhookError::Changed);
    }
    audit::append(&*tx, cx, about(scope, Action::WebhookRotated, &found)).await?;
    Ok(tx.commit().await?)
}

/// Removes a webhook with its secrets; what is queued is not sent any more.
#[tracing::instrument(skip_all, fields(team = %scope.team(), webhook = %id))]
pub async fn remove(cx: &Cx, scope: &TeamScope, id: WebhookId) -> Result<(), WebhookError> {
    let found = by_id(cx, scope, id).await?;
    access::require_step_up(cx, scope, DangerousAct::SetWebhook).await?;
    let tx = cx.portal.db.begin_in(scope).await?;
    if !webhook::remove(&*tx, scope, id).await? {
        return Err(WebhookError::Changed);
    }
    audit::append(&*tx, cx, about(scope, Action::WebhookRemoved, &found)).await?;
    Ok(tx.commit().await?)
}

/// Sends a message that says nothing, to try it.
#[tracing::instrument(skip_all, fields(team = %scope.team(), webhook = %id))]
pub async fn send_test(cx: &Cx, scope: &TeamScope, id: WebhookId) -> Result<(), WebhookError> {
    let found = by_id(cx, scope, id).await?;
    let tx = cx.portal.db.begin_in(scope).await?;
    let bucket = format!("webhook-test:{}", scope.team().0.simple());
    let taken = rate_limit::take(&*tx, &bucket, TESTS, 1, cx.now()).await?;
    if taken.granted == 0 {
        return Err(WebhookError::TooMany(taken.wait_s()));
    }
    let data = serde_json::json!({ "team_id": scope.team(), "webhook_id": id });
    queue(&tx, scope, found.is_for(), cx.now(), "webhook.test", None, data).await?;
    audit::append(&*tx, cx, about(scope, Action::WebhookTested, &found)).await?;
    Ok(tx.commit().await?)
}

/// Sends a message that is over once more, under its own id.
#[tracing::instrument(skip_all, fields(team = %scope.team(), message = %id))]
pub async fn replay(cx: &Cx, scope: &TeamScope, id: MessageId) -> Result<(), WebhookError> {
    let db = &cx.portal.db.of(scope);
    let found = webhook::message(db, scope, id).await?.ok_or(AccessError::NotFound)?;
    found.gateway.map_or(For::Alerts, For::Gateway).enter(cx, scope).await?;
    let hook = webhook::find(db, scope, found.gateway).await?.ok_or(AccessError::NotFound)?;
    // What one receiver was told is not another's to hear.
    if found.webhook != Some(hook.id) {
        return Err(WebhookError::Elsewhere);
    }
    let tx = cx.portal.db.begin_in(scope).await?;
    if !webhook::replay(&*tx, scope, id, cx.now()).await? {
        return Err(WebhookError::OnItsWay);
    }
    let event = about(scope, Action::WebhookReplayed, &hook).with("message", id);
    audit::append(&*tx, cx, event).await?;
    Ok(tx.commit().await?)
}

fn about(scope: &TeamScope, action: Action, hook: &Webhook) -> Event {
    let event = Event::of(scope, action).on(Target::webhook(hook.id, &hook.host()));
    hook.gateway.into_iter().fold(event, |event, (gateway, _)| event.with("gateway", gateway))
}

/// Messages that wait for one gateway's webhook, at most: what comes beyond them is not queued.
const WAITING: i64 = 1_000;

/// Queues a message for a webhook, when there is one that is not over; `connection`: which one it tells of. False when too many wait
/// already.
pub(crate) async fn queue(
    tx: &Tx,
    scope: &TeamScope,
    of: For,
    now: Time,
    kind: &str,
    connection: Option<ConnectionId>,
    data: Value,
) -> Result<bool, Outage> {
    let found = webhook::find(&**tx, scope, of.gateway()).await?;
    let Some(hook) = found.filter(|hook| hook.ends_at.is_none_or(|end| now < end)) else { return Ok(true) };
    if let Some(gateway) = of.gateway()
        && webhook::waiting(&**tx, scope, gateway, WAITING).await? >= WAITING
    {
        return Ok(false);
    }
    let id: MessageId = random::id(now);
    let body = serde_json::json!({ "type": kind, "timestamp": now.to_rfc3339(), "data": data }).to_string();
    let message = Delivery {
        id,
        team: scope.team(),
        gateway: of.gateway(),
        webhook: Some(hook.id),
        connection,
        kind: kind.to_owned(),
        body,
        created_at: now,
        attempts: 0,
        sent_at: None,
        failed_at: None,
        answer: None,
    };
    webhook::queue(&**tx, &message).await?;
    Ok(true)
}
