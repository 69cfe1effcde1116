//! A message that came: proved, read, kept once, passed on.

use chrono::{DateTime, Duration};
use model::{
    Time,
    audit::{Action, SafeText},
    ids::{ConnectionId, NotificationKeyId},
    notification::{LIVE_KEYS, TOLERANCE, Way, is_fresh, word},
};
use secrecy::SecretString;
use serde_json::json;
use subtle::ConstantTimeEq;

use super::{
    Refused,
    envelope::{self, Envelope},
    place,
};
use crate::{
    Actor, Cx, Portal, TeamScope, access,
    audit::{self, Event, Target},
    credentials::Origin,
    error::Outage,
    random,
    store::{
        notification::{self, Notification},
        notification_key::{self, Addressee},
        rate_limit::{self, Limit},
    },
    vault::VaultError,
    webhooks::{self, For, signature},
};

/// Messages for a connection: six hundred at once, then fifty a second.
const TAKEN: Limit = Limit { burst: 600, every: Duration::milliseconds(20) };
/// Refusals that are written down: ten at once, then one every ten seconds.
const REFUSALS: Limit = Limit { burst: 10, every: Duration::seconds(10) };
/// Signatures of one message that are looked at.
const SIGNATURES: usize = 10;

/// A message with the headers of Standard Webhooks.
#[derive(Clone, Copy, Debug)]
pub struct Signed<'a> {
    pub id: &'a str,
    /// Seconds since 1970.
    pub timestamp: &'a str,
    /// `v1,` and Base64, several of them apart by spaces.
    pub signatures: &'a str,
    pub body: &'a [u8],
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    New,
    /// It came before: nothing is done.
    Known,
}

/// Takes a message that a relay signed for a connection.
#[tracing::instrument(skip_all, fields(connection = %of))]
pub async fn receive(portal: &Portal, origin: &Origin, of: ConnectionId, message: Signed<'_>) -> Result<Taken, Refused> {
    let addressee = notification_key::addressee(portal.db.reader(), of).await?;
    let cx = cx(portal, origin, Actor::Anonymous);
    let key = signer(portal, addressee.as_ref(), &message).await?;
    let Some((to, key)) = addressee.as_ref().zip(key) else {
        return refuse(&cx, of, addressee.as_ref(), "invalid-signature", Refused::Signature).await;
    };
    let cx = Cx { actor: Actor::Relay(key), ..cx };
    let sent_at = message.timestamp.parse().ok().and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    let id = word(message.id);
    let Some(id) = id.filter(|_| sent_at.is_some_and(|at| is_fresh(at, TOLERANCE, cx.now()))) else {
        return refuse(&cx, of, Some(to), "stale", Refused::Signature).await;
    };
    let Some(read) = envelope::read(message.body) else {
        return refuse(&cx, of, Some(to), "no-notification", Refused::Envelope).await;
    };
    take(&cx, of, to, id, read, By::Key(key)).await
}

/// By whose word a message is taken.
#[derive(Clone, Copy, Debug)]
pub(super) enum By<'a> {
    Key(NotificationKeyId),
    Topic(&'a str),
}

pub(super) fn cx(portal: &Portal, origin: &Origin, actor: Actor) -> Cx {
    let Origin { request, address, agent } = origin.clone();
    Cx { portal: portal.clone(), actor, request, address, agent }
}

/// The live key that signed a message. As many are tried as can live, some of them nobody's, so that it takes as long without any.
async fn signer(
    portal: &Portal,
    to: Option<&Addressee>,
    message: &Signed<'_>,
) -> Result<Option<NotificationKeyId>, Refused> {
    let timestamp = message.timestamp.parse().unwrap_or_default();
    let signed = |secret: &SecretString| {
        let right = signature(secret, message.id, timestamp, message.body).unwrap_or_default();
        let given = message.signatures.split(' ').take(SIGNATURES);
        // Each is compared, whatever the one before was.
        given.fold(false, |any, one| any | bool::from(one.as_bytes().ct_eq(right.as_bytes())))
    };
    let (mut found, mut tried) = (None, 0);
    let (scope, keys) = match to {
        Some(to) => (Some(access::job(to.team)), &to.keys[..]),
        None => (None, &[][..]),
    };
    for key in keys {
        let Some(scope) = &scope else { break };
        let opened = portal.vault.open(&portal.db.of(scope), &place(scope, key.id), &key.secret).await;
        match opened {
            Ok(secret) => {
                tried += 1;
                found = if signed(&secret) { Some(key.id) } else { found };
            }
            // One that somebody altered keeps the other from nothing.
            Err(VaultError::Refused) => tracing::error!(key = %key.id, "a key for notifications does not open"),
            Err(error) => return Err(Outage::from(error).into()),
        }
    }
    for _ in tried..LIVE_KEYS {
        signed(&SecretString::from(NOBODYS));
    }
    Ok(found)
}

const NOBODYS: &str = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

