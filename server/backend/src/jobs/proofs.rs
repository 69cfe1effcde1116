//! Asks Amazon about every grant once a day, so that what a page calls healthy is: a token that LWA refreshes says nothing
//! of SP-API.

use chrono::Duration;

use crate::{
    Cx, Portal,
    access::{self, AccessError},
    connections::{self, ConnectionError},
    error::Outage,
    store,
};

/// How long a test counts, and how long one that failed.
pub const PROOF_LIFE: Duration = Duration::hours(24);
pub const FAILURE_LIFE: Duration = Duration::hours(1);
/// Grants a turn: Amazon sees a trickle, not a wave.
const MOST: u64 = 20;

pub(super) async fn run(portal: Portal) -> Result<(), Outage> {
    let (then, soon) = (portal.clock.now() - PROOF_LIFE, portal.clock.now() - FAILURE_LIFE);
    for (team, environment, id) in store::connection::untested_since(portal.db.reader(), then, soon, MOST).await? {
        let (cx, scope) = (Cx::system(&portal, "proofs"), access::gateway(team, environment));
        // Of several workers one asks.
        let tx = portal.db.begin_in(&scope).await?;
        let mine = store::connection::claim_test(&*tx, &scope, id, soon, cx.now()).await?;
        tx.commit().await?;
        if !mine {
            continue;
        }
        // What Amazon said is in the log and on the connection's page; a grant that was replaced meanwhile was proved then.
        if let Err(ConnectionError::Access(AccessError::Outage(outage))) = connections::test(&cx, &scope, id).await {
            return Err(outage);
        }
    }
    Ok(())
}
