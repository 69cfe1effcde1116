//! Notifications of Amazon's that a relay passes on: proved, kept once, passed on; nothing else.

use std::sync::Arc;

use backend::{
    connections,
    credentials::Origin,
    jobs,
    notifications::{self, NotificationError, Refused, Signed, Taken, create_key, inbox, receive, revoke_key},
    random,
    webhooks::{self, For},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::Duration;
use hmac::{Hmac, KeyInit, Mac};
use model::{Time, audit::Action, ids::NotificationKeyId};
use reqwest::Method;
use secrecy::SecretString;
use sha2::Sha256;

use crate::{
    house::{Furnished, House},
    on_both_databases,
    support::{Stage, reveal},
    webhooks::{SECRET, service},
};

/// A Team whose connection takes what a key signs.
struct Relayed {
    house: House,
    of: Furnished,
    key: NotificationKeyId,
    secret: String,
}

/// A message as a relay sends it.
#[derive(Clone)]
pub struct Message {
    pub id: String,
    pub timestamp: String,
    pub signatures: String,
    pub body: Vec<u8>,
}

impl Message {
    fn signed(&self) -> Signed<'_> {
        Signed { id: &self.id, timestamp: &self.timestamp, signatures: &self.signatures, body: &self.body }
    }
}

fn sign(secret: &str, id: &str, timestamp: i64, body: &[u8]) -> String {
    let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    mac.update(format!("{id}.{timestamp}.").as_bytes());
    mac.update(body);
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

pub fn message(secret: &str, id: &str, sent_at: Time, body: &str) -> Message {
    let (timestamp, body) = (sent_at.timestamp(), body.as_bytes().to_vec());
    Message { id: id.to_owned(), timestamp: timestamp.to_string(), signatures: sign(secret, id, timestamp, &body), body }
}

/// As SP-API writes one.
pub fn offer(id: &str, happened: Time) -> String {
    format!(
        r#"{{"NotificationType": "ANY_OFFER_CHANGED", "EventTime": "{}", "Payload": {{"BuyerEmail": "canary@example.com"}},
            "NotificationMetadata": {{"NotificationId": "{id}", "PublishTime": "{}"}}}}"#,
        happened.to_rfc3339(),
        happened.to_rfc3339(),
    )
}

/// As a relay posts it.
pub fn request(house: &House, connection: &str, message: &Message) -> reqwest::RequestBuilder {
    let url = format!("{}/api/notifications/v1/connections/{connection}", house.url);
    let request = house.http.request(Method::POST, url).body(message.body.clone());
    let request = request.header("webhook-id", &message.id).header("webhook-timestamp", &message.timestamp);
    request.header("webhook-signature", &message.signatures)
}

/// Sends it; gives status and body, without the request's id.
pub async fn post(house: &House, connection: &str, message: &Message) -> (u16, String) {
    let response = request(house, connection, message).send().await.unwrap();
    let (status, id) = (response.status().as_u16(), response.headers()["x-request-id"].to_str().unwrap().to_owned());
    (status, response.text().await.unwrap().replace(&id, "REQUEST"))
}

impl Relayed {
    async fn on(stage: Stage) -> Self {
        let house = House::on(stage).await;
        let of = house.furnished("ada").await;
        let new = create_key(&house.stage.stepped_up(&of.owner), &of.scope, of.connection, None).await.unwrap();
        Self { key: new.id, secret: reveal(&new.secret).to_owned(), house, of }
    }

    fn now(&self) -> Time {
        self.house.stage.portal.clock.now()
    }

    /// One that is signed now.
    fn message(&self, id: &str, body: &str) -> Message {
        message(&self.secret, id, self.now(), body)
    }

    async fn take(&self, message: &Message) -> Result<Taken, Refused> {
        let origin = Origin { request: random::id(self.now()), address: "198.51.100.9".parse().ok(), agent: None };
        receive(&self.house.stage.portal, &origin, self.of.connection, message.signed()).await
    }

    async fn post(&self, connection: &str, message: &Message) -> (u16, String) {
        post(&self.house, connection, message).await
    }

    async fn kept(&self) -> Vec<backend::store::notification::Notification> {
        inbox(&self.of.owner, &self.of.scope, self.of.connection).await.unwrap().last
    }
}

