//! Walking the whole log: whether every event is what was recorded, where it was recorded.

use std::collections::HashMap;

use chrono::Duration;
use model::{Time, ids::EventId};
use sea_orm::{ConnectionTrait, DbErr};
use subtle::ConstantTimeEq;
use tlog_tiles::{Hash, record_hash};

use super::{Head, Horizon, leaf::leaf, read_note, tree::Edge};
use crate::{
    store::{audit_event::Row, audit_horizon, audit_tree},
    vault::Vault,
};

/// How long an event may wait for its place before that is suspicious.
pub const PATIENCE: Duration = Duration::minutes(5);

/// Rows read at once.
const PAGE: u64 = 2000;

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("this place is missing")]
    PlaceMissing,
    #[error("the event is gone, or cannot be read")]
    EventMissing,
    #[error("the event was not written by Portal, or was changed since")]
    NotOurs,
    #[error("the event is not the one that was placed here")]
    OtherLeaf,
    #[error("a tile of hashes is missing or differs from what is below it")]
    Tile,
    #[error("a checkpoint is not signed by this log")]
    NotSigned,
    /// Up to the size of the checkpoint that differs.
    #[error("a signed checkpoint of {until} events says something else of the tree")]
    OtherHead { until: u64 },
    #[error("the tree is shorter than a checkpoint that was signed")]
    Cut,
    #[error("an event has no place in the tree: {0}")]
    WithoutPlace(EventId),
    #[error("an event is outside the tree, or is gone while it waited for its place: {0}")]
    Astray(EventId),
    #[error("there is no checkpoint")]
    NoCheckpoint,
    #[error("what was pruned is not signed by this log, or was not a year old")]
    Horizon,
}

impl Fault {
    /// The index of a finding is where it is; otherwise it is where it may begin.
    fn is_exact(&self) -> bool {
        !matches!(self, Fault::OtherHead { .. } | Fault::Tile | Fault::Cut)
    }
}

/// One finding: what, and at which index of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub index: Option<u64>,
    pub fault: Fault,
}

/// What a walk found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Leaves that were looked at.
    pub size: u64,
    /// Where the log begins: older events are pruned, and of them their hashes alone were looked at.
    pub begins: u64,
    /// The newest signed head.
    pub head: Option<Head>,
    /// In the order of the walk; empty when all is as it was recorded.
    pub findings: Vec<Finding>,
}

impl Report {
    /// The first bad index. A checkpoint that differs says only where it may begin: an index that is known exactly is the
    /// first one when it lies before the end of that.
    pub fn first_bad(&self) -> Option<u64> {
        let exact =
            self.findings.iter().filter(|finding| finding.fault.is_exact()).filter_map(|finding| finding.index).min();
        let differs = self.findings.iter().find_map(|finding| match finding.fault {
            Fault::OtherHead { until } => finding.index.map(|from| (from, until)),
            _ => None,
        });
        match (exact, differs) {
            (Some(exact), Some((from, until))) if exact >= until => Some(from),
            (Some(exact), _) => Some(exact),
            (None, _) => self.findings.iter().filter_map(|finding| finding.index).min(),
        }
    }

    fn add(&mut self, index: Option<u64>, fault: Fault) {
        self.findings.push(Finding { index, fault });
    }
}

/// Walks a live database. `verifier`: the log's public key, from outside. `remembered`: checkpoints that were kept outside,
/// by a witness say.
pub async fn verify(
    db: &impl ConnectionTrait,
    vault: &Vault,
    verifier: &str,
    remembered: &[String],
    now: Time,
) -> Result<Report, DbErr> {
    loop {
        let before = audit_horizon::notes(db).await?;
        let report = walk(db, vault, verifier, remembered, now).await?;
        // What was pruned meanwhile was there when the walk began.
        if audit_horizon::notes(db).await? == before {
            return Ok(report);
        }
    }
}

async fn walk(
    db: &impl ConnectionTrait,
    vault: &Vault,
    verifier: &str,
    remembered: &[String],
    now: Time,
) -> Result<Report, DbErr> {
    let mut report = Report::default();
    let heads = heads(db, verifier, remembered, &mut report).await?;
    let mut walk = Walk { edge: Edge::default(), heads, good: 0, tile: 0 };
    report.begins = begins(db, verifier, now, &walk.heads, &mut report).await?;
    walk.over_pruned(db, report.begins, &mut report).await?;
    loop {
        let placed = audit_tree::placed(db, walk.edge.size(), PAGE).await?;
        if placed.is_empty() {
            break;
        }
        for place in placed {
            let index = walk.edge.size();
            if place.idx != index {
                report.add(Some(index), Fault::PlaceMissing);
                report.size = index;
                return Ok(report);
            }
            let hash = judge(vault, index, place.event.as_ref(), &mut report);
            walk.step(db, hash, &mut report).await?;
        }
    }
    walk.finish(db, &mut report).await?;
    for id in audit_tree::without_place(db, now - PATIENCE, 10).await? {
        report.add(None, Fault::WithoutPlace(id));
    }
    for id in audit_tree::astray(db, report.begins, 10).await? {
        report.add(None, Fault::Astray(id));
    }
    Ok(report)
}

