//! Asks Amazon about grants that nobody has used for a day, so that what a page calls healthy is.

use chrono::Duration;

use crate::{
    Cx, Portal,
    access::{self, AccessError},
    connections::{self, ConnectionError},
    error::Outage,
    store,
};

/// How long a proof counts.
pub const PROOF_LIFE: Duration = Duration::hours(24);
/// Grants a turn: Amazon sees a trickle, not a wave.
const MOST: u64 = 20;

pub(super) async fn run(portal: Portal) -> Result<(), Outage> {
    let then = portal.clock.now() - PROOF_LIFE;
    for (team, environment, id) in store::connection::unproved_since(portal.db.reader(), then, MOST).await? {
        let (cx, scope) = (Cx::system(&portal, "proofs"), access::gateway(team, environment));
        // Of several workers one asks.
        let tx = portal.db.begin().await?;
        let mine = store::connection::claim_test(&*tx, &scope, id, then, cx.now()).await?;
        tx.commit().await?;
        if !mine {
            continue;
        }
        // What Amazon said is in the log and on the connection's page; a change meanwhile is for the next turn.
        if let Err(ConnectionError::Access(AccessError::Outage(outage))) = connections::test(&cx, &scope, id).await {
            return Err(outage);
        }
    }
    Ok(())
}
