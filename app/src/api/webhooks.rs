//! Where a Team's alerts are sent besides people.

use leptos::prelude::*;
use model::ids::TeamId;
use serde::{Deserialize, Serialize};

use super::Moment;
use crate::Failure;

/// A Team's webhook, without its secret, and what was sent there last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookDetail {
    pub url: Option<String>,
    pub set: Option<Moment>,
    pub sent: Vec<MessageItem>,
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageItem {
    pub id: String,
    pub kind: String,
    pub created: Moment,
    pub attempts: i32,
    /// Sent, given up, or on its way.
    pub outcome: MessageOutcome,
    /// The last answer: a status, or a word of Portal's own.
    pub answer: Option<String>,
}

/// How far a message came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageOutcome {
    Sent,
    GivenUp,
    OnItsWay,
}

/// The Team's webhook.
#[server(prefix = "/act", endpoint = "webhook")]
pub async fn webhook(team: TeamId) -> Result<WebhookDetail, Failure> {
    use crate::edge::{enter, webhook_detail};
    let (cx, scope) = enter(team, model::Permission::ViewLog).await?;
    webhook_detail(&cx, &scope).await
}

/// Sets where alerts are sent, and the secret that signs them.
#[server(prefix = "/act", endpoint = "set_webhook")]
pub async fn set_webhook(team: TeamId, url: String, webhook_secret: String) -> Result<(), Failure> {
    use crate::edge::{enter, fail};
    let (cx, scope) = enter(team, model::Permission::ManageAlerts).await?;
    let secret = secrecy::SecretString::from(webhook_secret.trim());
    backend::webhooks::set(&cx, &scope, &url, secret).await.map_err(fail)
}

/// Removes it.
#[server(prefix = "/act", endpoint = "remove_webhook")]
pub async fn remove_webhook(team: TeamId) -> Result<(), Failure> {
    use crate::edge::{enter, fail};
    let (cx, scope) = enter(team, model::Permission::ManageAlerts).await?;
    backend::webhooks::remove(&cx, &scope).await.map_err(fail)
}
