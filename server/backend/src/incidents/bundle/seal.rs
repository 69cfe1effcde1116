//! The seal of a bundle. A bundle is a ZIP archive whose hash stands in the log; the archive's comment holds that event, and the
//! way from there to a signed head. So any tool opens it, and no byte of it can be another one.

use std::io::{Cursor, Read};

use base64::{Engine, engine::general_purpose::STANDARD};
use model::{
    Time,
    audit::{Action, Digest},
    incident::EvidenceKind,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tlog_tiles::{Hash, check_record, record_hash};
use zip::ZipArchive;

use crate::{
    audit::{
        export::{self, Disbelief, Proved},
        read_note,
    },
    incidents::snapshot::UNPROVED,
    vault::sha256,
};

/// The file in a bundle that lists the hashes of all others, as `sha256sum` writes and checks them.
pub(super) const SUMS: &str = "SHA256SUMS";
pub(super) const DOCUMENT: &str = "incident.json";

/// Bytes that a bundle may have once it is unpacked: more is no bundle of Portal's.
pub(super) const UNPACKED_MOST: u64 = 1 << 30;
/// The record that ends a ZIP archive, without the comment behind it (APPNOTE.TXT 4.3.16).
const END: usize = 22;
const END_SIGNATURE: [u8; 4] = *b"PK\x05\x06";

/// What stands in the archive's comment, in this spelling and no other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Seal {
    /// `portal-incident-bundle`
    seal: String,
    v: u8,
    /// The signed head.
    checkpoint: String,
    /// The event that says the archive's hash.
    event: Proved,
}

