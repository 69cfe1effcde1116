//! Messages of SNS: from listed topics, signed by Amazon's key, in both versions; the question whether a topic is wanted; nothing else.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::KeyPair,
    signature::{RSA_PKCS1_SHA256, RsaEncoding},
};
use axum::{
    Router,
    extract::{Path, State},
    http::StatusCode,
    routing::get,
};
use backend::{
    amazon::Amazon,
    credentials::Origin,
    egress::Egress,
    notifications::{Refused, Taken, add_topic, inbox, receive_sns, remove_topic},
    random,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::Duration;
use model::{Time, audit::Action};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    house::{Furnished, House},
    notifications::offer,
    on_both_databases,
    support::Stage,
};

const TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:ads-stream";

/// Plays SNS: its key, its certificate, and how often it was asked for what.
struct Sns {
    key: KeyPair,
    pem: String,
    fetched: AtomicUsize,
    confirmed: AtomicUsize,
    /// It answers no question whether a topic is wanted.
    down: AtomicBool,
}

async fn certificate(State(sns): State<Arc<Sns>>, Path(name): Path<String>) -> (StatusCode, String) {
    sns.fetched.fetch_add(1, Ordering::SeqCst);
    match name.as_str() {
        "SimpleNotificationService-a1.pem" => (StatusCode::OK, sns.pem.clone()),
        _ => (StatusCode::NOT_FOUND, String::new()),
    }
}

async fn confirm(State(sns): State<Arc<Sns>>) -> (StatusCode, &'static str) {
    if sns.down.load(Ordering::SeqCst) {
        return (StatusCode::SERVICE_UNAVAILABLE, "");
    }
    sns.confirmed.fetch_add(1, Ordering::SeqCst);
    (StatusCode::OK, "<ConfirmSubscriptionResponse/>")
}

/// A Team with a connection whose messages may come from a topic.
struct Streamed {
    house: House,
    of: Furnished,
    sns: Arc<Sns>,
}

