//! A receiver that the operator names: messages are signed and sent at once, for whoever owns the machine to hear of its log.

use model::Time;
use secrecy::SecretString;
use serde_json::Value;
use url::{Host, Url};

use super::{Hooks, MayCall, WebhookError, sign::check_secret, sign::signature};

/// Where messages go, and the secret that signs them.
#[derive(Clone, Debug)]
pub struct Receiver {
    hooks: Hooks,
    url: Url,
    secret: SecretString,
}

impl Receiver {
    /// `https://` to a public address, or plain HTTP to this very machine; `whsec_` and 24 to 64 bytes in Base64.
    pub fn new(url: &str, secret: SecretString) -> Result<Self, WebhookError> {
        let parsed = Url::parse(url).map_err(|_| WebhookError::Address)?;
        let may = match (parsed.scheme(), parsed.host()) {
            ("https", Some(Host::Domain(host))) => MayCall::Hosts(vec![host.to_owned()]),
            ("http", _) => MayCall::Loopback,
            _ => return Err(WebhookError::Address),
        };
        let hooks = Hooks::new(may);
        let url = hooks.allowed(url)?;
        check_secret(&secret)?;
        Ok(Self { hooks, url, secret })
    }

    /// Sends a message (Standard Webhooks); fails with a word when it was not taken.
    pub async fn send(&self, id: String, now: Time, kind: &str, data: Value) -> Result<(), &'static str> {
        let body = serde_json::json!({ "type": kind, "timestamp": now.to_rfc3339(), "data": data }).to_string();
        let timestamp = now.timestamp();
        let signature = signature(&self.secret, &id, timestamp, &body).ok_or("unsendable")?;
        let headers = [("webhook-id", id), ("webhook-timestamp", timestamp.to_string()), ("webhook-signature", signature)];
        match self.hooks.send(self.url.clone(), headers, body).await? {
            200..=299 => Ok(()),
            _ => Err("refused"),
        }
    }
}
