//! The evidence locker: what there was is taken in before anything is destroyed, hashed, sealed, and looked at every day.

mod copy;
mod look;
mod sound;

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::Duration;
pub use copy::copy_evidence;
pub use look::check_evidence;
use model::{
    audit::{Action, Digest, SafeText},
    ids::{EvidenceId, UserId},
    incident::{
        CustodyAct, EvidenceKind,
        evidence::{FILE_MOST, LOCKER_MOST, file_name, media_type},
    },
};
use secrecy::SecretString;
pub(super) use sound::sound;

use super::{IncidentError, IncidentScope, snapshot};
use crate::{
    Cx,
    access::{self, AccessError},
    audit::{self, append_and_name},
    error::Outage,
    random,
    store::{
        evidence::{self, Custody, Evidence},
        rate_limit::{self, Limit},
    },
    vault::{Place, sha256},
};

/// What people take in by hand in one incident: six times at once, then every ten minutes.
const BY_HAND: Limit = Limit { burst: 6, every: Duration::minutes(10) };
/// Letters of a name that the log tells.
const NAME_TOLD: usize = 120;

/// What is recorded gets its place in the log, and its proof, within so long.
const OVERLAP: Duration = Duration::minutes(5);

/// What is taken in.
pub(super) struct Content {
    pub kind: EvidenceKind,
    pub name: String,
    pub media: String,
    pub bytes: Vec<u8>,
}

fn place(of: &Evidence) -> Place {
    Place { team: Some(of.team), table: "evidence", row: of.id.0, field: "content" }
}

/// Everything that was taken in in an incident, with who had it in hand.
pub async fn locker(cx: &Cx, scope: &IncidentScope) -> Result<Vec<(Evidence, Vec<Custody>)>, AccessError> {
    let db = &cx.portal.db.of(scope);
    let mut records = evidence::custody_of(db, scope).await?;
    let all = evidence::all(db, scope).await?;
    Ok(all.into_iter().map(|piece| (records.remove(&piece.id).unwrap_or_default(), piece)).map(|(c, p)| (p, c)).collect())
}

/// Takes in how things stand now, and what the log says so far, with proofs; a few times an hour at most.
#[tracing::instrument(skip_all, fields(incident = %scope.id()))]
pub async fn take_evidence(cx: &Cx, scope: &IncidentScope) -> Result<(), IncidentError> {
    by_hand(cx, scope).await?;
    take_stock(cx, scope, Duration::zero()).await
}

/// A few times an hour, and nothing of it is ever taken away.
pub(super) async fn by_hand(cx: &Cx, scope: &IncidentScope) -> Result<(), IncidentError> {
    let tx = cx.portal.db.begin_in(scope).await?;
    let bucket = format!("evidence:{}", scope.id().0.simple());
    let taken = rate_limit::take(&*tx, &bucket, BY_HAND, 1, cx.now()).await?;
    if taken.granted == 0 {
        return Err(IncidentError::TooMany(taken.wait_s()));
    }
    Ok(tx.commit().await?)
}

/// Takes in how things stand now, and the log unless it was taken in within the last `fresh`.
pub(super) async fn take_stock(cx: &Cx, scope: &IncidentScope, fresh: Duration) -> Result<(), IncidentError> {
    let now = cx.now();
    let at = now.format("%Y%m%d-%H%M%S");
    let stands = snapshot::of_team(cx, scope.team()).await?;
    let snapshot = Content {
        kind: EvidenceKind::Snapshot,
        name: format!("{at}-how-things-stood.json"),
        media: "application/json".to_owned(),
        bytes: stands.into_bytes(),
    };
    keep(cx, scope, snapshot).await?;
    let all = evidence::all(&cx.portal.db.of(scope), scope).await?;
    let last = all.iter().filter(|piece| piece.kind == EvidenceKind::Log).map(|piece| piece.taken_at).max();
    if last.is_some_and(|at| now - at < fresh) {
        return Ok(());
    }
    // What was taken in is not taken in again. Before the first head is signed there is nothing to prove.
    for (name, log) in snapshot::log(cx, scope, last.map(|at| at - OVERLAP)).await? {
        let (name, media) = (format!("{at}-{name}"), "application/jsonl".to_owned());
        keep(cx, scope, Content { kind: EvidenceKind::Log, name, media, bytes: log.into_bytes() }).await?;
    }
    Ok(())
}

