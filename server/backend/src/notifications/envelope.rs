//! What a notification says of itself. What stands in it is not looked at.

use chrono::DateTime;
use model::{
    Time,
    notification::{Source, word},
};
use serde_json::Value;

/// A notification by its own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    pub source: Source,
    pub id: String,
    pub kind: String,
    pub event_at: Option<Time>,
    pub published_at: Option<Time>,
}

/// Reads SP-API's envelope, in both casings in which Amazon writes it, or a message of the Advertising API's stream; nothing when it
/// is neither.
pub fn read(body: &[u8]) -> Option<Envelope> {
    let body: Value = serde_json::from_slice(body).ok()?;
    plain(&body).or_else(|| plain(&inner(&body)?))
}

fn plain(body: &Value) -> Option<Envelope> {
    sp_api(body).or_else(|| ads(body))
}

/// What an event of EventBridge, or a message of SNS in a queue, is wrapped around.
fn inner(body: &Value) -> Option<Value> {
    body.get("detail").cloned().or_else(|| serde_json::from_str(body.get("Message")?.as_str()?).ok())
}

fn sp_api(body: &Value) -> Option<Envelope> {
    let metadata = either(body, "NotificationMetadata")?;
    Some(Envelope {
        source: Source::SpApi,
        id: text(either(metadata, "NotificationId")?)?,
        kind: text(either(body, "NotificationType")?)?,
        event_at: either(body, "EventTime").and_then(time),
        published_at: either(metadata, "PublishTime").and_then(time),
    })
}

fn ads(body: &Value) -> Option<Envelope> {
    Some(Envelope {
        source: Source::Ads,
        id: text(body.get("idempotency_id")?)?,
        kind: text(body.get("dataset_id")?)?,
        event_at: body.get("time_window_start").and_then(time),
        published_at: None,
    })
}

/// A field in upper or in lower camel case.
fn either<'a>(of: &'a Value, name: &str) -> Option<&'a Value> {
    let lower = name[..1].to_ascii_lowercase() + &name[1..];
    of.get(name).or_else(|| of.get(&lower))
}

fn text(value: &Value) -> Option<String> {
    word(value.as_str()?).map(str::to_owned)
}

/// A time as Amazon writes it: RFC 3339, the stream's without seconds.
fn time(value: &Value) -> Option<Time> {
    let text = value.as_str()?;
    let whole = DateTime::parse_from_rfc3339(text).or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M%#z"));
    whole.ok().map(|at| at.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_casings_and_the_stream_are_read() {
        let upper = br#"{"NotificationVersion": "1.0", "NotificationType": "ANY_OFFER_CHANGED", "PayloadVersion": "1.0",
            "EventTime": "2026-11-11T00:09:53.109Z", "Payload": {"secret": 1},
            "NotificationMetadata": {"ApplicationId": "amzn1.sellerapps.app.x", "SubscriptionId": "s",
                "PublishTime": "2026-11-11T00:10:00.000Z", "NotificationId": "d0e9e693-c3ad-4373-979f-ed4ec98dd746"}}"#;
        let lower = br#"{"notificationType": "ORDER_CHANGE", "eventTime": "2026-11-11T00:09:53+01:00", "payload": {},
            "notificationMetadata": {"publishTime": "2026-11-11T00:10:00Z", "notificationId": "n-1"}}"#;
        let stream = br#"{"idempotency_id": "i-1", "dataset_id": "sp-traffic", "time_window_start": "2026-11-11T00:00Z", "clicks": 3}"#;
        let at = |text: &str| Some(text.parse::<Time>().unwrap());
        let envelope = |source, id: &str, kind: &str, event_at, published_at| {
            Some(Envelope { source, id: id.to_owned(), kind: kind.to_owned(), event_at, published_at })
        };
        let published = at("2026-11-11T00:10:00Z");
        let id = "d0e9e693-c3ad-4373-979f-ed4ec98dd746";
        assert_eq!(read(upper), envelope(Source::SpApi, id, "ANY_OFFER_CHANGED", at("2026-11-11T00:09:53.109Z"), published));
        assert_eq!(read(lower), envelope(Source::SpApi, "n-1", "ORDER_CHANGE", at("2026-11-10T23:09:53Z"), published));
        assert_eq!(read(stream), envelope(Source::Ads, "i-1", "sp-traffic", at("2026-11-11T00:00:00Z"), None));
        let text = String::from_utf8_lossy(lower);
        let bridge = format!(r#"{{"version": "0", "id": "b-1", "detail-type": "ORDER_CHANGE", "detail": {text}}}"#);
        let queue = serde_json::json!({ "Type": "Notification", "MessageId": "m-1", "Message": text }).to_string();
        assert_eq!((read(bridge.as_bytes()), read(queue.as_bytes())), (read(lower), read(lower)));
        for other in [
            &b""[..],
            b"{}",
            b"[1]",
            b"\xff",
            br#"{"NotificationType": "X"}"#,
            br#"{"idempotency_id": "<b>", "dataset_id": "x"}"#,
        ] {
            assert_eq!(read(other), None, "{other:?}");
        }
    }
}