/// Keeps what was proved, once, and passes it on.
pub(super) async fn take(
    cx: &Cx,
    of: ConnectionId,
    to: &Addressee,
    message_id: &str,
    read: Envelope,
    by: By<'_>,
) -> Result<Taken, Refused> {
    let (now, scope) = (cx.now(), access::job(to.team));
    let db = &cx.portal.db.of(&scope);
    // Asked first without a transaction: what came before must not hold up those who write.
    if notification::is_known(db, &scope, of, message_id, &read.id).await? {
        return known(cx, of, to).await;
    }
    let tx = cx.portal.db.begin_in(&scope).await?;
    let (key, topic) = match by {
        By::Key(key) => (Some(key), None),
        By::Topic(topic) => (None, Some(topic)),
    };
    // It may have been revoked, taken off the list or disconnected since it was proved.
    if !notification_key::still_counts(&*tx, &scope, of, key, topic).await? {
        tx.rollback().await?;
        return refuse(cx, of, Some(to), "invalid-signature", Refused::Signature).await;
    }
    let taken = rate_limit::take(&*tx, &format!("notification:{}", of.0.simple()), TAKEN, 1, now).await?;
    if taken.granted == 0 {
        return Err(Refused::TooMany(taken.wait_s()));
    }
    let mark = notification::mark(&*tx, &scope, of, &read.kind).await?;
    let new = Notification {
        id: random::id(now),
        connection: of,
        source: read.source,
        way: if key.is_some() { Way::Webhook } else { Way::Sns },
        message_id: message_id.to_owned(),
        notification_id: read.id,
        kind: read.kind,
        event_at: read.event_at,
        published_at: read.published_at,
        received_at: now,
        late: read.event_at.zip(mark).is_some_and(|(event, mark)| event < mark),
    };
    if !notification::insert(&*tx, &scope, &new).await? {
        tx.rollback().await?;
        return known(cx, of, to).await;
    }
    // A moment that has not come yet would make everything late that comes after.
    if let Some(event_at) = new.event_at.filter(|at| *at <= now + TOLERANCE) {
        notification::raise_mark(&*tx, &scope, of, &new.kind, event_at).await?;
    }
    if let Some(key) = key {
        notification_key::note_use(&*tx, &scope, key, now).await?;
    }
    let mut overflowed = 0;
    for gateway in notification::listeners(&*tx, &scope, of, now).await? {
        let (whom, data) = (For::Gateway(gateway), passed_on(&scope, &new));
        let queued = webhooks::queue(&tx, &scope, whom, now, "notification.received", Some(of), data).await?;
        overflowed += i64::from(!queued);
    }
    let words = (SafeText::new(&new.kind, 100), SafeText::new(&new.notification_id, 100));
    let event = Event::of(&scope, Action::NotificationReceived).on(Target::connection(of, &to.name));
    let event = event.with("kind", &words.0).with("notification", &words.1).with("late", new.late);
    let event = event.with("message", &SafeText::new(&new.message_id, 100));
    let event = topic.into_iter().fold(event, |event, topic| event.with("topic", &SafeText::new(topic, 300)));
    // Whose service does not keep up hears nothing of it: the log says so.
    let event = if overflowed > 0 { event.with("not_passed_on", overflowed) } else { event };
    audit::append(&*tx, cx, event).await?;
    tx.commit().await?;
    Ok(Taken::New)
}

/// What a gateway's service hears of it.
fn passed_on(scope: &TeamScope, new: &Notification) -> serde_json::Value {
    let time = |at: Option<Time>| at.map(|at| at.to_rfc3339());
    json!({
        "team_id": scope.team(),
        "connection_id": new.connection,
        "source": new.source.as_str(),
        "notification_type": new.kind,
        "notification_id": new.notification_id,
        "event_time": time(new.event_at),
        "publish_time": time(new.published_at),
        "late": new.late,
    })
}

pub(super) async fn known(cx: &Cx, of: ConnectionId, to: &Addressee) -> Result<Taken, Refused> {
    let event = Event::of(&access::job(to.team), Action::NotificationRepeated).on(Target::connection(of, &to.name));
    write_down(cx, event, &[format!("notification-again:{}", of.0.simple())]).await?;
    Ok(Taken::Known)
}

/// Refuses, and says so in the log unless that would serve whoever floods it.
pub(super) async fn refuse<T>(
    cx: &Cx,
    of: ConnectionId,
    to: Option<&Addressee>,
    reason: &'static str,
    refused: Refused,
) -> Result<T, Refused> {
    let event = match to {
        Some(to) => Event::of(&access::job(to.team), Action::NotificationRefused).on(Target::connection(of, &to.name)),
        None => Event::new(Action::NotificationRefused).on(Target::asked_connection(of)),
    };
    // Whoever has many networks writes no more than one who has one.
    let buckets = [format!("notification-miss:{}", cx.network()), format!("notification-miss-of:{}", of.0.simple())];
    let buckets = if to.is_some() { &buckets[..] } else { &buckets[..1] };
    write_down(cx, event.refused(reason), buckets).await?;
    Err(refused)
}

/// Writes it down, unless one of these buckets is empty.
async fn write_down(cx: &Cx, event: Event, buckets: &[String]) -> Result<(), Refused> {
    for bucket in buckets {
        if rate_limit::look(cx.portal.db.reader(), bucket, REFUSALS, cx.now()).await?.granted == 0 {
            return Ok(());
        }
    }
    let tx = cx.portal.db.begin().await?;
    for bucket in buckets {
        if rate_limit::take(&*tx, bucket, REFUSALS, 1, cx.now()).await?.granted == 0 {
            return Ok(tx.rollback().await?);
        }
    }
    audit::append(&*tx, cx, event).await?;
    Ok(tx.commit().await?)
}