/// Takes in a file that somebody has.
#[tracing::instrument(skip_all, fields(incident = %scope.id()))]
pub async fn take_file(
    cx: &Cx,
    scope: &IncidentScope,
    name: &str,
    media: &str,
    bytes: Vec<u8>,
) -> Result<EvidenceId, IncidentError> {
    let name = file_name(name).ok_or(IncidentError::Missing("file"))?;
    if bytes.is_empty() {
        return Err(IncidentError::Missing("file"));
    }
    if bytes.len() > FILE_MOST {
        return Err(IncidentError::TooLarge);
    }
    keep(cx, scope, Content { kind: EvidenceKind::File, name, media: media_type(media), bytes }).await
}

/// Seals it, with its hash in the log.
pub(super) async fn keep(cx: &Cx, scope: &IncidentScope, content: Content) -> Result<EvidenceId, IncidentError> {
    let (now, (by, name)) = (cx.now(), who(cx));
    let hash = sha256(&content.bytes);
    let plain = SecretString::from(STANDARD.encode(&content.bytes));
    let tx = cx.portal.begin_to_seal(Some(scope.team().team())).await?;
    let held = scope.held(&tx).await?;
    // A whole incident is bound together when it is over, too.
    if held.incident().progress.state.is_over() && content.kind != EvidenceKind::Bundle {
        return Err(IncidentError::Over);
    }
    let size = i64::try_from(content.bytes.len()).unwrap_or(i64::MAX);
    if content.kind == EvidenceKind::File && evidence::bytes(&*tx, &held).await?.saturating_add(size) > LOCKER_MOST {
        return Err(IncidentError::LockerFull);
    }
    let id: EvidenceId = random::id(now);
    let told = held
        .event(Action::EvidenceTaken)
        .with("evidence", id)
        .with("kind", content.kind.as_str())
        .with("name", &SafeText::new(&content.name, NAME_TOLD))
        .with("media", &SafeText::new(&content.media, NAME_TOLD))
        .with("bytes", size)
        .with("sha256", Digest(hash));
    let told = append_and_name(&*tx, cx, told).await?;
    let piece = Evidence {
        id,
        incident: held.id(),
        team: held.team().team(),
        kind: content.kind,
        name: content.name,
        media: content.media,
        size,
        sha256: hash,
        // As the event has it: what is compared later was one moment.
        taken_at: told.at,
        taken_name: told.actor_name,
        event: told.id,
    };
    let sealed = cx.portal.vault.seal(&*tx, now, &place(&piece), &plain).await.map_err(Outage::from)?;
    evidence::insert(&*tx, &piece, &sealed, by).await?;
    evidence::add_custody(&*tx, piece.id, piece.team, &Custody { act: CustodyAct::Taken, at: told.at, by, name }).await?;
    tx.commit().await?;
    hold_log(cx, scope).await?;
    Ok(id)
}

/// Keeps the Team's log until somebody lifts that. Of a restricted incident the Team's log says nothing, so a person places
/// the hold.
pub(super) async fn hold_log(cx: &Cx, scope: &IncidentScope) -> Result<(), IncidentError> {
    if scope.incident().restricted || scope.incident().drill {
        return Ok(());
    }
    let reason = format!("Incident {}", model::incident::code(scope.id()));
    Ok(audit::hold_unless_held(cx, scope.team(), &SafeText::new(&reason, 100)).await?)
}

pub(super) fn who(cx: &Cx) -> (Option<UserId>, String) {
    match access::signed_in(cx) {
        Ok(person) => (Some(person.user), person.email.to_string()),
        Err(_) => (None, "Portal".to_owned()),
    }
}
