//! Sending what is due, each message at least once, with waits that grow.

use chrono::Duration;
use futures::{StreamExt, stream};
use model::{Time, webhook::WAITS_S};
use secrecy::SecretString;

use super::{place, signature};
use crate::{
    Portal, access,
    error::Outage,
    store::{
        notification::{self, Listens},
        webhook::{self, Delivery},
    },
};

/// Why a message has nowhere to go any more.
const OVER: [&str; 3] = ["removed", "ended", "disabled"];
/// A deliverer that dies leaves its message to the next after this long.
const CLAIM: Duration = Duration::seconds(60);

/// Messages to one receiver in a round, rounds in a turn, and messages under way at once.
const OF_ONE: u32 = 5;
const ROUNDS: usize = 20;
const AT_ONCE: usize = 8;

/// Sends what is due: a few to each receiver at a time, so that one which is slow, or is told much, takes no other's turn.
pub(crate) async fn deliver_due(portal: &Portal) -> Result<(), Outage> {
    for _ in 0..ROUNDS {
        let messages = webhook::due(portal.db.reader(), portal.clock.now(), OF_ONE).await?;
        if messages.is_empty() {
            return Ok(());
        }
        let sent: Vec<_> =
            stream::iter(messages).map(|message| deliver(portal, message)).buffer_unordered(AT_ONCE).collect().await;
        sent.into_iter().collect::<Result<(), _>>()?;
    }
    Ok(())
}

async fn deliver(portal: &Portal, message: Delivery) -> Result<(), Outage> {
    let scope = access::job(message.team);
    let tx = portal.db.begin_in(&scope).await?;
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
    let tx = portal.db.begin_in(&scope).await?;
    webhook::note(&*tx, message.id, &word, sent, wait.map(|s| now + Duration::seconds(*s)), now).await?;
    Ok(tx.commit().await?)
}

async fn send(portal: &Portal, message: &Delivery, now: Time) -> Result<Result<u16, &'static str>, Outage> {
    let scope = access::job(message.team);
    let db = &portal.db.of(&scope);
    let Some(hook) = webhook::find(db, &scope, message.gateway).await? else { return Ok(Err("removed")) };
    if message.webhook.is_some_and(|queued_for| queued_for != hook.id) {
        return Ok(Err("removed"));
    }
    if hook.ends_at.is_some_and(|end| end <= now) {
        return Ok(Err("ended"));
    }
    // The list of hosts may have become shorter: that is looked at where it is sent, and recorded.
    let url = hook.url.parse().map_err(|_| Outage::Corrupt("webhook address"))?;
    if let Some((gateway, _)) = hook.gateway {
        match notification::listens(db, &scope, gateway, message.connection, now).await? {
            Listens::Yes => {}
            // A lock may be lifted: it is tried again.
            Listens::Locked => return Ok(Err("locked")),
            Listens::No => return Ok(Err("disabled")),
        }
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
