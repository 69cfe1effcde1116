//! Webhooks: messages that Portal signs (Standard Webhooks) and sends to a Team's own service.

mod client;
mod deliver;
mod error;
mod receiver;
mod sign;

use model::{
    audit::Action,
    ids::{MessageId, WebhookId},
    step_up::DangerousAct,
};
use secrecy::SecretString;
use serde_json::Value;

pub use client::Hooks;
pub(crate) use deliver::deliver_due;
pub use error::WebhookError;
pub use receiver::Receiver;
use sign::check_secret;

use crate::{
    Cx, TeamScope,
    access::{self, AccessError},
    audit::{self, Event, Target},
    error::Outage,
    random,
    store::{
        self, Tx,
        webhook::{self, Delivery, Webhook},
    },
    vault::Place,
};

/// Messages that a page shows.
const SHOWN: u64 = 20;

fn place(scope: &TeamScope, webhook: uuid::Uuid) -> Place {
    Place { team: Some(scope.team()), table: "webhook", row: webhook, field: "secret" }
}

/// The Team's webhook and its last messages.
pub async fn get(cx: &Cx, scope: &TeamScope) -> Result<(Option<Webhook>, Vec<Delivery>), AccessError> {
    let db = cx.portal.db.reader();
    Ok((webhook::of_team(db, scope).await?, webhook::last(db, scope, SHOWN).await?))
}

/// Sets where the Team's alerts are sent, and the secret that signs them: `whsec_` and 24 to 64 bytes in Base64.
#[tracing::instrument(skip_all, fields(team = %scope.team()))]
pub async fn set(cx: &Cx, scope: &TeamScope, url: &str, secret: SecretString) -> Result<(), WebhookError> {
    let created_by = access::require_step_up(cx, scope, DangerousAct::SetWebhook).await?;
    let url = cx.portal.hooks.allowed(url)?;
    check_secret(&secret)?;
    let now = cx.now();
    let id: WebhookId = random::id(now);
    let tx = cx.portal.db.begin().await?;
    store::team::hold(&*tx, scope).await?;
    let sealed = cx.portal.vault.seal(&*tx, now, &place(scope, id.0), &secret).await.map_err(Outage::from)?;
    let host = url.host_str().unwrap_or_default().to_owned();
    let new = Webhook { id, url: url.into(), secret: sealed, created_by, created_at: now };
    webhook::set(&*tx, scope, &new).await?;
    audit::append(&*tx, cx, Event::of(scope, Action::WebhookSet).on(Target::webhook(id, &host))).await?;
    Ok(tx.commit().await?)
}

/// Removes the Team's webhook with its secret; what is queued is not sent any more.
#[tracing::instrument(skip_all, fields(team = %scope.team()))]
pub async fn remove(cx: &Cx, scope: &TeamScope) -> Result<(), WebhookError> {
    access::require_step_up(cx, scope, DangerousAct::SetWebhook).await?;
    let found = webhook::of_team(cx.portal.db.reader(), scope).await?.ok_or(AccessError::NotFound)?;
    let tx = cx.portal.db.begin().await?;
    webhook::remove(&*tx, scope).await?;
    let target = Target::webhook(found.id, &found.host());
    audit::append(&*tx, cx, Event::of(scope, Action::WebhookRemoved).on(target)).await?;
    Ok(tx.commit().await?)
}

/// Queues a message for the Team's webhook, when it has one.
pub(crate) async fn queue(tx: &Tx, scope: &TeamScope, now: model::Time, kind: &str, data: Value) -> Result<(), Outage> {
    if webhook::of_team(&**tx, scope).await?.is_none() {
        return Ok(());
    }
    let id: MessageId = random::id(now);
    let body = serde_json::json!({ "type": kind, "timestamp": now.to_rfc3339(), "data": data }).to_string();
    let message = Delivery {
        id,
        team: scope.team(),
        kind: kind.to_owned(),
        body,
        created_at: now,
        attempts: 0,
        sent_at: None,
        failed_at: None,
        answer: None,
    };
    Ok(webhook::queue(&**tx, &message).await?)
}