/// Where the log begins, by the highest horizon that the log's own key has signed.
async fn begins(
    db: &impl ConnectionTrait,
    verifier: &str,
    now: Time,
    heads: &HashMap<u64, Vec<Head>>,
    report: &mut Report,
) -> Result<u64, DbErr> {
    let mut begins = 0;
    for note in audit_horizon::notes(db).await? {
        let disproved = |horizon: &Horizon| heads.values().flatten().any(|head| horizon.is_disproved_by(head));
        match Horizon::read(&note, verifier) {
            Ok(horizon) if horizon.is_lawful(now) && !disproved(&horizon) => begins = begins.max(horizon.index),
            _ => report.add(None, Fault::Horizon),
        }
    }
    Ok(begins)
}

/// Every head that is known, by the size of its tree.
async fn heads(
    db: &impl ConnectionTrait,
    verifier: &str,
    remembered: &[String],
    report: &mut Report,
) -> Result<HashMap<u64, Vec<Head>>, DbErr> {
    let mut heads: HashMap<u64, Vec<Head>> = HashMap::new();
    let stored = audit_tree::checkpoints(db).await?;
    if stored.is_empty() {
        report.add(None, Fault::NoCheckpoint);
    }
    let notes = stored.iter().map(|checkpoint| (Some(checkpoint.size), &checkpoint.note));
    for (size, note) in notes.chain(remembered.iter().map(|note| (None, note))) {
        match read_note(note, verifier) {
            Ok(head) if size.is_none_or(|size| size == head.size) => heads.entry(head.size).or_default().push(head),
            _ => report.add(None, Fault::NotSigned),
        }
    }
    report.head = heads.values().flatten().max_by_key(|head| head.size).cloned();
    Ok(heads)
}

/// The hash of what stands at a place; of nothing, when nothing does.
fn judge(vault: &Vault, index: u64, event: Option<&Row>, report: &mut Report) -> Hash {
    let Some(row) = event else {
        report.add(Some(index), Fault::EventMissing);
        return record_hash(b"");
    };
    let data = leaf(row);
    let mac = vault.event_mac(&data);
    if !row.mac.as_ref().is_some_and(|stored| bool::from(mac.as_slice().ct_eq(stored))) {
        report.add(Some(index), Fault::NotOurs);
    }
    record_hash(&data)
}

/// The tree as the events make it, beside the one that is stored and the heads that were signed.
struct Walk {
    edge: Edge,
    heads: HashMap<u64, Vec<Head>>,
    /// The size of the largest tree whose signed head fits.
    good: u64,
    /// The first leaf of the present tile.
    tile: u64,
}

impl Walk {
    /// Over events that are pruned: their hashes stand in the tiles, and must lead to the same heads.
    async fn over_pruned(&mut self, db: &impl ConnectionTrait, begins: u64, report: &mut Report) -> Result<(), DbErr> {
        let mut tile = Vec::new();
        while self.edge.size() < begins {
            let index = self.edge.size();
            if index.is_multiple_of(256) {
                tile = audit_tree::tile(db, 0, index / 256).await?;
            }
            let at = (index % 256) as usize * 32;
            let hash = tile.get(at..at + 32).and_then(|hash| hash.try_into().ok()).map(Hash);
            if hash.is_none() {
                report.add(Some(index), Fault::Tile);
            }
            self.step(db, hash.unwrap_or(record_hash(b"")), report).await?;
        }
        Ok(())
    }

    async fn step(&mut self, db: &impl ConnectionTrait, hash: Hash, report: &mut Report) -> Result<(), DbErr> {
        self.edge.push(hash).map_err(|error| DbErr::Custom(error.to_string()))?;
        let size = self.edge.size();
        if let Some(heads) = self.heads.remove(&size) {
            let root = self.edge.root().map_err(|error| DbErr::Custom(error.to_string()))?;
            if heads.iter().all(|head| head.root == root.0) {
                self.good = size;
            } else if !report.findings.iter().any(|finding| matches!(finding.fault, Fault::OtherHead { .. })) {
                // From here on every head differs.
                report.add(Some(self.good), Fault::OtherHead { until: size });
            }
        }
        if size.is_multiple_of(256) {
            self.tiles(db, report).await?;
        }
        Ok(())
    }

    /// Compares the tiles that ended here, and forgets what is not at the edge any more.
    async fn tiles(&mut self, db: &impl ConnectionTrait, report: &mut Report) -> Result<(), DbErr> {
        let size = self.edge.size();
        for ((level, n), data) in self.edge.grown(self.tile).map_err(|error| DbErr::Custom(error.to_string()))? {
            let stored = audit_tree::tile(db, level, n).await?;
            // The tile of a level above may have grown since.
            if stored.starts_with(&data) {
                continue;
            }
            let differs = data.iter().zip(&stored).position(|(ours, theirs)| ours != theirs);
            let entry = differs.unwrap_or(stored.len().min(data.len())) as u64 / 32;
            let fault = if level == 0 { Fault::OtherLeaf } else { Fault::Tile };
            report.add(Some(((n << 8) + entry) << (8 * u32::from(level))), fault);
        }
        let edge = Edge::tiles(size).into_iter().map(|at| (at, self.edge.row(at))).collect::<Vec<_>>();
        self.edge = Edge::load(size, &edge);
        self.tile = size;
        Ok(())
    }

    async fn finish(&mut self, db: &impl ConnectionTrait, report: &mut Report) -> Result<(), DbErr> {
        if self.edge.size() > self.tile {
            self.tiles(db, report).await?;
        }
        report.size = self.edge.size();
        if self.heads.keys().any(|size| *size > report.size) {
            report.add(Some(report.size), Fault::Cut);
        }
        Ok(())
    }
}
