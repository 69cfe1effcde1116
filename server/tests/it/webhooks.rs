//! Messages to a Team's own service: signed, tried again, given up.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use backend::{
    jobs,
    store::webhook::Delivery,
    webhooks::{self, WebhookError},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::Duration;
use hmac::{Hmac, KeyInit, Mac};
use model::audit::Action;
use secrecy::SecretString;
use serde_json::Value;
use sha2::Sha256;

use crate::{alerts::Guarded, on_both_databases};

pub const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

pub type Heard = Arc<Mutex<(u16, Vec<(HeaderMap, Bytes)>)>>;

async fn hear(State(heard): State<Heard>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let mut heard = heard.lock().unwrap();
    heard.1.push((headers, body));
    StatusCode::from_u16(heard.0).unwrap()
}

/// A service that answers what it is told to, and keeps what it hears.
pub async fn service() -> (String, Heard) {
    let heard: Heard = Arc::new(Mutex::new((200, Vec::new())));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let router = Router::new().route("/hook", post(hear)).with_state(heard.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, heard)
}

impl Guarded {
    async fn set_webhook(&self, url: &str) -> Result<(), WebhookError> {
        let owner = self.house.stage.stepped_up(&self.made.owner);
        webhooks::set(&owner, &self.made.scope, url, SecretString::from(SECRET)).await?;
        // That it was set is an alert too, and the first message.
        self.look().await;
        self.sent().await;
        Ok(())
    }

    /// An alert is raised, and what is due is done.
    async fn alarm(&self) {
        self.plant(self.event(Action::LogExported)).await;
        self.look().await;
        self.sent().await;
    }

    async fn sent(&self) -> Vec<Delivery> {
        jobs::run_due(&self.house.stage.portal).await.unwrap();
        webhooks::get(&self.made.owner, &self.made.scope).await.unwrap().1
    }
}

on_both_databases!(an_alert_is_sent_signed_and_once, |stage| async move {
    let guarded = Guarded::on(stage).await;
    let (url, heard) = service().await;
    guarded.set_webhook(&url).await.unwrap();
    heard.lock().unwrap().1.clear();
    guarded.alarm().await;
    guarded.sent().await;
    let (headers, body) = {
        let heard = heard.lock().unwrap();
        assert_eq!(heard.1.len(), 1);
        heard.1[0].clone()
    };
    let message: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!((message["type"].as_str(), message["data"]["rule"].as_str()), (Some("alert.opened"), Some("log_exported")));
    // As any receiver checks it: the id, the time and the body under the shared secret.
    let text = |name: &str| headers[name].to_str().unwrap().to_owned();
    let now = guarded.house.stage.portal.clock.now().timestamp();
    assert!((now - text("webhook-timestamp").parse::<i64>().unwrap()).abs() < 300);
    let key = STANDARD.decode(SECRET.strip_prefix("whsec_").unwrap()).unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    mac.update(format!("{}.{}.", text("webhook-id"), text("webhook-timestamp")).as_bytes());
    mac.update(&body);
    assert_eq!(text("webhook-signature"), format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())));
    assert!(!guarded.house.stage.database_holds(SECRET.as_bytes()).await, "the secret is sealed");
});

on_both_databases!(a_service_that_is_down_hears_it_later_under_the_same_id, |stage| async move {
    let guarded = Guarded::on(stage).await;
    let (url, heard) = service().await;
    guarded.set_webhook(&url).await.unwrap();
    *heard.lock().unwrap() = (503, Vec::new());
    guarded.alarm().await;
    let tried = guarded.sent().await.remove(0);
    assert_eq!((tried.attempts, tried.answer.as_deref(), tried.sent_at), (1, Some("503"), None));
    heard.lock().unwrap().0 = 204;
    guarded.house.stage.advance(Duration::seconds(11));
    let sent = guarded.sent().await.remove(0);
    assert_eq!((sent.attempts, sent.answer.as_deref(), sent.sent_at.is_some()), (2, Some("204"), true));
    let ids: Vec<_> = heard.lock().unwrap().1.iter().map(|(headers, _)| headers["webhook-id"].clone()).collect();
    assert_eq!((ids.len(), &ids[0]), (2, &ids[1]));
});

on_both_databases!(after_a_day_of_silence_a_message_is_given_up, |stage| async move {
    let guarded = Guarded::on(stage).await;
    // Nothing listens there.
    guarded.set_webhook("http://127.0.0.1:9/hook").await.unwrap();
    guarded.alarm().await;
    let mut last = guarded.sent().await.remove(0);
    assert_eq!(last.answer.as_deref(), Some("unreachable"));
    while last.failed_at.is_none() {
        guarded.house.stage.advance(Duration::hours(13));
        last = guarded.sent().await.remove(0);
        assert!(last.attempts <= 7);
    }
    assert_eq!(last.attempts, 7);
});

on_both_databases!(a_webhook_is_set_with_a_fresh_proof_and_goes_nowhere_else, |stage| async move {
    let guarded = Guarded::on(stage).await;
    let (owner, scope) = (&guarded.made.owner, &guarded.made.scope);
    let unproved = webhooks::set(owner, scope, "http://127.0.0.1:9/", SecretString::from(SECRET)).await;
    assert!(format!("{unproved:?}").contains("StepUpRequired"), "{unproved:?}");
    for elsewhere in ["https://evil.example/", "http://10.0.0.1/", "http://169.254.169.254/", "ftp://127.0.0.1/"] {
        let refused = guarded.set_webhook(elsewhere).await;
        assert!(matches!(refused, Err(WebhookError::Address)), "{elsewhere}: {refused:?}");
    }
    let stepped_up = guarded.house.stage.stepped_up(owner);
    let weak = webhooks::set(&stepped_up, scope, "http://127.0.0.1:9/", SecretString::from("whsec_short")).await;
    assert!(matches!(weak, Err(WebhookError::Secret)), "{weak:?}");
    guarded.set_webhook("http://127.0.0.1:9/").await.unwrap();
    webhooks::remove(&stepped_up, scope).await.unwrap();
    let before = webhooks::get(owner, scope).await.unwrap().1.len();
    guarded.alarm().await;
    assert_eq!(webhooks::get(owner, scope).await.unwrap().1.len(), before, "without a webhook nothing is queued");
});
