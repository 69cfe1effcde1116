//! A message that came: proved, read, kept once, passed on.

use chrono::{DateTime, Duration};
use model::{
    Time,
    audit::{Action, SafeText},
    ids::{ConnectionId, NotificationKeyId},
    notification::{TOLERANCE, Way, is_fresh, word},
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
    take(&cx, of, to, Way::Webhook, id, read, Some(key)).await
}

pub(super) fn cx(portal: &Portal, origin: &Origin, actor: Actor) -> Cx {
    let Origin { request, address, agent } = origin.clone();
    Cx { portal: portal.clone(), actor, request, address, agent }
}

/// The live key that signed a message. Without any, one that nobody has is tried, so that it takes as long.
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
    let mut found = None;
    let keys = to.map(|to| &to.keys[..]).unwrap_or_default();
    for key in keys {
        let scope = to.map(|to| access::job(to.team)).ok_or(Outage::Corrupt("addressee"))?;
        let secret = portal.vault.open(portal.db.reader(), &place(&scope, key.id), &key.secret).await;
        if signed(&secret.map_err(Outage::from)?) {
            found = Some(key.id);
        }
    }
    if keys.is_empty() {
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
    way: Way,
    message_id: &str,
    read: Envelope,
    key: Option<NotificationKeyId>,
) -> Result<Taken, Refused> {
    let (db, now, scope) = (cx.portal.db.reader(), cx.now(), access::job(to.team));
    // Asked first without a transaction: what came before must not hold up those who write.
    if notification::is_known(db, &scope, of, message_id, &read.id).await? {
        return known(cx, of, to).await;
    }
    let tx = cx.portal.db.begin().await?;
    let taken = rate_limit::take(&*tx, &format!("notification:{}", of.0.simple()), TAKEN, 1, now).await?;
    if taken.granted == 0 {
        return Err(Refused::TooMany(u32::try_from(taken.wait.num_seconds()).unwrap_or(0) + 1));
    }
    let mark = notification::mark(&*tx, &scope, of, &read.kind).await?;
    let new = Notification {
        id: random::id(now),
        connection: of,
        source: read.source,
        way,
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
    if let Some(event_at) = new.event_at {
        notification::raise_mark(&*tx, &scope, of, &new.kind, event_at).await?;
    }
    if let Some(key) = key {
        notification_key::note_use(&*tx, key, now).await?;
    }
    for gateway in notification::listeners(&*tx, &scope, of).await? {
        let data = passed_on(&scope, &new);
        webhooks::queue(&tx, &scope, For::Gateway(gateway), now, "notification.received", data).await?;
    }
    let words = (SafeText::new(&new.kind, 100), SafeText::new(&new.notification_id, 100));
    let event = Event::of(&scope, Action::NotificationReceived).on(Target::connection(of, &to.name));
    let event = event.with("kind", &words.0).with("notification", &words.1).with("late", new.late);
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

async fn known(cx: &Cx, of: ConnectionId, to: &Addressee) -> Result<Taken, Refused> {
    write_down(cx, of, Some(to), "duplicate", &format!("notification-again:{}", of.0.simple())).await?;
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
    write_down(cx, of, to, reason, &format!("notification-miss:{}", cx.network())).await?;
    Err(refused)
}

async fn write_down(
    cx: &Cx,
    of: ConnectionId,
    to: Option<&Addressee>,
    reason: &'static str,
    bucket: &str,
) -> Result<(), Refused> {
    if rate_limit::look(cx.portal.db.reader(), bucket, REFUSALS, cx.now()).await?.granted == 0 {
        return Ok(());
    }
    let event = match to {
        Some(to) => Event::of(&access::job(to.team), Action::NotificationRefused).on(Target::connection(of, &to.name)),
        None => Event::new(Action::NotificationRefused).on(Target::asked_connection(of)),
    };
    let tx = cx.portal.db.begin().await?;
    if rate_limit::take(&*tx, bucket, REFUSALS, 1, cx.now()).await?.granted > 0 {
        audit::append(&*tx, cx, event.refused(reason)).await?;
        tx.commit().await?;
    }
    Ok(())
}
