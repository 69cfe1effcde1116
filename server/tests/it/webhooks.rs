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
    webhooks::{self, For, WebhookError},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::Duration;
use hmac::{Hmac, KeyInit, Mac};
use model::{audit::Action, webhook::WAITS_S};
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

/// As any receiver makes it: the id, the time and the body under the shared secret.
fn signed(headers: &HeaderMap, body: &[u8], secret: &str) -> String {
    let text = |name: &str| headers[name].to_str().unwrap();
    let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    mac.update(format!("{}.{}.", text("webhook-id"), text("webhook-timestamp")).as_bytes());
    mac.update(body);
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

impl Guarded {
    async fn set_webhook(&self, url: &str) -> Result<(), WebhookError> {
        let owner = self.house.stage.stepped_up(&self.made.owner);
        webhooks::set(&owner, &self.made.scope, For::Alerts, url, SecretString::from(SECRET), None).await?;
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
        webhooks::get(&self.made.owner, &self.made.scope, For::Alerts).await.unwrap().1
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
    let now = guarded.house.stage.portal.clock.now().timestamp();
    let sent_at: i64 = headers["webhook-timestamp"].to_str().unwrap().parse().unwrap();
    assert!((now - sent_at).abs() < 300);
    assert_eq!(headers["webhook-signature"], signed(&headers, &body, SECRET));
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
    // Each wait is longer than the one before; nothing is tried a second too early.
    for (n, wait) in WAITS_S.iter().enumerate() {
        guarded.house.stage.advance(Duration::seconds(*wait - 1));
        let early = guarded.sent().await.remove(0);
        assert_eq!(early.attempts, last.attempts, "after {} s of {wait}", wait - 1);
        guarded.house.stage.advance(Duration::seconds(1));
        last = guarded.sent().await.remove(0);
        assert_eq!(usize::try_from(last.attempts).unwrap(), n + 2);
        assert!(n == 0 || WAITS_S[n - 1] < *wait);
    }
    assert!(last.failed_at.is_some(), "{last:?}");
});

on_both_databases!(a_webhook_is_set_with_a_fresh_proof_and_goes_nowhere_else, |stage| async move {
    let guarded = Guarded::on(stage).await;
    let (owner, scope) = (&guarded.made.owner, &guarded.made.scope);
    let unproved = webhooks::set(owner, scope, For::Alerts, "http://127.0.0.1:9/", SecretString::from(SECRET), None).await;
    assert!(format!("{unproved:?}").contains("StepUpRequired"), "{unproved:?}");
    for elsewhere in ["https://evil.example/", "http://10.0.0.1/", "http://169.254.169.254/", "ftp://127.0.0.1/"] {
        let refused = guarded.set_webhook(elsewhere).await;
        assert!(matches!(refused, Err(WebhookError::Address)), "{elsewhere}: {refused:?}");
    }
    let stepped_up = guarded.house.stage.stepped_up(owner);
    let weak =
        webhooks::set(&stepped_up, scope, For::Alerts, "http://127.0.0.1:9/", SecretString::from("whsec_short"), None).await;
    assert!(matches!(weak, Err(WebhookError::Secret)), "{weak:?}");
    guarded.set_webhook("http://127.0.0.1:9/").await.unwrap();
    let hook = webhooks::get(owner, scope, For::Alerts).await.unwrap().0.unwrap();
    webhooks::remove(&stepped_up, scope, hook.id).await.unwrap();
    let before = webhooks::get(owner, scope, For::Alerts).await.unwrap().1.len();
    guarded.alarm().await;
    assert_eq!(
        webhooks::get(owner, scope, For::Alerts).await.unwrap().1.len(),
        before,
        "without a webhook nothing is queued"
    );
});

on_both_databases!(a_gateways_webhook_is_tried_changed_over_and_sent_to_again, |stage| async move {
    let guarded = Guarded::on(stage).await;
    let (of, of_gateway) = (&guarded.made, For::Gateway(guarded.made.gateway));
    let (url, heard) = service().await;
    let owner = guarded.house.stage.stepped_up(&of.owner);
    webhooks::set(&owner, &of.scope, of_gateway, &url, SecretString::from(SECRET), None).await.unwrap();
    let hook = webhooks::get(&owner, &of.scope, of_gateway).await.unwrap().0.unwrap();
    let hears = async || {
        jobs::run_due(&guarded.house.stage.portal).await.unwrap();
        heard.lock().unwrap().1.pop()
    };
    webhooks::send_test(&owner, &of.scope, hook.id).await.unwrap();
    let (headers, body) = hears().await.unwrap();
    assert!(String::from_utf8_lossy(&body).contains("webhook.test"));
    assert_eq!(headers["webhook-signature"], signed(&headers, &body, SECRET));
    // A new secret: for a day both sign, then the new one alone.
    const NEXT: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
    webhooks::rotate(&owner, &of.scope, hook.id, SecretString::from(NEXT)).await.unwrap();
    let twice = webhooks::rotate(&owner, &of.scope, hook.id, SecretString::from(SECRET)).await;
    assert!(matches!(twice, Err(WebhookError::Overlap)), "{twice:?}");
    let message = webhooks::get(&owner, &of.scope, of_gateway).await.unwrap().1.remove(0).id;
    webhooks::replay(&owner, &of.scope, message).await.unwrap();
    assert!(matches!(webhooks::replay(&owner, &of.scope, message).await, Err(WebhookError::OnItsWay)));
    let (again, body) = hears().await.unwrap();
    assert_eq!(again["webhook-id"], headers["webhook-id"], "the same message");
    assert_eq!(again["webhook-signature"], format!("{} {}", signed(&again, &body, NEXT), signed(&again, &body, SECRET)));
    guarded.house.stage.advance(Duration::hours(25));
    webhooks::replay(&owner, &of.scope, message).await.unwrap();
    let (last, body) = hears().await.unwrap();
    assert_eq!(last["webhook-signature"], signed(&last, &body, NEXT));
    // Alerts do not go there, and the gateway's own address is no change of what is watched.
    guarded.alarm().await;
    assert!(heard.lock().unwrap().1.is_empty());
    let watched = guarded.house.stage.events(&of.scope, Action::AlertRaised).await;
    assert!(watched.iter().all(|row| !row.details.contains("watch_changed")), "{watched:?}");
    let stopped = async |word: &str| {
        webhooks::replay(&owner, &of.scope, message).await.unwrap();
        assert!(hears().await.is_none());
        let sent = webhooks::get(&owner, &of.scope, of_gateway).await.unwrap().1;
        let sent = sent.into_iter().find(|one| one.id == message).unwrap();
        assert_eq!((sent.answer.as_deref(), sent.failed_at.is_some()), (Some(word), true));
    };
    // What has ended, or whose gateway was stopped, hears nothing.
    backend::gateways::disable(&owner, &of.scope, of.gateway).await.unwrap();
    stopped("disabled").await;
    backend::gateways::enable(&owner, &of.scope, of.gateway).await.unwrap();
    let end = guarded.house.stage.portal.clock.now() + Duration::days(1);
    // The old secret is gone with its day.
    let left = webhooks::get(&owner, &of.scope, of_gateway).await.unwrap().0.unwrap();
    assert!(left.other.is_none());
    let owner = guarded.house.stage.stepped_up(&of.owner);
    webhooks::set(&owner, &of.scope, of_gateway, &url, SecretString::from(SECRET), Some(end)).await.unwrap();
    let hook = webhooks::get(&owner, &of.scope, of_gateway).await.unwrap().0.unwrap();
    webhooks::send_test(&owner, &of.scope, hook.id).await.unwrap();
    assert!(hears().await.is_some());
    let message = webhooks::get(&owner, &of.scope, of_gateway).await.unwrap().1.remove(0).id;
    guarded.house.stage.advance(Duration::days(1));
    webhooks::replay(&owner, &of.scope, message).await.unwrap();
    assert!(hears().await.is_none());
    let sent = webhooks::get(&owner, &of.scope, of_gateway).await.unwrap().1.remove(0);
    assert_eq!(sent.answer.as_deref(), Some("ended"));
    let acts: Vec<_> = [Action::WebhookSet, Action::WebhookRotated, Action::WebhookTested, Action::WebhookReplayed].into();
    for (action, times) in acts.into_iter().zip([2, 1, 2, 4]) {
        assert_eq!(guarded.house.stage.events(&of.scope, action).await.len(), times, "{action:?}");
    }
});

on_both_databases!(a_tunnel_is_a_sandboxs_and_ends_within_a_week, |stage| async move {
    let mut guarded = Guarded::on(stage).await;
    let hosts = backend::egress::OperatorsHosts { webhooks: vec!["*.ngrok-free.app".to_owned()], ..Default::default() };
    guarded.house.stage.portal.hooks = webhooks::Hooks::new(&backend::egress::Egress::production(hosts));
    let of = &guarded.made;
    let owner = guarded.house.stage.stepped_up(&of.owner);
    let owner = backend::Cx { portal: guarded.house.stage.portal.clone(), ..owner };
    let sandbox = backend::gateways::create(
        &owner,
        &of.scope,
        "tunnelled".parse().unwrap(),
        model::Environment::Sandbox,
        model::gateway::Scopes(vec![model::gateway::Scope::CredentialIssue]),
        Default::default(),
    );
    let sandbox = sandbox.await.unwrap();
    let set = async |of_whom, days: Option<i64>| {
        let ends = days.map(|days| owner.now() + Duration::days(days));
        webhooks::set(&owner, &of.scope, of_whom, "https://a1b2.ngrok-free.app/hook", SecretString::from(SECRET), ends).await
    };
    use model::webhook::Unfit;
    for production in [For::Alerts, For::Gateway(of.gateway)] {
        assert!(matches!(set(production, Some(1)).await, Err(WebhookError::Unfit(Unfit::TunnelInProduction))));
    }
    for days in [None, Some(8)] {
        assert!(matches!(set(For::Gateway(sandbox), days).await, Err(WebhookError::Unfit(Unfit::TunnelWithoutEnd))));
    }
    set(For::Gateway(sandbox), Some(7)).await.unwrap();
});

on_both_databases!(a_webhook_whose_address_changes_keeps_its_last_day, async |stage: crate::support::Stage| {
    let house = crate::house::House::on(stage).await;
    let of = house.furnished("ada").await;
    let (url, _) = service().await;
    let day = (of.owner.now() + Duration::days(3)).date_naive();
    let ends = day.and_time(chrono::NaiveTime::MIN).and_utc();
    let owner = house.stage.stepped_up(&of.owner);
    let set = webhooks::set(&owner, &of.scope, For::Gateway(of.gateway), &url, SecretString::from(SECRET), Some(ends));
    set.await.unwrap();
    let mut browser = crate::browser::Browser::confirmed(&house, "ada@example.com").await;
    let page = browser.get(&format!("/teams/{}/gateways/{}", of.team, of.gateway)).await.text().await.unwrap();
    // A form has the last day, which the webhook ends with.
    let last = day.pred_opt().unwrap();
    assert!(page.contains(&format!("name=\"ends\" type=\"date\" value=\"{last}\"")), "{page}");
});