on_both_databases!(a_signed_notification_is_kept_once_without_its_content_and_passed_on, async |stage: Stage| {
    let relayed = Relayed::on(stage).await;
    let (house, of) = (&relayed.house, &relayed.of);
    let (url, heard) = service().await;
    let owner = house.stage.stepped_up(&of.owner);
    let gateway = For::Gateway(of.gateway);
    webhooks::set(&owner, &of.scope, gateway, &url, SecretString::from(SECRET), None).await.unwrap();
    let happened = relayed.now() - Duration::minutes(10);
    let first = relayed.message("msg_1", &offer("n-1", happened));
    let con = of.connection.to_string();
    assert_eq!(relayed.post(&con, &first).await, (204, String::new()));
    // The same message again, and the same notification in another one: nothing more is done.
    assert_eq!(relayed.post(&con, &first).await.0, 204);
    assert_eq!(relayed.post(&con, &relayed.message("msg_2", &offer("n-1", happened))).await.0, 204);
    // What tells of an earlier moment comes late, and is not dropped.
    let late = relayed.message("msg_3", &offer("n-0", happened - Duration::minutes(1)));
    assert_eq!(relayed.post(&con, &late).await.0, 204);
    let inbox = inbox(&of.owner, &of.scope, of.connection).await.unwrap();
    let told: Vec<_> = inbox.last.iter().map(|one| (one.notification_id.as_str(), one.late)).collect();
    assert_eq!(told, [("n-0", true), ("n-1", false)]);
    assert_eq!(inbox.marks, [("ANY_OFFER_CHANGED".to_owned(), inbox.last[1].event_at.unwrap())]);
    assert!(inbox.keys[0].last_used_at.is_some());
    assert!(!house.stage.database_holds(b"canary@example.com").await, "nothing of what stands in it is kept");
    jobs::run_due(&house.stage.portal).await.unwrap();
    let bodies = heard.lock().unwrap().1.iter().map(|(_, body)| String::from_utf8_lossy(body).into_owned()).collect();
    let mut bodies: Vec<String> = bodies;
    bodies.sort_by_key(|body| body.contains(r#""late":true"#));
    assert_eq!(bodies.len(), 2, "{bodies:?}");
    assert!(bodies.iter().all(|body| body.contains("notification.received") && !body.contains("canary")));
    assert!(bodies[0].contains(r#""notification_id":"n-1""#) && bodies[1].contains(r#""late":true"#), "{bodies:?}");
    let received = house.stage.events(&of.scope, Action::NotificationReceived).await;
    assert_eq!(received.len(), 2);
    assert_eq!((received[0].actor_name.as_str(), received[0].credential_id), ("relay", Some(relayed.key.0)));
    assert_eq!(house.stage.events(&of.scope, Action::NotificationRepeated).await.len(), 2);
    assert!(house.stage.events(&of.scope, Action::NotificationRefused).await.is_empty());
});

on_both_databases!(of_ten_thousand_mutated_messages_none_is_taken, async |stage: Stage| {
    let relayed = Relayed::on(stage).await;
    let good = relayed.message("msg_p5jXN8AQM9LWM0D4loKWxJek", &offer("n-1", relayed.now()));
    let mut taken = 0;
    for n in 0..10_000_usize {
        let mut bad = good.clone();
        let flip = |text: &mut String| {
            let mut bytes = text.clone().into_bytes();
            let at = (n / 4 * 31) % bytes.len();
            bytes[at] ^= 1 << (n / 4 % 6);
            // Headers are text.
            *text = String::from_utf8_lossy(&bytes).into_owned();
        };
        match n % 4 {
            0 => flip(&mut bad.id),
            1 => flip(&mut bad.timestamp),
            2 => flip(&mut bad.signatures),
            _ => {
                let at = (n / 4 * 7) % bad.body.len();
                bad.body[at] ^= 1 << (n / 4 % 8);
            }
        }
        taken += usize::from(relayed.take(&bad).await.is_ok());
    }
    println!("figure F3: 10,000 mutated messages: {taken} taken");
    assert_eq!((taken, relayed.kept().await.len()), (0, 0));
    // The one that they were made of is taken still.
    assert_eq!(relayed.take(&good).await.unwrap(), Taken::New);
});

on_both_databases!(one_message_a_thousand_times_at_once_has_one_effect, async |stage: Stage| {
    let relayed = Arc::new(Relayed::on(stage).await);
    let owner = relayed.house.stage.stepped_up(&relayed.of.owner);
    let gateway = For::Gateway(relayed.of.gateway);
    webhooks::set(&owner, &relayed.of.scope, gateway, "http://127.0.0.1:9/", SecretString::from(SECRET), None)
        .await
        .unwrap();
    let message = relayed.message("msg_1", &offer("n-1", relayed.now()));
    let taking = (0..1_000).map(|_| {
        let (relayed, message) = (relayed.clone(), message.clone());
        tokio::spawn(async move { relayed.take(&message).await })
    });
    let (mut new, mut known) = (0, 0);
    for one in futures::future::join_all(taking).await {
        match one.unwrap() {
            Ok(Taken::New) => new += 1,
            Ok(Taken::Known) => known += 1,
            // A database that is busy says so, and nothing is done.
            Err(refused) => assert!(matches!(refused, Refused::Outage(_)), "{refused:?}"),
        }
    }
    let effects = relayed.house.stage.events(&relayed.of.scope, Action::NotificationReceived).await.len();
    let queued = webhooks::get(&owner, &relayed.of.scope, gateway).await.unwrap().1.len();
    println!("figure F3: one id 1,000 times in parallel: {effects} effect, {known} known");
    assert_eq!((new, relayed.kept().await.len(), effects, queued), (1, 1, 1, 1));
    assert!(known > 900, "{known}");
});

on_both_databases!(what_is_stale_unknown_or_signed_by_nobody_is_refused_alike, async |stage: Stage| {
    let relayed = Relayed::on(stage).await;
    let con = relayed.of.connection.to_string();
    let body = offer("n-1", relayed.now());
    let second = Duration::seconds(1);
    let most = Duration::minutes(5);
    // Whole seconds, as the header has them.
    let now = chrono::DateTime::from_timestamp(relayed.now().timestamp(), 0).unwrap();
    let at = |sent_at: Time| message(&relayed.secret, "msg_1", sent_at, &body);
    let stale = relayed.post(&con, &at(now - most - second * 2)).await;
    assert_eq!(stale.0, 401);
    let forged = message(SECRET, "msg_1", now, &body);
    let nobodys = "con_0190000000007000800000000000dead";
    for answer in [
        relayed.post(&con, &at(now + most + second * 2)).await,
        relayed.post(&con, &forged).await,
        relayed.post(nobodys, &at(now)).await,
        relayed.post("nonsense", &at(now)).await,
        relayed.post(&con, &Message { signatures: String::new(), ..at(now) }).await,
    ] {
        assert_eq!(answer, stale);
    }
    for (id, sent_at) in [("n-2", now - most + second), ("n-3", now + most - second)] {
        let body = offer(id, now);
        assert_eq!(relayed.post(&con, &message(&relayed.secret, id, sent_at, &body)).await.0, 204);
    }
    let nothing = relayed.message("msg_9", r#"{"hello": "world"}"#);
    let (status, text) = relayed.post(&con, &nothing).await;
    assert!(status == 400 && !text.contains("hello"), "{text}");
    let large = relayed.message("msg_8", &"x".repeat(400_000));
    assert_eq!(relayed.post(&con, &large).await.0, 413);
    let refused = relayed.house.stage.events(&relayed.of.scope, Action::NotificationRefused).await;
    let reasons: Vec<_> = refused.iter().filter_map(|row| row.reason.as_deref()).collect();
    assert_eq!(reasons, ["no-notification", "invalid-signature", "invalid-signature", "stale", "stale"], "the newest first");
});

on_both_databases!(two_keys_live_and_what_is_revoked_or_over_signs_nothing, async |stage: Stage| {
    let relayed = Relayed::on(stage).await;
    let of = &relayed.of;
    let owner = relayed.house.stage.stepped_up(&of.owner);
    let next = create_key(&owner, &of.scope, of.connection, Some(1)).await.unwrap();
    assert!(matches!(create_key(&owner, &of.scope, of.connection, Some(1)).await, Err(NotificationError::OtherKeys)));
    assert!(matches!(create_key(&owner, &of.scope, of.connection, None).await, Err(NotificationError::TooManyKeys)));
    let by = |secret: &str, id: &str| message(secret, id, relayed.now(), &offer(id, relayed.now()));
    let secret = reveal(&next.secret);
    for (secret, id) in [(relayed.secret.as_str(), "n-1"), (secret, "n-2")] {
        assert_eq!(relayed.take(&by(secret, id)).await.unwrap(), Taken::New);
    }
    // A relay that changes over signs with both.
    let both = by(secret, "n-3");
    let both = Message { signatures: format!("v1,AAAA v1a,x {}", both.signatures), ..both };
    assert_eq!(relayed.take(&both).await.unwrap(), Taken::New);
    revoke_key(&owner, &of.scope, of.connection, relayed.key).await.unwrap();
    assert!(matches!(relayed.take(&by(&relayed.secret, "n-4")).await, Err(Refused::Signature)));
    connections::disconnect(&owner, &of.scope, of.connection, "Shop").await.unwrap();
    assert!(matches!(relayed.take(&by(secret, "n-5")).await, Err(Refused::Signature)));
    let over = notifications::add_topic(&owner, &of.scope, of.connection, "arn:aws:sns:eu-west-1:123456789012:x").await;
    assert!(matches!(over, Err(NotificationError::Over)), "{over:?}");
    let left = "SELECT COUNT(*) AS row FROM notification_key WHERE length(secret) > 0";
    let left = crate::registry::column(&relayed.house, &left.replace("COUNT(*)", "CAST(COUNT(*) AS TEXT)")).await;
    assert_eq!(left, ["0"]);
});

on_both_databases!(who_is_stopped_or_locked_hears_nothing, async |stage: Stage| {
    let relayed = Relayed::on(stage).await;
    let (house, of) = (&relayed.house, &relayed.of);
    let (url, heard) = service().await;
    let owner = house.stage.stepped_up(&of.owner);
    let whom = For::Gateway(of.gateway);
    webhooks::set(&owner, &of.scope, whom, &url, SecretString::from(SECRET), None).await.unwrap();
    let hears = async |id: &str| {
        relayed.take(&relayed.message(id, &offer(id, relayed.now()))).await.unwrap();
        jobs::run_due(&house.stage.portal).await.unwrap();
        std::mem::take(&mut heard.lock().unwrap().1).len()
    };
    assert_eq!(hears("n-1").await, 1);
    let locked = async |target: uuid::Uuid, kind: &'static str| {
        let tx = house.stage.portal.db.begin().await.unwrap();
        let lock = backend::store::lock::Lock {
            id: random::id(relayed.now()),
            target_kind: kind,
            target_id: target,
            reason: "test".to_owned(),
            author: None,
            created_at: relayed.now(),
            expires_at: Some(relayed.now() + Duration::seconds(1)),
        };
        backend::store::lock::insert(&*tx, &of.scope, lock).await.unwrap();
        tx.commit().await.unwrap();
    };
    for (n, (target, kind)) in
        [(of.team.0, "team"), (of.gateway.0, "gateway"), (of.connection.0, "connection")].into_iter().enumerate()
    {
        locked(target, kind).await;
        assert_eq!(hears(&format!("n-{kind}")).await, 0, "{kind}");
        // What was queued before waits for the lock's end.
        webhooks::replay(&owner, &of.scope, webhooks::get(&owner, &of.scope, whom).await.unwrap().1.remove(0).id)
            .await
            .unwrap();
        assert_eq!(hears(&format!("m-{kind}")).await, 0, "{kind}");
        house.stage.advance(Duration::seconds(11));
        assert_eq!(hears(&format!("o-{kind}")).await, 2, "{kind} {n}");
    }
    let last = webhooks::get(&owner, &of.scope, whom).await.unwrap().1.remove(0).id;
    connections::disable(&owner, &of.scope, of.connection).await.unwrap();
    // Neither what comes now nor what was queued before.
    webhooks::replay(&owner, &of.scope, last).await.unwrap();
    assert_eq!(hears("n-disabled").await, 0);
    connections::enable(&owner, &of.scope, of.connection).await.unwrap();
    // What tells of a connection that is not on the list any more is not sent again.
    backend::gateways::set_connections(&owner, &of.scope, of.gateway, &[]).await.unwrap();
    webhooks::replay(&owner, &of.scope, last).await.unwrap();
    assert_eq!(hears("n-unlisted").await, 0);
    // Nor to an address that the webhook did not have then.
    let (elsewhere, _) = service().await;
    webhooks::set(&owner, &of.scope, whom, &elsewhere, SecretString::from(SECRET), None).await.unwrap();
    let refused = webhooks::replay(&owner, &of.scope, last).await;
    assert!(matches!(refused, Err(webhooks::WebhookError::Elsewhere)), "{refused:?}");
    // All of them were kept all the same.
    assert_eq!(relayed.kept().await.len(), 12);
});

on_both_databases!(one_who_is_told_much_takes_no_others_turn, async |stage: Stage| {
    let relayed = Relayed::on(stage).await;
    let (house, of) = (&relayed.house, &relayed.of);
    let owner = house.stage.stepped_up(&of.owner);
    // Nothing answers there.
    webhooks::set(&owner, &of.scope, For::Gateway(of.gateway), "http://127.0.0.1:9/", SecretString::from(SECRET), None)
        .await
        .unwrap();
    for n in 0..1_010 {
        let id = format!("n-{n}");
        house.stage.advance(Duration::milliseconds(25));
        relayed.take(&relayed.message(&id, &offer(&id, relayed.now()))).await.unwrap();
    }
    // What comes beyond a thousand is not queued, and the log says so.
    let received = house.stage.events(&of.scope, Action::NotificationReceived).await;
    assert_eq!(received.iter().filter(|row| row.details.contains("not_passed_on")).count(), 10);
    let (url, heard) = service().await;
    webhooks::set(&owner, &of.scope, For::Alerts, &url, SecretString::from(SECRET), None).await.unwrap();
    let alerts = webhooks::get(&owner, &of.scope, For::Alerts).await.unwrap().0.unwrap().id;
    webhooks::send_test(&owner, &of.scope, alerts).await.unwrap();
    jobs::run_due(&house.stage.portal).await.unwrap();
    assert_eq!(heard.lock().unwrap().1.len(), 1, "an alert goes in the first turn");
});

on_both_databases!(a_moment_that_has_not_come_makes_nothing_late, async |stage: Stage| {
    let relayed = Relayed::on(stage).await;
    for (id, happened) in [("n-1", Duration::days(400)), ("n-2", Duration::zero())] {
        relayed.take(&relayed.message(id, &offer(id, relayed.now() + happened))).await.unwrap();
    }
    assert!(relayed.kept().await.iter().all(|one| !one.late));
    for n in 0..110 {
        let body = offer(&format!("k-{n}"), relayed.now()).replace("ANY_OFFER_CHANGED", &format!("KIND_{n}"));
        relayed.take(&relayed.message(&format!("k-{n}"), &body)).await.unwrap();
    }
    let marks = inbox(&relayed.of.owner, &relayed.of.scope, relayed.of.connection).await.unwrap().marks;
    assert_eq!(marks.len(), 100);
});

on_both_databases!(a_relay_that_is_refused_again_and_again_is_told, async |stage: Stage| {
    let relayed = Relayed::on(stage).await;
    let watch = relayed.house.sequence().await;
    for n in 0..5 {
        let forged = message(SECRET, &format!("m-{n}"), relayed.now(), &offer("n-1", relayed.now()));
        assert!(relayed.take(&forged).await.is_err());
    }
    watch.run().await.unwrap();
    relayed.house.watch().await;
    let open = backend::alerts::list(&relayed.of.owner, &relayed.of.scope).await.unwrap().open;
    let told: Vec<_> = open.iter().filter(|one| one.rule == model::alert::Rule::NotificationsRefused).collect();
    assert_eq!(told.len(), 1, "{open:?}");
    assert!(told[0].finding.starts_with("5 within"), "{}", told[0].finding);
    assert!(open.iter().any(|one| one.rule == model::alert::Rule::SecretShown), "a key was shown");
});
