//! Work that no request waits for: one file a job. A role `worker` runs them all.

mod clean;
mod ends;
mod evidence;
mod hooks;
mod impersonations;
mod incidents;
mod key_ends;
mod mail;
mod members;
mod proofs;
mod reviews;
mod tell;

use std::{panic::AssertUnwindSafe, time::Duration};

use futures::FutureExt;
use tokio::task::JoinSet;

use crate::{
    Portal,
    alerts::{self, Watch},
    audit::{PruneError, Sequencer, SequencerError},
    error::Outage,
};

/// No turn takes so long but one whose database or network does not answer any more.
const TURN_WITHIN: Duration = Duration::from_secs(1800);

/// Starts every job; dropping the set stops them.
pub fn start(portal: &Portal, sequencer: Sequencer) -> JoinSet<()> {
    let mut jobs = JoinSet::new();
    jobs.spawn(every(Duration::from_secs(3600), sequencer.clone(), "prune", prune));
    jobs.spawn(every(Duration::from_millis(250), sequencer, "sequence", sequence));
    jobs.spawn(every(Duration::from_secs(5), Watch::new(portal), "watch", watch));
    jobs.spawn(every(Duration::from_secs(5), portal.clone(), "tell", tell::run));
    jobs.spawn(every(Duration::from_secs(5), portal.clone(), "hooks", hooks::run));
    jobs.spawn(every(Duration::from_millis(500), portal.clone(), "mail", mail::run));
    jobs.spawn(every(Duration::from_secs(15), portal.clone(), "incidents", incidents::run));
    jobs.spawn(every(Duration::from_secs(60), portal.clone(), "members", members::run));
    jobs.spawn(every(Duration::from_secs(15), portal.clone(), "impersonations", impersonations::run));
    jobs.spawn(every(Duration::from_secs(300), portal.clone(), "clean", clean::run));
    jobs.spawn(every(Duration::from_secs(600), portal.clone(), "evidence", evidence::run));
    jobs.spawn(every(Duration::from_secs(600), portal.clone(), "key_ends", key_ends::run));
    jobs.spawn(every(Duration::from_secs(600), portal.clone(), "proofs", proofs::run));
    jobs.spawn(every(Duration::from_secs(60), portal.clone(), "reviews", reviews::run));
    jobs.spawn(every(Duration::from_secs(600), (portal.clone(), portal.clock.now()), "ends", ends::run));
    jobs
}

/// Places what waits.
pub async fn sequence(sequencer: Sequencer) -> Result<(), SequencerError> {
    let done = sequencer.run().await.map(drop);
    if let Err(error @ SequencerError::Rewritten { .. }) = &done {
        damaged(&sequencer.portal, error).await;
    }
    done
}

/// Prunes what is old.
pub async fn prune(sequencer: Sequencer) -> Result<(), PruneError> {
    let done = sequencer.prune().await.map(drop);
    if let Err(error @ PruneError::Tampered { .. }) = &done {
        damaged(&sequencer.portal, error).await;
    }
    done
}

/// Tells the operators what the log's own jobs found. That it is an error of theirs is logged besides.
async fn damaged(portal: &Portal, found: &impl std::error::Error) {
    if let Err(error) = alerts::log_does_not_hold(portal, format!("{found}.")).await {
        tracing::error!(error = &error as &dyn std::error::Error, "the alert could not be raised");
    }
}

async fn watch(watch: Watch) -> Result<(), Outage> {
    watch.run().await
}

/// Opens what is due of Reviews and access reviews: for tests.
pub async fn open_reviews(portal: &Portal) -> Result<(), Outage> {
    reviews::run(portal.clone()).await
}

/// Looks after members and accounts: for tests.
pub async fn look_after_members(portal: &Portal) -> Result<(), Outage> {
    members::run(portal.clone()).await
}

/// Every job that goes by the calendar, once: for tests with a clock that is moved.
pub async fn run_due(portal: &Portal) -> Result<(), Outage> {
    clean::run(portal.clone()).await?;
    key_ends::run(portal.clone()).await?;
    members::run(portal.clone()).await?;
    impersonations::run(portal.clone()).await?;
    proofs::run(portal.clone()).await?;
    reviews::run(portal.clone()).await?;
    ends::run((portal.clone(), model::Time::UNIX_EPOCH)).await?;
    incidents::run(portal.clone()).await?;
    evidence::run(portal.clone()).await?;
    tell::run(portal.clone()).await?;
    hooks::run(portal.clone()).await
}

/// Runs `job` again and again. A failed run is logged and tried again at its next turn.
pub async fn every<H, F, Fut, E>(pause: Duration, handle: H, name: &'static str, job: F)
where
    H: Clone,
    F: Fn(H) -> Fut,
    Fut: Future<Output = Result<(), E>>,
    E: std::error::Error + 'static,
{
    let mut turns = tokio::time::interval(pause);
    turns.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        turns.tick().await;
        // A job that panics over one bad row is there again at its next turn.
        let turn = AssertUnwindSafe(job(handle.clone())).catch_unwind();
        let Ok(turn) = tokio::time::timeout(TURN_WITHIN, turn).await else {
            tracing::error!(job = name, "job took too long and was given up");
            continue;
        };
        match turn {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(job = name, error = &error as &dyn std::error::Error, "job failed"),
            Err(_) => tracing::error!(job = name, "job panicked"),
        }
    }
}
