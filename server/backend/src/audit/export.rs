//! Events with proofs, for somebody who trusts neither this server nor its database: everything needed to check them is in
//! the file, but for the log's public key.

use std::io::{BufRead, Read};

use base64::{Engine, engine::general_purpose::STANDARD};
use model::{Time, ids::TeamId};
use sea_orm::{ConnectionTrait, DbErr};
use serde::{Deserialize, Serialize};
use tlog_tiles::{Hash, check_record, record_hash};

use super::{
    CheckpointError, Head, Horizon,
    prover::{Prover, ProverError},
    read_note,
};
use crate::store::{
    audit_event::{Filter, Row},
    audit_horizon,
    audit_tree::{self, Checkpoint},
};

/// The first line of an export.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// `portal-audit-export`
    pub kind: String,
    pub v: u8,
    /// Whose events; nothing for those of the whole installation.
    pub team: Option<String>,
    /// From this time on, before that time, or one event alone.
    pub from: Option<Time>,
    pub until: Option<Time>,
    pub event: Option<String>,
    /// What else was asked for, as the log page's address says it. That each event fits it is Portal's word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// The signed head that the proofs lead to.
    pub checkpoint: String,
    /// Signed: up to which place the log was pruned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub horizon: Option<String>,
}

/// Every other line: an event, its place, and the way from there to the head.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proved {
    pub index: u64,
    /// The event as one line of JSON, exactly as it was hashed.
    pub leaf: String,
    /// Hashes of RFC 6962's audit path, in Base64.
    pub proof: Vec<String>,
}

/// The last line: how many events there were, so that a file that was cut is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    pub events: u64,
}

/// Which events.
#[derive(Clone, Debug, Default)]
pub struct Which {
    pub team: Option<TeamId>,
    pub from: Option<Time>,
    pub until: Option<Time>,
    /// One event alone.
    pub event: Option<model::ids::EventId>,
    /// What somebody looked for on the log's page, and how its address says it.
    pub filter: Option<(Filter, String)>,
}

