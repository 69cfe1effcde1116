//! Sending what is due, each message at least once, with waits that grow.

use chrono::Duration;
use model::Time;

use super::{place, sign::signature};
use crate::{
    Portal, access,
    error::Outage,
    store::webhook::{self, Delivery},
};

/// The waits after each failed try; then the message is given up.
const WAITS_S: [i64; 6] = [10, 60, 600, 3_600, 21_600, 43_200];
/// A deliverer that dies leaves its message to the next after this long.
const CLAIM: Duration = Duration::seconds(60);

/// Sends what is due.
pub(crate) async fn deliver_due(portal: &Portal) -> Result<(), Outage> {
    for message in webhook::due(portal.db.reader(), portal.clock.now()).await? {
        let tx = portal.db.begin().await?;
        let claimed = webhook::claim(&*tx, &message, portal.clock.now() + CLAIM).await?;
        tx.commit().await?;
        if !claimed {
            continue;
        }
        let now = portal.clock.now();
        let answer = send(portal, &message, now).await?;
        let sent = answer.as_ref().is_ok_and(|status| (200..300).contains(status));
        let word = answer.map_or_else(str::to_owned, |status| status.to_string());
        // A removed webhook is not waited for.
        let wait = usize::try_from(message.attempts).ok().and_then(|n| WAITS_S.get(n)).filter(|_| word != "removed");
        let tx = portal.db.begin().await?;
        webhook::note(&*tx, message.id, &word, sent, wait.map(|s| now + Duration::seconds(*s)), now).await?;
        tx.commit().await?;
    }
    Ok(())
}

async fn send(portal: &Portal, message: &Delivery, now: Time) -> Result<Result<u16, &'static str>, Outage> {
    let (db, scope) = (portal.db.reader(), access::job(message.team));
    let Some(hook) = webhook::of_team(db, &scope).await? else { return Ok(Err("removed")) };
    // The list of hosts may have become shorter.
    let Ok(url) = portal.hooks.allowed(&hook.url) else { return Ok(Err("refused")) };
    let secret = portal.vault.open(db, &place(&scope, hook.id.0), &hook.secret).await?;
    let (id, timestamp) = (message.id.to_string(), now.timestamp());
    let signature = signature(&secret, &id, timestamp, &message.body).ok_or(Outage::Corrupt("webhook secret"))?;
    let headers = [("webhook-id", id), ("webhook-timestamp", timestamp.to_string()), ("webhook-signature", signature)];
    Ok(portal.hooks.send(url, headers, message.body.clone()).await)
}