/// Why a file is not believed to be a bundle.
#[derive(Debug, thiserror::Error)]
pub enum NotSealed {
    #[error("this is no bundle: no seal is in it")]
    NoSeal,
    #[error("the seal is not signed by this log")]
    NotSigned,
    #[error("the event in the seal is not in the log")]
    NotInLog,
    #[error("the archive is not the one that the log speaks of: something in it was changed")]
    Changed,
    #[error("{0} cannot be read")]
    Unreadable(String),
    #[error("{0} is not what {SUMS} says, or is not in it")]
    File(String),
    #[error("the log in it does not hold: {0}")]
    Log(#[from] Disbelief),
}

/// What a bundle proves.
#[derive(Clone, Debug)]
pub struct Verified {
    /// By which people name the incident, and its title.
    pub code: String,
    pub title: String,
    /// When the log recorded the bundle.
    pub bundled_at: String,
    /// When the head was signed that the event is under.
    pub signed_at: Option<Time>,
    pub files: usize,
    /// Pieces that are what was taken in.
    pub evidence: usize,
    /// Pieces that were damaged when it was bound together: they are named, and not in it.
    pub damaged: usize,
    /// Events of the log in it, each proved; nothing when there was no log yet.
    pub events: Option<u64>,
    /// The log did not hold when it was bound together: it is in it as it stood.
    pub is_unproved: bool,
}

/// The archive with its seal; nothing when it is no archive.
pub(super) fn seal(mut archive: Vec<u8>, checkpoint: String, event: Proved) -> Option<Vec<u8>> {
    let seal = Seal { seal: "portal-incident-bundle".to_owned(), v: 1, checkpoint, event };
    let comment = serde_json::to_vec(&seal).ok()?;
    let length = u16::try_from(comment.len()).ok()?;
    let end = archive.len().checked_sub(END)?;
    if archive[end..end + 4] != END_SIGNATURE || archive[end + 20..] != [0, 0] {
        return None;
    }
    archive.truncate(end + 20);
    archive.extend(length.to_le_bytes());
    archive.extend(comment);
    Some(archive)
}

/// Takes the seal off: the archive as it was hashed, and the comment.
fn split(file: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let last = file.len().checked_sub(END)?;
    let first = last.saturating_sub(usize::from(u16::MAX));
    let ends_here = |at: &usize| {
        let comment = &file[at + END..];
        let length = u16::from_le_bytes([file[at + 20], file[at + 21]]);
        file[*at..at + 4] == END_SIGNATURE && usize::from(length) == comment.len()
    };
    let end = (first..=last).rev().find(ends_here)?;
    let mut archive = file[..end + 20].to_vec();
    archive.extend([0, 0]);
    Some((archive, &file[end + END..]))
}

/// Checks a bundle with the log's public key alone.
pub fn verify_bundle(file: &[u8], verifier: &str) -> Result<Verified, NotSealed> {
    let (archive, comment) = split(file).ok_or(NotSealed::NoSeal)?;
    let seal: Seal = serde_json::from_slice(comment).map_err(|_| NotSealed::NoSeal)?;
    // One spelling: else a byte of the comment could be another one.
    let is_spelled = serde_json::to_vec(&seal).is_ok_and(|spelled| spelled == comment);
    if !is_spelled || seal.v != 1 || seal.seal != "portal-incident-bundle" {
        return Err(NotSealed::NoSeal);
    }
    // One signature: others would say nothing, and could be anything.
    if seal.checkpoint.lines().filter(|line| line.starts_with('\u{2014}')).count() != 1 {
        return Err(NotSealed::NotSigned);
    }
    let head = read_note(&seal.checkpoint, verifier).map_err(|_| NotSealed::NotSigned)?;
    let path = seal.event.proof.iter().map(|text| STANDARD.decode(text).ok()?.try_into().ok().map(Hash));
    let path: Vec<Hash> = path.collect::<Option<_>>().ok_or(NotSealed::NotInLog)?;
    let leaf = record_hash(seal.event.leaf.as_bytes());
    if check_record(&path, head.size, Hash(head.root), seal.event.index, leaf).is_err() {
        return Err(NotSealed::NotInLog);
    }
    let event: Value = serde_json::from_str(&seal.event.leaf).map_err(|_| NotSealed::NotInLog)?;
    let details: Value = event["details"].as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let says = |field: &str, value: &str| details[field] == value;
    let is_bundle = event["action"] == Action::EvidenceTaken.as_str() && says("kind", EvidenceKind::Bundle.as_str());
    if !is_bundle || !says("sha256", &Digest(sha256(&archive)).to_string()) {
        return Err(NotSealed::Changed);
    }
    let files = files(archive)?;
    let document = json(&files, DOCUMENT)?;
    let (evidence, damaged) = check_evidence(&files, &document)?;
    let mut events = None;
    for (_, bytes) in files.iter().filter(|(name, _)| name.starts_with("log") && name.ends_with(".jsonl")) {
        // The files overlap: the fullest is counted.
        events = events.max(Some(export::check(&bytes[..], verifier)?.events));
    }
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Ok(Verified {
        code: text(&document["code"]),
        title: text(&document["title"]),
        bundled_at: text(&event["at"]),
        signed_at: head.at,
        files: files.len(),
        evidence,
        damaged,
        events,
        is_unproved: files.iter().any(|(name, _)| name == UNPROVED),
    })
}

type Files = Vec<(String, Vec<u8>)>;

/// Everything in the archive, each as its list of hashes says, and nothing beside it.
fn files(archive: Vec<u8>) -> Result<Files, NotSealed> {
    let unreadable = |name: &str| NotSealed::Unreadable(name.to_owned());
    let mut archive = ZipArchive::new(Cursor::new(archive)).map_err(|_| unreadable("the archive"))?;
    let (mut files, mut left) = (Files::new(), UNPACKED_MOST);
    for place in 0..archive.len() {
        let mut file = archive.by_index(place).map_err(|_| unreadable("the archive"))?;
        let name = file.name().map_err(|_| unreadable("a file's name"))?.into_owned();
        let mut bytes = Vec::new();
        let read = file.by_ref().take(left + 1).read_to_end(&mut bytes).map_err(|_| unreadable(&name))?;
        left = left.checked_sub(read as u64).ok_or_else(|| unreadable(&name))?;
        files.push((name, bytes));
    }
    let sums = files.iter().find(|(name, _)| name == SUMS).ok_or_else(|| unreadable(SUMS))?;
    let sums: Vec<_> = String::from_utf8_lossy(&sums.1).lines().map(str::to_owned).collect();
    for (name, bytes) in files.iter().filter(|(name, _)| name != SUMS) {
        if !sums.contains(&sum_line(name, bytes)) {
            return Err(NotSealed::File(name.clone()));
        }
    }
    Ok(files)
}

pub(super) fn sum_line(name: &str, bytes: &[u8]) -> String {
    format!("{}  {name}", Digest(sha256(bytes)))
}

fn json(files: &Files, name: &str) -> Result<Value, NotSealed> {
    let found = files.iter().find(|(found, _)| found == name);
    let parsed = found.and_then(|(_, bytes)| serde_json::from_slice(bytes).ok());
    parsed.ok_or_else(|| NotSealed::Unreadable(name.to_owned()))
}

/// Each piece that was sound is what was taken in; answers how many there are of these, and how many were damaged already.
fn check_evidence(files: &Files, document: &Value) -> Result<(usize, usize), NotSealed> {
    let pieces = document["evidence"].as_array().cloned().unwrap_or_default();
    let mut damaged = 0;
    for piece in &pieces {
        let Some(name) = piece["file"].as_str() else {
            damaged += 1;
            continue;
        };
        let found = files.iter().find(|(found, _)| found == name);
        let is_same = found.is_some_and(|(_, bytes)| piece["sha256"] == Digest(sha256(bytes)).to_string());
        if !is_same {
            return Err(NotSealed::File(name.to_owned()));
        }
    }
    Ok((pieces.len() - damaged, damaged))
}
