//! The evidence locker: what there was is taken in before anything is destroyed, hashed, sealed, and looked at every day.

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{Duration, Timelike};
use model::{
    audit::{Action, Digest, SafeText},
    ids::{EvidenceId, UserId},
    incident::{
        CustodyAct, EvidenceKind,
        evidence::{FILE_MOST, LOCKER_MOST, file_name, media_type},
    },
    retention::{LEAST_MONTHS, kept_since},
    step_up::DangerousAct,
};
use sea_orm::DbErr;
use secrecy::{ExposeSecret, SecretString};

use super::{IncidentError, IncidentScope, bundle::sealed, scope, snapshot};
use crate::{
    Cx, Portal,
    access::{self, AccessError},
    alerts,
    audit::{self, Said, append, append_and_name},
    error::Outage,
    random,
    store::{
        audit_event::Row,
        evidence::{self, Custody, Due, Evidence},
        incident,
        rate_limit::{self, Limit},
    },
    vault::{Place, VaultError, sha256},
};

/// What people take in by hand in one incident: six times at once, then every ten minutes.
const BY_HAND: Limit = Limit { burst: 6, every: Duration::minutes(10) };
/// How often each piece is looked at.
const LOOK_EVERY: Duration = Duration::hours(24);
/// Letters of a name that the log tells.
const NAME_TOLD: usize = 120;
/// Pieces of one turn of the job.
const AT_ONCE: u64 = 50;

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

/// The name and the content of a piece, for a copy: after a fresh proof of the person, recorded in its custody before it
/// leaves, and never given out damaged.
#[tracing::instrument(skip_all, fields(incident = %scope.id(), evidence = %id))]
pub async fn copy_evidence(cx: &Cx, scope: &IncidentScope, id: EvidenceId) -> Result<(Evidence, Vec<u8>), IncidentError> {
    access::require_step_up(cx, scope.team(), DangerousAct::CopyEvidence).await?;
    let piece = evidence::by_id(&cx.portal.db.of(scope), scope, id).await?.ok_or(AccessError::NotFound)?;
    let Some(mut content) = sound(&cx.portal, &piece).await? else { return Err(IncidentError::Damaged) };
    if piece.kind == EvidenceKind::Bundle {
        content = sealed(cx, &piece, content).await?.ok_or(IncidentError::NotSealedYet)?;
    }
    // The Team's log leaves with it, and the whole of it takes two people here too.
    let logs = match piece.kind {
        EvidenceKind::Log => vec![content.clone()],
        EvidenceKind::Bundle => logs(cx, scope).await?,
        _ => Vec::new(),
    };
    if !logs.is_empty() {
        audit::note_evidence(cx, scope.team(), &logs).await?;
    }
    let (by, name) = who(cx);
    let tx = cx.portal.db.begin_in(scope).await?;
    evidence::add_custody(&*tx, piece.id, piece.team, &Custody { act: CustodyAct::Copied, at: cx.now(), by, name }).await?;
    append(&*tx, cx, scope.event(Action::EvidenceCopied).with("evidence", id)).await?;
    tx.commit().await?;
    Ok((piece, content))
}

/// The parts of the log that were taken in.
async fn logs(cx: &Cx, scope: &IncidentScope) -> Result<Vec<Vec<u8>>, IncidentError> {
    let mut logs = Vec::new();
    for piece in evidence::all(&cx.portal.db.of(scope), scope).await?.into_iter().filter(|one| one.kind == EvidenceKind::Log)
    {
        logs.extend(sound(&cx.portal, &piece).await?);
    }
    Ok(logs)
}

