//! Gives committed events their places in the tree, and signs its heads. One process at a time does.

use chrono::Duration;
use model::Time;
use sea_orm::DbErr;
use subtle::ConstantTimeEq;
use tlog_tiles::record_hash;

use super::{CheckpointKey, leaf::leaf, tree::Edge};
use crate::{
    Portal,
    store::{
        Tx,
        audit_event::Row,
        audit_tree::{self, Checkpoint},
    },
};

/// A head is signed at least so often, and after so many leaves.
pub const CHECKPOINT_EVERY: Duration = Duration::seconds(60);
pub const CHECKPOINT_LEAVES: u64 = 256;

/// Events of one turn.
const BATCH: u64 = 1024;

/// Why a turn was not done. The next one tries again.
#[derive(Debug, thiserror::Error)]
pub enum SequencerError {
    #[error("the database did not answer")]
    Store(#[from] DbErr),
    /// What is stored of the tree is not a tree: `portal audit verify` says where.
    #[error("the stored tree cannot be extended")]
    Tree(#[from] tlog_tiles::Error),
    #[error("the head cannot be signed")]
    Checkpoint(#[from] super::CheckpointError),
}

/// The handles of the sequencer.
#[derive(Clone, Debug)]
pub struct Sequencer {
    pub portal: Portal,
    pub key: CheckpointKey,
}

impl Sequencer {
    /// Places everything that waits; answers how many events that were.
    pub async fn run(&self) -> Result<u64, SequencerError> {
        let mut placed = 0;
        loop {
            let turn = self.turn().await?;
            placed += turn;
            if turn < BATCH {
                return Ok(placed);
            }
        }
    }

    /// One transaction: places, tiles, and a head when one is due. None at all while there is nothing to do, so that a
    /// quiet log costs those who write no turn.
    async fn turn(&self) -> Result<u64, SequencerError> {
        let now = self.portal.clock.now();
        let reader = self.portal.db.reader();
        let last = audit_tree::newest_checkpoint(reader).await?;
        if last.is_some_and(|last| now - last.signed_at < CHECKPOINT_EVERY) && !audit_tree::any_pending(reader).await? {
            return Ok(0);
        }
        let tx = self.portal.db.begin().await?;
        if !audit_tree::lead(&*tx).await? {
            return Ok(0);
        }
        let waiting = audit_tree::pending(&*tx, BATCH).await?;
        let many = waiting.len() as u64;
        let old = audit_tree::size(&*tx).await?;
        let mut edge = load(&tx, old).await?;
        let mut events = Vec::with_capacity(waiting.len());
        for row in waiting {
            let data = leaf(&row);
            if !self.is_ours(&row, &data) {
                tracing::error!(event = %row.id, "an event that Portal did not write is kept out of the log's tree");
                metrics::counter!("portal_audit_foreign_events_total").increment(1);
                audit_tree::refuse(&*tx, row.id, now).await?;
                continue;
            }
            edge.push(record_hash(&data))?;
            events.push(row.id);
        }
        audit_tree::place(&*tx, old, &events).await?;
        for ((level, n), hashes) in edge.grown(old)? {
            audit_tree::put_tile(&*tx, level, n, hashes).await?;
        }
        let last = audit_tree::newest_checkpoint(&*tx).await?;
        if is_due(last.as_ref(), edge.size(), now) {
            let note = self.key.sign(edge.size(), edge.root()?, now)?;
            audit_tree::put_checkpoint(&*tx, Checkpoint { size: edge.size(), signed_at: now, note }).await?;
        }
        tx.commit().await?;
        metrics::gauge!("portal_audit_tree_size").set(edge.size() as f64);
        Ok(many)
    }

    fn is_ours(&self, row: &Row, data: &[u8]) -> bool {
        let mac = self.portal.vault.event_mac(data);
        row.mac.as_ref().is_some_and(|stored| mac.as_slice().ct_eq(stored).into())
    }
}

async fn load(tx: &Tx, size: u64) -> Result<Edge, DbErr> {
    let mut tiles = Vec::new();
    for (level, n) in Edge::tiles(size) {
        tiles.push(((level, n), audit_tree::tile(&**tx, level, n).await?));
    }
    Ok(Edge::load(size, &tiles))
}

fn is_due(last: Option<&Checkpoint>, size: u64, now: Time) -> bool {
    last.is_none_or(|last| size >= last.size + CHECKPOINT_LEAVES || now - last.signed_at >= CHECKPOINT_EVERY)
}
