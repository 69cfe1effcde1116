//! A receiver that the operator names: messages are signed and sent at once, for whoever owns the machine to hear of its log.

use model::{Time, egress::Purpose};
use secrecy::SecretString;
use serde_json::Value;
use url::Url;

use super::{Hooks, WebhookError, check_secret, signature};
use crate::egress::Egress;

/// Where messages go, and the secret that signs them.
#[derive(Clone, Debug)]
pub struct Receiver {
    hooks: Hooks,
    url: Url,
    secret: SecretString,
}

impl Receiver {
    /// At an address of the list; `whsec_` and 24 to 64 bytes in Base64.
    pub fn new(egress: &Egress, url: &str, secret: SecretString) -> Result<Self, WebhookError> {
        let hooks = Hooks::of(egress, Purpose::Checkpoints);
        let url = hooks.allowed(url)?;
        check_secret(&secret)?;
        Ok(Self { hooks, url, secret })
    }

    /// Sends a message (Standard Webhooks); fails with a word when it was not taken.
    pub async fn send(&self, id: String, now: Time, kind: &str, data: Value) -> Result<(), &'static str> {
        let body = serde_json::json!({ "type": kind, "timestamp": now.to_rfc3339(), "data": data }).to_string();
        let timestamp = now.timestamp();
        let signature = signature(&self.secret, &id, timestamp, body.as_bytes()).ok_or("unsendable")?;
        let headers = [("webhook-id", id), ("webhook-timestamp", timestamp.to_string()), ("webhook-signature", signature)];
        match self.hooks.send(self.url.clone(), headers, body).await? {
            200..=299 => Ok(()),
            _ => Err("refused"),
        }
    }
}
