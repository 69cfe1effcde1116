//! Sending what is due, each message at least once, with waits that grow.

use std::collections::HashMap;

use chrono::Duration;
use futures::{StreamExt, stream};
use model::{Time, ids::TeamId, webhook::WAITS_S};
use secrecy::SecretString;

use super::{place, signature};
use crate::{
    Portal, access,
    error::Outage,
    store::{
        gateway,
        webhook::{self, Delivery},
    },
};

/// Why a message has nowhere to go any more.
const OVER: [&str; 3] = ["removed", "ended", "disabled"];
/// A deliverer that dies leaves its message to the next after this long.
const CLAIM: Duration = Duration::seconds(60);

/// Messages of one Team in a turn, and messages under way at once.
const OF_ONE: usize = 5;
const AT_ONCE: usize = 8;

/// Sends what is due: a few of each Team, so that one which does not answer takes no other's turn.
pub(crate) async fn deliver_due(portal: &Portal) -> Result<(), Outage> {
    let mut taken = HashMap::<TeamId, usize>::new();
    let mut messages = webhook::due(portal.db.reader(), portal.clock.now()).await?;
    messages.retain(|message| {
        let mine = taken.entry(message.team).or_default();
        *mine += 1;
        *mine <= OF_ONE
    });
    let sent: Vec<_> =
        stream::iter(messages).map(|message| deliver(portal, message)).buffer_unordered(AT_ONCE).collect().await;
    sent.into_iter().collect()
}

async fn deliver(portal: &Portal, message: Delivery) -> Result<(), Outage> {
    let tx = portal.db.begin().await?;
    let claimed = webhook::claim(&*tx, &message, portal.clock.now() + CLAIM).await?;
    tx.commit().await?;
    if !claimed {
        return Ok(());
    }
    let now = portal.clock.now();
    // Whatever stands against sending is a try like another, and given up in the end.
    let answer = send(portal, &message, now).await.unwrap_or_else(|outage| {
        tracing::error!(message = %message.id, error = &outage as &dyn std::error::Error, "message not sent");
        Err("unsendable")
    });
    let sent = answer.as_ref().is_ok_and(|status| (200..300).contains(status));
    let word = answer.map_or_else(str::to_owned, |status| status.to_string());
    // What is not there any more is not waited for.
    let wait =
        usize::try_from(message.attempts).ok().and_then(|n| WAITS_S.get(n)).filter(|_| !OVER.contains(&word.as_str()));
    let tx = portal.db.begin().await?;
    webhook::note(&*tx, message.id, &word, sent, wait.map(|s| now + Duration::seconds(*s)), now).await?;
    Ok(tx.commit().await?)
}

async fn send(portal: &Portal, message: &Delivery, now: Time) -> Result<Result<u16, &'static str>, Outage> {
    let (db, scope) = (portal.db.reader(), access::job(message.team));
    let Some(hook) = webhook::find(db, &scope, message.gateway).await? else { return Ok(Err("removed")) };
    if hook.ends_at.is_some_and(|end| end <= now) {
        return Ok(Err("ended"));
    }
    // The list of hosts may have become shorter: that is looked at where it is sent, and recorded.
    let url = hook.url.parse().map_err(|_| Outage::Corrupt("webhook address"))?;
    if let Some((gateway, _)) = hook.gateway
        && gateway::by_id(db, &scope, gateway).await?.is_none_or(|gateway| gateway.disabled_at.is_some())
    {
        return Ok(Err("disabled"));
    }
    let secret = portal.vault.open(db, &place(&scope, hook.id, "secret"), &hook.secret).await?;
    let old = match hook.other.filter(|(_, until)| now < *until) {
        Some((sealed, _)) => Some(portal.vault.open(db, &place(&scope, hook.id, "other_secret"), &sealed).await?),
        None => None,
    };
    let (id, timestamp) = (message.id.to_string(), now.timestamp());
    let sign = |secret: &SecretString| {
        signature(secret, &id, timestamp, message.body.as_bytes()).ok_or(Outage::Corrupt("webhook secret"))
    };
    let signatures = std::iter::once(&secret).chain(&old).map(sign).collect::<Result<Vec<_>, _>>()?.join(" ");
    let headers = [("webhook-id", id), ("webhook-timestamp", timestamp.to_string()), ("webhook-signature", signatures)];
    Ok(portal.hooks.send(url, headers, message.body.clone()).await)
}