#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error("the database did not answer")]
    Store(#[from] DbErr),
    #[error("nothing is signed yet, or the head of this size is not kept any more")]
    NoCheckpoint,
    #[error("old events were pruned while they were exported: export again")]
    Pruned,
    #[error("an event cannot be proved")]
    Prover(#[from] ProverError),
    #[error("the checkpoint cannot be read")]
    Checkpoint(#[from] CheckpointError),
    #[error("the export cannot be written")]
    Write(#[from] std::io::Error),
}

/// Rows read at once.
const PAGE: u64 = 1000;

/// An export in the making.
pub struct Export<C> {
    db: C,
    which: Which,
    prover: Prover,
    note: String,
    horizon: Option<String>,
    next: u64,
}

impl<C: ConnectionTrait + Clone> Export<C> {
    /// Against the newest head, or the one of this size: with the same head, the same range gives the same bytes for ever.
    pub async fn begin(db: &C, which: Which, size: Option<u64>) -> Result<Self, ExportError> {
        let chosen = match size {
            Some(size) => audit_tree::checkpoint_of(db, size).await?,
            None => audit_tree::newest_checkpoint(db).await?,
        };
        let Checkpoint { note, .. } = chosen.ok_or(ExportError::NoCheckpoint)?;
        let horizon = audit_horizon::last(db).await?.map(|(_, note)| note);
        Ok(Self { db: db.clone(), which, prover: Prover::new(unchecked(&note)?), note, horizon, next: 0 })
    }

    /// How many acts it will hold.
    pub async fn acts(&mut self) -> Result<u64, DbErr> {
        audit_tree::acts_of(&self.db, &self.which, self.prover.head().size).await
    }

    pub fn header(&self) -> Header {
        Header {
            kind: "portal-audit-export".to_owned(),
            v: 1,
            team: self.which.team.map(|team| team.to_string()),
            from: self.which.from,
            until: self.which.until,
            event: self.which.event.map(|event| event.to_string()),
            filter: self.which.filter.as_ref().map(|(_, address)| address.clone()),
            checkpoint: self.note.clone(),
            horizon: self.horizon.clone(),
        }
    }

    /// The next events, in the order of the log; none at the end.
    pub async fn page(&mut self) -> Result<Vec<(Row, Proved)>, ExportError> {
        let rows = audit_tree::placed_of(&self.db, &self.which, self.next, self.prover.head().size, PAGE).await?;
        if audit_horizon::last(&self.db).await?.map(|(_, note)| note) != self.horizon {
            return Err(ExportError::Pruned);
        }
        let mut page = Vec::with_capacity(rows.len());
        self.prover.forget();
        for (index, row) in rows {
            self.next = index + 1;
            let proved = self.prove(index, &row).await?;
            page.push((row, proved));
        }
        Ok(page)
    }

    /// Whatever form it leaves in, an event that was changed since does not leave.
    async fn prove(&mut self, index: u64, row: &Row) -> Result<Proved, ExportError> {
        let (data, proof) = self.prover.prove(&self.db, index, row).await?;
        let proof = proof.iter().map(|hash| STANDARD.encode(hash.0)).collect();
        Ok(Proved { index, leaf: String::from_utf8_lossy(&data).into_owned(), proof })
    }
}

/// What a stored note says; whoever reads the export checks who signed it.
fn unchecked(note: &str) -> Result<Head, CheckpointError> {
    let body = note.split_once("\n\n").map(|(body, _)| format!("{body}\n")).ok_or(CheckpointError::Malformed)?;
    let head = tlog_tiles::Checkpoint::from_bytes(body.as_bytes()).map_err(|_| CheckpointError::Malformed)?;
    Ok(Head { size: head.size(), root: head.hash().0, at: None })
}

/// Why an export is not believed.
#[derive(Debug, thiserror::Error)]
pub enum Disbelief {
    #[error("the file cannot be read")]
    Unreadable(#[from] std::io::Error),
    #[error("line {0} is not a line of an export")]
    Line(usize),
    #[error("the checkpoint, or what was pruned, is not signed by this log")]
    NotSigned,
    #[error("what was pruned was not a year old when that was signed")]
    Horizon,
    #[error("line {line}: the event of index {index} is not in the tree of this checkpoint")]
    NotProved { line: usize, index: u64 },
    #[error("line {0}: the events are not in the order of the log")]
    Order(usize),
    #[error("line {0}: the event is not one of those that the file says it holds")]
    Elsewhere(usize),
    #[error("the file was cut: its last line is missing, or counts other events")]
    Cut,
    #[error("the file says that it holds the whole log, and events are missing")]
    Missing,
}

/// What an export proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    pub events: u64,
    pub head: Head,
    /// It is the whole log up to its head. Of a part it is not proved that no event is left out.
    pub complete: bool,
    /// Where the log began when it was exported: older events are pruned.
    pub begins: u64,
}

/// The longest line of an honest export, in bytes.
const LINE: u64 = 64 * 1024;

/// Checks an export with the log's public key alone.
pub fn check(mut reader: impl BufRead, verifier: &str) -> Result<Checked, Disbelief> {
    let mut text = String::new();
    let mut number = 0;
    let mut next = |text: &mut String| -> Result<bool, Disbelief> {
        text.clear();
        number += 1;
        let read = reader.by_ref().take(LINE).read_line(text)?;
        if read > 0 && !text.ends_with('\n') && read as u64 == LINE { Err(Disbelief::Line(number)) } else { Ok(read > 0) }
    };
    next(&mut text)?;
    let header = serde_json::from_str::<Header>(&text).map_err(|_| Disbelief::Line(1))?;
    if header.kind != "portal-audit-export" || header.v != 1 {
        return Err(Disbelief::Line(1));
    }
    let head = read_note(&header.checkpoint, verifier).map_err(|_| Disbelief::NotSigned)?;
    let horizon = header.horizon.as_ref().map(|note| Horizon::read(note, verifier)).transpose();
    let horizon = horizon.map_err(|_| Disbelief::NotSigned)?;
    if horizon.is_some_and(|horizon| horizon.is_disproved_by(&head) || !horizon.is_old_enough()) {
        return Err(Disbelief::Horizon);
    }
    let begins = horizon.map_or(0, |horizon| horizon.index);
    let whole = header.filter.is_none()
        && header.team.is_none()
        && header.from.is_none()
        && header.until.is_none()
        && header.event.is_none();
    let (mut events, mut last, mut line) = (0, None, 1);
    loop {
        line += 1;
        if !next(&mut text)? {
            return Err(Disbelief::Cut);
        }
        if let Ok(end) = serde_json::from_str::<End>(&text) {
            // Nothing comes behind the end.
            if end.events != events || next(&mut text)? {
                return Err(Disbelief::Cut);
            }
            break;
        }
        let proved: Proved = serde_json::from_str(&text).map_err(|_| Disbelief::Line(line))?;
        if proved.index < begins || last.is_some_and(|last| proved.index <= last) {
            return Err(Disbelief::Order(line));
        }
        last = Some(proved.index);
        let hashes = proved.proof.iter().map(|text| STANDARD.decode(text).ok()?.try_into().ok().map(Hash));
        let path: Option<Vec<Hash>> = hashes.collect();
        let path = path.ok_or(Disbelief::Line(line))?;
        let hash = record_hash(proved.leaf.as_bytes());
        if check_record(&path, head.size, Hash(head.root), proved.index, hash).is_err() {
            return Err(Disbelief::NotProved { line, index: proved.index });
        }
        if !is_within(&header, &proved.leaf) {
            return Err(Disbelief::Elsewhere(line));
        }
        events += 1;
    }
    if whole && events != head.size.saturating_sub(begins) {
        return Err(Disbelief::Missing);
    }
    Ok(Checked { events, head, complete: whole, begins })
}

/// Whether an event is one of those that the header speaks of.
fn is_within(header: &Header, leaf: &str) -> bool {
    let Ok(event) = serde_json::from_str::<serde_json::Value>(leaf) else { return false };
    let is = |field: &str, wanted: &Option<String>| wanted.as_ref().is_none_or(|wanted| event[field] == **wanted);
    let at = event["at"].as_str().and_then(|at| at.parse::<Time>().ok());
    let after = header.from.is_none_or(|from| at.is_some_and(|at| at >= from));
    let before = header.until.is_none_or(|until| at.is_some_and(|at| at < until));
    is("team", &header.team) && is("id", &header.event) && after && before
}