impl Streamed {
    async fn on(stage: Stage) -> Self {
        let mut house = House::on(stage).await;
        let of = house.furnished("ada").await;
        let made = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
        let mut certificate = rcgen::CertificateParams::new(vec!["sns.amazonaws.com".to_owned()]).unwrap();
        certificate.not_before = rcgen::date_time_ymd(2026, 1, 1);
        certificate.not_after = rcgen::date_time_ymd(2027, 1, 1);
        let pem = certificate.self_signed(&made).unwrap().pem();
        let key = KeyPair::from_pkcs8(&made.serialize_der()).unwrap();
        let sns = Arc::new(Sns {
            key,
            pem,
            fetched: AtomicUsize::new(0),
            confirmed: AtomicUsize::new(0),
            down: AtomicBool::new(false),
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let played = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let router = Router::new().route("/sns/", get(confirm)).route("/sns/{name}", get(self::certificate));
        let router = router.with_state(sns.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        house.stage.portal.egress = Egress::development(Some(&played), None);
        house.stage.portal.amazon = Amazon::new(&house.stage.portal.egress, Some(played));
        let owner = house.stage.stepped_up(&of.owner);
        add_topic(&owner, &of.scope, of.connection, TOPIC).await.unwrap();
        Self { house, of, sns }
    }

    fn now(&self) -> Time {
        self.house.stage.portal.clock.now()
    }

    /// As SNS posts it, signed.
    fn message(&self, kind: &str, id: &str, text: &str, sent_at: Time) -> Value {
        let mut message = json!({
            "Type": kind, "MessageId": id, "TopicArn": TOPIC, "Message": text,
            "Timestamp": sent_at.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(), "SignatureVersion": "2",
            "SigningCertURL": "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-a1.pem",
        });
        if kind != "Notification" {
            message["SubscribeURL"] =
                json!(format!("https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=t"));
            message["Token"] = json!("t");
        }
        self.sign(&mut message, &RSA_PKCS1_SHA256);
        message
    }

    fn sign(&self, message: &mut Value, how: &'static dyn RsaEncoding) {
        let names = ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"];
        let text: String = names.iter().filter_map(|name| Some(format!("{name}\n{}\n", message[name].as_str()?))).collect();
        let mut signature = vec![0; self.sns.key.public_modulus_len()];
        self.sns.key.sign(how, &SystemRandom::new(), text.as_bytes(), &mut signature).unwrap();
        message["Signature"] = json!(STANDARD.encode(signature));
    }

    async fn take(&self, message: &Value) -> Result<Taken, Refused> {
        let origin = Origin { request: random::id(self.now()), address: "198.51.100.9".parse().ok(), agent: None };
        receive_sns(&self.house.stage.portal, &origin, self.of.connection, message.to_string().as_bytes()).await
    }
}

fn traffic(id: &str) -> String {
    json!({ "idempotency_id": id, "dataset_id": "sp-traffic", "time_window_start": "2026-09-21T13:00Z", "clicks": 3 })
        .to_string()
}

on_both_databases!(a_message_of_a_listed_topic_is_taken_once_and_the_topic_confirmed, async |stage: Stage| {
    let streamed = Streamed::on(stage).await;
    let (of, now) = (&streamed.of, streamed.now());
    let topics = async || inbox(&of.owner, &of.scope, of.connection).await.unwrap().topics;
    let asks = streamed.message("SubscriptionConfirmation", "m-0", "You have chosen to subscribe", now);
    assert_eq!(streamed.take(&asks).await.unwrap(), Taken::New);
    assert_eq!((streamed.sns.confirmed.load(Ordering::SeqCst), topics().await[0].confirmed_at), (1, Some(now)));
    let first = streamed.message("Notification", "m-1", &traffic("i-1"), now);
    assert_eq!(streamed.take(&first).await.unwrap(), Taken::New);
    for again in [first, streamed.message("Notification", "m-2", &traffic("i-1"), now)] {
        assert_eq!(streamed.take(&again).await.unwrap(), Taken::Known);
    }
    // SP-API's come that way too, when a topic passes them on; and SNS tries again for an hour.
    let late = streamed.message("Notification", "m-3", &offer("n-1", now), now - Duration::minutes(59));
    assert_eq!(streamed.take(&late).await.unwrap(), Taken::New);
    let kinds: Vec<_> =
        inbox(&of.owner, &of.scope, of.connection).await.unwrap().last.into_iter().map(|one| one.kind).collect();
    assert_eq!(kinds, ["ANY_OFFER_CHANGED", "sp-traffic"]);
    assert_eq!(streamed.sns.fetched.load(Ordering::SeqCst), 1, "a certificate is fetched once");
    // A message about a subscription counts once too, and none that is older than the last.
    for _ in 0..3 {
        assert_eq!(streamed.take(&asks).await.unwrap(), Taken::Known);
    }
    let second = Duration::seconds(1);
    let before = streamed.message("UnsubscribeConfirmation", "m-5", "You have chosen to deactivate", now - second);
    assert_eq!(streamed.take(&before).await.unwrap(), Taken::New);
    assert!(topics().await[0].confirmed_at.is_some());
    streamed.house.stage.advance(Duration::minutes(5));
    let over = streamed.message("UnsubscribeConfirmation", "m-4", "You have chosen to deactivate", now + second);
    assert_eq!(streamed.take(&over).await.unwrap(), Taken::New);
    assert_eq!(topics().await[0].confirmed_at, None);
    assert_eq!(streamed.sns.confirmed.load(Ordering::SeqCst), 1);
    assert_eq!(streamed.house.stage.events(&of.scope, Action::NotificationTopicConfirmed).await.len(), 2);
    let received = streamed.house.stage.events(&of.scope, Action::NotificationReceived).await;
    assert!(received.iter().all(|row| row.actor_name == "sns") && received.len() == 2);
});

on_both_databases!(a_confirmation_that_failed_is_tried_again_under_its_id, async |stage: Stage| {
    let streamed = Streamed::on(stage).await;
    let of = &streamed.of;
    let confirmed = async || inbox(&of.owner, &of.scope, of.connection).await.unwrap().topics[0].confirmed_at;
    let asked = streamed.message("SubscriptionConfirmation", "sub-1", "Do you want it?", streamed.now());
    streamed.sns.down.store(true, Ordering::SeqCst);
    assert!(matches!(streamed.take(&asked).await, Err(Refused::Unproved)));
    assert_eq!(confirmed().await, None);
    streamed.sns.down.store(false, Ordering::SeqCst);
    assert!(matches!(streamed.take(&asked).await, Ok(Taken::New)));
    assert_eq!(confirmed().await, Some(streamed.now()));
    assert!(matches!(streamed.take(&asked).await, Ok(Taken::Known)));
    assert_eq!(streamed.sns.confirmed.load(Ordering::SeqCst), 1);
});

on_both_databases!(nothing_that_amazon_did_not_sign_for_a_listed_topic_is_taken, async |stage: Stage| {
    let streamed = Streamed::on(stage).await;
    let now = streamed.now();
    let good = streamed.message("Notification", "m-1", &traffic("i-1"), now);
    let with = |name: &str, value: &str| {
        let mut bad = good.clone();
        bad[name] = json!(value);
        bad
    };
    let signed_with = |name: &str, value: &str| {
        let mut bad = with(name, value);
        streamed.sign(&mut bad, &RSA_PKCS1_SHA256);
        bad
    };
    let mut taken = 0;
    for bad in [
        with("Message", &traffic("i-2")),
        with("MessageId", "m-2"),
        with("Signature", "AAAA"),
        with("Signature", "no base64"),
        with("SignatureVersion", "1"),
        with("SignatureVersion", "3"),
        with("Type", "SubscriptionConfirmation"),
        // Signed by whoever has a certificate, and not with SNS.
        with("SigningCertURL", "https://evil.example/SimpleNotificationService-a1.pem"),
        with("SigningCertURL", "https://:x@sns.eu-west-1.amazonaws.com/SimpleNotificationService-a1.pem"),
        with("SigningCertURL", "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-a1.pem"),
        // Rightly signed, of a topic of somebody else's, or of another day.
        signed_with("TopicArn", "arn:aws:sns:eu-west-1:210987654321:ads-stream"),
        signed_with("Timestamp", "2026-09-21T13:00:00.000Z"),
        signed_with("Timestamp", "2026-09-21T15:00:00.000Z"),
        json!({ "Type": "Notification" }),
    ] {
        let refused = streamed.take(&bad).await;
        assert!(matches!(refused, Err(Refused::Signature)), "{bad}: {refused:?}");
    }
    // But for where the certificate is: that is not signed, and hosts have no case.
    let text = good.to_string();
    let place = text.find("https://sns").unwrap();
    let place = place..place + good["SigningCertURL"].as_str().unwrap().len();
    for n in 0..1_000_usize {
        let mut bytes = text.clone().into_bytes();
        let at = n * 37 % (bytes.len() - place.len());
        let at = if at < place.start { at } else { at + place.len() };
        bytes[at] ^= 1 << (n % 6);
        let origin = Origin { request: random::id(now), address: "198.51.100.9".parse().ok(), agent: None };
        let (portal, of) = (&streamed.house.stage.portal, streamed.of.connection);
        taken += usize::from(receive_sns(portal, &origin, of, &bytes).await.is_ok());
    }
    println!("1,000 mutated messages of SNS: {taken} taken");
    let kept = inbox(&streamed.of.owner, &streamed.of.scope, streamed.of.connection).await.unwrap().last;
    assert_eq!((taken, kept.len()), (0, 0));
    // What is not listed any more says nothing.
    let owner = streamed.house.stage.stepped_up(&streamed.of.owner);
    remove_topic(&owner, &streamed.of.scope, streamed.of.connection, TOPIC).await.unwrap();
    assert!(matches!(streamed.take(&good).await, Err(Refused::Signature)));
    add_topic(&owner, &streamed.of.scope, streamed.of.connection, TOPIC).await.unwrap();
    assert_eq!(streamed.take(&good).await.unwrap(), Taken::New);
});

on_both_databases!(nobody_makes_portal_fetch_certificates_without_end, async |stage: Stage| {
    let streamed = Streamed::on(stage).await;
    let good = streamed.message("Notification", "m-1", &traffic("i-1"), streamed.now());
    let mut tried = 0;
    for n in 0..20 {
        let mut bad = good.clone();
        bad["SigningCertURL"] = json!(format!("https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-b{n}.pem"));
        tried += usize::from(matches!(streamed.take(&bad).await, Err(Refused::Unproved)));
    }
    assert_eq!((tried, streamed.sns.fetched.load(Ordering::SeqCst)), (5, 5));
    // That there is none is known for a while, and costs nothing.
    let mut again = good.clone();
    again["SigningCertURL"] = json!("https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-b0.pem#2");
    assert!(matches!(streamed.take(&again).await, Err(Refused::Signature)));
    again["SigningCertURL"] = json!("https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-b0.pem?x=2");
    assert!(matches!(streamed.take(&again).await, Err(Refused::Signature)));
    // Over HTTP SNS hears that it should send again.
    let url = format!("{}/api/notifications/v1/connections/{}", streamed.house.url, streamed.of.connection);
    let request = streamed.house.http.request(Method::POST, url).header("x-amz-sns-message-type", "Notification");
    let status = request.body(good.to_string()).send().await.unwrap().status();
    assert!([429, 503].contains(&status.as_u16()), "{status}");
});
