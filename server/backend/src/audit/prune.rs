//! Takes away events that are older than the installation keeps them. Their hashes stay: every proof goes on leading to every
//! head, and the walk over the log goes on comparing all of them.

use std::{collections::BTreeSet, time::Duration as StdDuration};

use chrono::Duration;
use model::{Time, audit::Action, ids::TeamId, retention::kept_since};
use sea_orm::DbErr;

use super::{
    CheckpointError, Event, Head, Horizon, Sequencer, append,
    holds::standing,
    leaf::leaf,
    prover::{Prover, ProverError},
};
use crate::{
    Cx,
    store::{Tx, audit_hold, audit_horizon, audit_tree, audit_watch, incident},
};

/// Events of one turn, and the pause behind it: whoever issues credentials waits for no long one.
const BATCH: u64 = 500;
const PAUSE: StdDuration = StdDuration::from_millis(50);

/// No more of the log goes in a day than this: a clock that is wrong for a moment, or a period that was set too short, does
/// not take it all.
const A_DAY: Duration = Duration::hours(24);
const AT_ONCE: Duration = Duration::days(31);

/// Why nothing was pruned. The next turn tries again.
#[derive(Debug, thiserror::Error)]
pub enum PruneError {
    #[error("the database did not answer")]
    Store(#[from] DbErr),
    #[error("the horizon cannot be signed")]
    Checkpoint(#[from] CheckpointError),
    /// Whoever changed it must not have its traces pruned: `portal audit verify` says more.
    #[error("the event at {index} is not as it was recorded: nothing from there on is pruned")]
    Tampered { index: u64 },
}

impl Sequencer {
    /// Prunes what is older than the installation keeps it, a month of the log a day at most, up to the first event of a Team
    /// under a legal hold; answers how many events that were.
    pub async fn prune(&self) -> Result<u64, PruneError> {
        let now = self.portal.clock.now();
        let Some(since) = self.since(now).await? else { return Ok(0) };
        let mut pruned = 0;
        loop {
            let turn = self.prune_some(since, now).await?;
            pruned += turn;
            if turn < BATCH {
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
        if pruned > 0 {
            let tx = self.portal.db.begin().await?;
            audit_horizon::tidy(&*tx).await?;
            tx.commit().await?;
        }
        Ok(pruned)
    }

    /// What is older than this may go today.
    async fn since(&self, now: Time) -> Result<Option<Time>, DbErr> {
        let db = self.portal.db.reader();
        let Some(since) = kept_since(now, self.portal.settings.audit_retention_months) else { return Ok(None) };
        let last = audit_horizon::last(db).await?.and_then(|(_, note)| Horizon::read(&note, self.key.verifier()).ok());
        Ok(match last {
            // Within a day of it, that day's part goes on.
            Some(last) if now - last.signed_at < A_DAY => Some(last.before.min(since)),
            Some(last) => Some(since.min(last.before + AT_ONCE)),
            None => audit_horizon::oldest(db).await?.map(|oldest| since.min(oldest + AT_ONCE)),
        })
    }

    /// One transaction: a signed horizon, the events below it, and that they were pruned.
    async fn prune_some(&self, since: Time, now: Time) -> Result<u64, PruneError> {
        let tx = self.portal.db.begin().await?;
        match self.pruning(&tx, since, now).await {
            Ok(pruned) if pruned > 0 => {
                tx.commit().await?;
                metrics::counter!("portal_audit_pruned_events_total").increment(pruned);
                Ok(pruned)
            }
            // Whoever leads next must not find the place taken by a turn that came to nothing.
            nothing => {
                tx.rollback().await?;
                nothing
            }
        }
    }

    /// What a turn prunes; nothing when another process leads.
    async fn pruning(&self, tx: &Tx, since: Time, now: Time) -> Result<u64, PruneError> {
        if !audit_tree::lead(&**tx).await? {
            return Ok(0);
        }
        let Some(head) = self.trusted(tx).await? else { return Ok(0) };
        let from = self.horizon(tx).await?;
        // The last leaf says how large the tree is, and what the watch has not read it must read yet.
        let end = audit_watch::next(&**tx).await?.min(head.size).min(audit_tree::size(&**tx).await?.saturating_sub(1));
        // A tree that was smaller after that time proves that what came into it later is not old enough, whatever clock its
        // events were given their time by.
        let end = match audit_tree::smallest_after(&**tx, since).await? {
            Some(size) => end.min(size),
            None => end,
        };
        let index = self.prunable(tx, head, from, end, since).await?;
        if index == from {
            return Ok(0);
        }
        let note = Horizon { index, before: since, signed_at: now }.sign(&self.key)?;
        audit_horizon::put(&**tx, index, now, &note).await?;
        audit_horizon::prune(&**tx, from, index).await?;
        let many = i64::try_from(index - from).unwrap_or(i64::MAX);
        let below = i64::try_from(index).unwrap_or(i64::MAX);
        let event = Event::new(Action::LogPruned).with("events", many).with("below", below);
        append(&**tx, &Cx::system(&self.portal, "retention"), event).await?;
        Ok(index - from)
    }

    /// The head that this machine signed last; the database's word counts only while nothing is remembered.
    async fn trusted(&self, tx: &Tx) -> Result<Option<Head>, DbErr> {
        match self.last.get() {
            Some(head) => Ok(Some(head)),
            None => self.newest(&**tx).await,
        }
    }

    /// Where the log begins by now: by the highest horizon that is genuine.
    async fn horizon(&self, tx: &Tx) -> Result<u64, DbErr> {
        let genuine = |note: &str| Horizon::read(note, self.key.verifier()).ok().map(|horizon| horizon.index);
        if let Some(index) = audit_horizon::last(&**tx).await?.and_then(|(_, note)| genuine(&note)) {
            return Ok(index);
        }
        let notes = audit_horizon::notes(&**tx).await?;
        Ok(notes.iter().rev().find_map(|note| genuine(note)).unwrap_or(0))
    }

    /// Teams whose log must be kept: those under a hold by the log's own word (a table could be changed, the log could not), and
    /// those in which an incident is under way.
    async fn held(&self, tx: &Tx) -> Result<BTreeSet<TeamId>, DbErr> {
        let events = audit_hold::events(&**tx).await?;
        let ours = events.into_iter().filter(|row| self.is_ours(row, &leaf(row)));
        let mut held = standing(ours, self.portal.clock.now());
        held.extend(incident::under_way(&**tx).await?);
        Ok(held)
    }

    /// Behind the last of the events from `from` on that may go. Each of them is proved first: a time that was put back, or an
    /// event that is gone, stops here and stays to be found.
    async fn prunable(&self, tx: &Tx, head: Head, from: u64, end: u64, since: Time) -> Result<u64, PruneError> {
        let held = self.held(tx).await?;
        let mut prover = Prover::new(head);
        let mut next = from;
        for place in audit_tree::placed(&**tx, from, BATCH).await? {
            if next >= end {
                break;
            }
            let tampered = PruneError::Tampered { index: next };
            let Some(row) = place.event.filter(|_| place.idx == next) else { return Err(tampered) };
            if row.at >= since || row.team.is_some_and(|team| held.contains(&team)) {
                break;
            }
            match prover.prove(&**tx, next, &row).await {
                Ok((data, _)) if self.is_ours(&row, &data) => next += 1,
                Err(ProverError::Store(error)) => return Err(error.into()),
                Ok(_) | Err(ProverError::Tree(_)) => return Err(tampered),
            }
        }
        Ok(next)
    }
}