/// The content, when it is what was taken in: it opens in its place, has the hash beside it, and the log says the same. What
/// could not be looked at is not damaged.
#[expect(clippy::disallowed_methods, reason = "the content is hashed")]
pub(super) async fn sound(portal: &Portal, piece: &Evidence) -> Result<Option<Vec<u8>>, Outage> {
    let db = &portal.db.of(&access::job(piece.team));
    let Some(sealed) = evidence::content(db, piece.id).await? else { return Ok(None) };
    let plain = match portal.vault.open(db, &place(piece), &sealed).await {
        Ok(plain) => plain,
        Err(VaultError::Refused) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let Ok(bytes) = STANDARD.decode(plain.expose_secret()) else { return Ok(None) };
    let hash = sha256(&bytes);
    // Events of a restricted incident are in no Team's log.
    let told = audit::said(portal.db.reader(), &portal.vault, piece.event).await?;
    let as_told = match &told {
        Said::Is(row) => is_told(piece, row, &told.details()),
        Said::Foreign => false,
        // Its event is pruned one day, its hash beside it is not; nothing younger than this ever is.
        Said::Gone => kept_since(portal.clock.now(), LEAST_MONTHS).is_some_and(|since| piece.taken_at < since),
    };
    let same = hash == piece.sha256 && i64::try_from(bytes.len()) == Ok(piece.size) && as_told;
    Ok(same.then_some(bytes))
}

/// Everything that is stored of a piece is what its event says.
fn is_told(piece: &Evidence, row: &Row, details: &serde_json::Value) -> bool {
    let is = |field: &str, value: &str| details[field] == value;
    let safe = |text: &str| SafeText::new(text, NAME_TOLD).as_str().to_owned();
    row.action == Action::EvidenceTaken
        && row.target_id == Some(piece.incident.0)
        && row.team.is_none_or(|team| team == piece.team)
        && row.at == piece.taken_at
        && row.actor_name == piece.taken_name
        && is("evidence", &piece.id.to_string())
        && is("kind", piece.kind.as_str())
        && is("name", &safe(&piece.name))
        && is("media", &safe(&piece.media))
        && is("sha256", &Digest(piece.sha256).to_string())
        && details["bytes"] == piece.size
}

/// Looks at every piece once a day, and whether one is gone that the log speaks of. One that cannot be looked at keeps no other
/// from it. Which are looked at is asked of their custody, and for those whose hour it is of nobody: whoever owns the database can
/// write that a piece was looked at.
pub async fn check_evidence(portal: &Portal) -> Result<(), Outage> {
    let cx = Cx::system(portal, "evidence");
    let (db, now) = (portal.db.reader(), portal.clock.now());
    let mut due = evidence::unchecked_since(db, now - LOOK_EVERY, now, AT_ONCE).await?;
    let hour = now.hour();
    let others = evidence::every(db).await?.into_iter().filter(|one| hour_of(one.id) == hour);
    for one in others {
        if due.iter().any(|other| other.id == one.id) {
            continue;
        }
        match is_sound(portal, &one).await {
            // A look that finds it sound is in nobody's way.
            Ok(true) => {}
            Ok(false) => due.push(one),
            Err(outage) => not_looked_at(&one, &outage),
        }
    }
    for due in due {
        if let Err(outage) = check(&cx, &due).await {
            not_looked_at(&due, &outage);
        }
    }
    for (evidence, incident) in evidence::vanished(db, AT_ONCE).await? {
        alerts::evidence_does_not_hold(portal, incident, &evidence, "is gone").await?;
    }
    Ok(())
}

fn not_looked_at(due: &Due, outage: &Outage) {
    tracing::error!(evidence = %due.id, error = outage as &dyn std::error::Error, "evidence was not looked at");
}

/// The hour of the day at which a piece is looked at, whatever its custody says.
fn hour_of(id: EvidenceId) -> u32 {
    u32::from(id.0.as_bytes()[15]) % 24
}

/// What does not read as evidence is not what was written; a database that does not answer says nothing.
async fn is_sound(portal: &Portal, due: &Due) -> Result<bool, Outage> {
    match evidence::any(portal.db.reader(), due.id).await {
        Ok(Some(piece)) => Ok(sound(portal, &piece).await?.is_some()),
        Ok(None) | Err(DbErr::Type(_) | DbErr::Custom(_)) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// What is damaged is in its custody record, in the log, and told to the operators.
async fn check(cx: &Cx, due: &Due) -> Result<(), Outage> {
    let (portal, team) = (cx.portal.clone(), access::job(due.team));
    let is_sound = is_sound(&portal, due).await?;
    let act = if is_sound { CustodyAct::Checked } else { CustodyAct::Damaged };
    let tx = portal.db.begin().await?;
    let custody = Custody { act, at: cx.now(), by: None, name: "Portal".to_owned() };
    evidence::add_custody(&*tx, due.id, due.team, &custody).await?;
    if !is_sound && let Some(incident) = incident::by_id(&*tx, &team, due.incident).await? {
        let event = scope::own(&team, &incident, Vec::new()).event(Action::EvidenceDamaged);
        append(&*tx, cx, event.with("evidence", due.id).failed("damaged")).await?;
    }
    tx.commit().await?;
    if !is_sound {
        tracing::error!(evidence = %due.id, "evidence is damaged");
        alerts::evidence_does_not_hold(&portal, due.incident, &due.id.to_string(), "is damaged").await?;
    }
    Ok(())
}
