//! Where a Team's messages are sent: those of its alerts, and those for its gateways.

use leptos::prelude::*;
use model::ids::{GatewayId, MessageId, TeamId, WebhookId};
use serde::{Deserialize, Serialize};

use super::Moment;
use crate::Failure;

/// A webhook, and what was sent there last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookDetail {
    pub present: Option<WebhookItem>,
    pub sent: Vec<MessageItem>,
}

/// A webhook without its secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookItem {
    pub id: WebhookId,
    pub url: String,
    pub set: Moment,
    /// When it ends, and the last day as a form has it.
    pub ends: Option<(Moment, String)>,
    /// Until when the old secret signs beside the new one.
    pub overlap: Option<Moment>,
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageItem {
    pub id: MessageId,
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

/// The webhook of the Team's alerts.
#[server(prefix = "/act", endpoint = "webhook")]
pub async fn webhook(team: TeamId) -> Result<WebhookDetail, Failure> {
    use crate::edge::{enter, webhook_detail};
    let (cx, scope) = enter(team, model::Permission::ViewLog).await?;
    webhook_detail(&cx, &scope, backend::webhooks::For::Alerts).await
}

/// The webhook of a gateway.
#[server(prefix = "/act", endpoint = "gateway_webhook")]
pub async fn gateway_webhook(team: TeamId, gateway: GatewayId) -> Result<WebhookDetail, Failure> {
    use crate::edge::{enter, webhook_detail};
    let (cx, scope) = enter(team, model::Permission::ViewTeam).await?;
    webhook_detail(&cx, &scope, backend::webhooks::For::Gateway(gateway)).await
}

/// Sets where alerts are sent, and the secret that signs them.
#[server(prefix = "/act", endpoint = "set_webhook")]
pub async fn set_webhook(team: TeamId, url: String, webhook_secret: String) -> Result<(), Failure> {
    use crate::edge::{enter, fail};
    let (cx, scope) = enter(team, model::Permission::ManageAlerts).await?;
    let secret = secrecy::SecretString::from(webhook_secret.trim());
    backend::webhooks::set(&cx, &scope, backend::webhooks::For::Alerts, &url, secret, None).await.map_err(fail)
}

/// Sets where messages for a gateway are sent, until when, and the secret that signs them.
#[server(prefix = "/act", endpoint = "set_gateway_webhook")]
pub async fn set_gateway_webhook(
    team: TeamId,
    gateway: GatewayId,
    url: String,
    webhook_secret: String,
    #[server(default)] ends: String,
) -> Result<(), Failure> {
    use crate::edge::{enter, fail, form};
    let (cx, scope) = enter(team, model::Permission::ManageGateways).await?;
    let (secret, ends) = (secrecy::SecretString::from(webhook_secret.trim()), form::maybe_day("ends", &ends)?);
    backend::webhooks::set(&cx, &scope, backend::webhooks::For::Gateway(gateway), &url, secret, ends).await.map_err(fail)
}

/// Takes a new signing secret; the old one signs beside it for a day.
#[server(prefix = "/act", endpoint = "rotate_webhook")]
pub async fn rotate_webhook(team: TeamId, webhook: WebhookId, webhook_secret: String) -> Result<(), Failure> {
    use crate::edge::{enter, fail};
    let (cx, scope) = enter(team, model::Permission::ManageGateways).await?;
    let secret = secrecy::SecretString::from(webhook_secret.trim());
    backend::webhooks::rotate(&cx, &scope, webhook, secret).await.map_err(fail)
}

/// Removes a webhook.
#[server(prefix = "/act", endpoint = "remove_webhook")]
pub async fn remove_webhook(team: TeamId, webhook: WebhookId) -> Result<(), Failure> {
    use crate::edge::{enter, fail};
    let (cx, scope) = enter(team, model::Permission::ManageGateways).await?;
    backend::webhooks::remove(&cx, &scope, webhook).await.map_err(fail)
}

/// Sends a message that says nothing, to try a webhook.
#[server(prefix = "/act", endpoint = "send_test_message")]
pub async fn send_test_message(team: TeamId, webhook: WebhookId) -> Result<(), Failure> {
    use crate::edge::{enter, fail};
    let (cx, scope) = enter(team, model::Permission::ManageGateways).await?;
    backend::webhooks::send_test(&cx, &scope, webhook).await.map_err(fail)
}

/// Sends a message once more, under its own id.
#[server(prefix = "/act", endpoint = "replay_message")]
pub async fn replay_message(team: TeamId, message: MessageId) -> Result<(), Failure> {
    use crate::edge::{enter, fail};
    let (cx, scope) = enter(team, model::Permission::ManageGateways).await?;
    backend::webhooks::replay(&cx, &scope, message).await.map_err(fail)
}
