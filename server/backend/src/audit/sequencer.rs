//! Gives committed events their places in the tree, and signs its heads. One process at a time does.

use chrono::Duration;
use model::Time;
use sea_orm::{ConnectionTrait, DbErr};
use subtle::ConstantTimeEq;
use tlog_tiles::record_hash;

use super::{
    CheckpointKey, Head, LastHead,
    leaf::leaf,
    read_note,
    tree::{Edge, HEIGHT},
};
use crate::{
    Portal,
    store::{
        Tx,
        audit_event::Row,
        audit_pending,
        audit_tree::{self, Checkpoint},
    },
};

/// A head is signed at least so often, and after so many leaves.
pub const CHECKPOINT_EVERY: Duration = Duration::seconds(60);
pub const CHECKPOINT_LEAVES: u64 = 256;

/// Events of one turn.
const BATCH: u64 = 256;
/// No log of this product grows so large: a place beyond it was written by somebody else.
const LARGEST: u64 = 1 << 40;

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
    /// Somebody rewrote or cut the log: nothing more is signed.
    #[error("the log does not follow from the head of {signed} events that was signed before")]
    Rewritten { signed: u64 },
    #[error("a place of {0} is stored, beyond any that was given")]
    TooLarge(u64),
}

/// The handles of the sequencer.
#[derive(Clone, Debug)]
pub struct Sequencer {
    pub portal: Portal,
    pub key: CheckpointKey,
    /// What it signed last: the next head follows from it, or is not signed.
    pub last: LastHead,
}

impl Sequencer {
    /// One that remembers while the process lives.
    pub fn new(portal: &Portal, key: CheckpointKey) -> Self {
        Self { portal: portal.clone(), key, last: LastHead::default() }
    }

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
        let signed = self.newest(reader).await?;
        let size = audit_tree::size(reader).await?;
        if !self.is_due(signed.as_ref(), size, now) && !audit_pending::any(reader).await? {
            return Ok(0);
        }
        let tx = self.portal.db.begin().await?;
        let placed = match self.placing(&tx, now).await {
            Ok(Some(placed)) => placed,
            // Whoever leads next must not find the place taken by a turn that came to nothing.
            nothing => {
                tx.rollback().await?;
                return nothing.map(|_| 0);
            }
        };
        tx.commit().await?;
        if let Some((note, head)) = placed.head {
            self.last.keep(&note, head)?;
        }
        metrics::gauge!("portal_audit_tree_size").set(placed.size as f64);
        Ok(placed.many)
    }

    /// What a turn writes; nothing when another process leads.
    async fn placing(&self, tx: &Tx, now: Time) -> Result<Option<Placed>, SequencerError> {
        if !audit_tree::lead(&**tx).await? {
            return Ok(None);
        }
        let waiting = audit_pending::oldest(&**tx, BATCH).await?;
        let many = waiting.len() as u64;
        let old = audit_tree::size(&**tx).await?;
        let mut edge = load(tx, old, old).await?;
        let mut events = Vec::with_capacity(waiting.len());
        for (id, row) in waiting {
            let data = row.as_ref().map(leaf);
            match row.zip(data).filter(|(row, data)| self.is_ours(row, data)) {
                Some((_, data)) => {
                    edge.push(record_hash(&data))?;
                    events.push(id);
                }
                None => {
                    tracing::error!(event = %id, "an event that Portal did not write is kept out of the log's tree");
                    metrics::counter!("portal_audit_foreign_events_total").increment(1);
                    audit_pending::refuse(&**tx, id, now).await?;
                }
            }
        }
        audit_tree::place(&**tx, old, &events).await?;
        for ((level, n), hashes) in edge.grown(old)? {
            audit_tree::put_tile(&**tx, level, n, hashes).await?;
        }
        let newest = self.newest(&**tx).await?;
        // One head for all that a run places, unless it does not come to an end.
        let through = many < BATCH || newest.as_ref().is_none_or(|head| edge.size() >= head.size + 4 * CHECKPOINT_LEAVES);
        let due = through && self.is_due(newest.as_ref(), edge.size(), now);
        let head = if due { Some(self.sign(tx, &edge, now).await?) } else { None };
        Ok(Some(Placed { many, size: edge.size(), head }))
    }

    /// Signs the head of a tree that follows from what was signed before.
    async fn sign(&self, tx: &Tx, edge: &Edge, now: Time) -> Result<(String, Head), SequencerError> {
        // The first time nothing is remembered: then the database's newest genuine head is all there is.
        let before = match self.last.get() {
            Some(head) => Some(head),
            None => self.newest(&**tx).await?,
        };
        if let Some(before) = before.filter(|before| before.size > 0) {
            let follows = edge.size() >= before.size && {
                let then = load(tx, edge.size(), before.size).await?;
                then.root().is_ok_and(|root| root.0 == before.root)
            };
            if !follows {
                metrics::counter!("portal_audit_rewritten_total").increment(1);
                return Err(SequencerError::Rewritten { signed: before.size });
            }
        }
        let root = edge.root()?;
        let note = self.key.sign(edge.size(), root, now)?;
        audit_tree::put_checkpoint(&**tx, Checkpoint { size: edge.size(), signed_at: now, note: note.clone() }).await?;
        Ok((note, Head { size: edge.size(), root: root.0, at: Some(now) }))
    }

    /// The newest head of the database, when it is genuine.
    pub(super) async fn newest(&self, db: &impl ConnectionTrait) -> Result<Option<Head>, DbErr> {
        let newest = audit_tree::newest_checkpoint(db).await?;
        Ok(newest.and_then(|newest| read_note(&newest.note, self.key.verifier()).ok()))
    }

    /// What the database says of its heads alone does not hold a signature back.
    fn is_due(&self, newest: Option<&Head>, size: u64, now: Time) -> bool {
        let due = |head: &Head| {
            let fresh = head.at.is_some_and(|at| at <= now && now - at < CHECKPOINT_EVERY);
            !fresh || size >= head.size + CHECKPOINT_LEAVES || size < head.size
        };
        newest.is_none_or(due)
    }

    pub(super) fn is_ours(&self, row: &Row, data: &[u8]) -> bool {
        let mac = self.portal.vault.event_mac(data);
        row.mac.as_ref().is_some_and(|stored| mac.as_slice().ct_eq(stored).into())
    }
}

/// What a turn wrote.
struct Placed {
    /// Events that waited.
    many: u64,
    /// Leaves of the tree now.
    size: u64,
    head: Option<(String, Head)>,
}

/// The right edge of the tree as it was at the size `then`, from the tiles of the tree of `size`.
async fn load(tx: &Tx, size: u64, then: u64) -> Result<Edge, SequencerError> {
    if size > LARGEST {
        return Err(SequencerError::TooLarge(size));
    }
    Ok(edge(&**tx, then).await?)
}

/// The right edge of the tree as it was at a size, from the tiles that are stored.
async fn edge(db: &impl ConnectionTrait, then: u64) -> Result<Edge, DbErr> {
    let mut tiles = Vec::new();
    for (level, n) in Edge::tiles(then) {
        let mut hashes = audit_tree::tile(db, level, n).await?;
        let width = (then >> (u32::from(HEIGHT) * u32::from(level))) & 255;
        hashes.truncate(width as usize * 32);
        tiles.push(((level, n), hashes));
    }
    Ok(Edge::load(then, &tiles))
}

/// The root of the stored tree at a size; nothing when it has not grown so far.
pub async fn root_at(db: &impl ConnectionTrait, size: u64) -> Result<Option<[u8; 32]>, DbErr> {
    Ok(edge(db, size).await?.root().ok().map(|root| root.0))
}
