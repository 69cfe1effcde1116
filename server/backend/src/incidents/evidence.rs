//! The evidence locker: what there was is taken in before anything is destroyed, hashed, sealed, and looked at every day.

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::Duration;
use model::{
    audit::{Action, Digest, SafeText},
    ids::{EvidenceId, UserId},
    incident::{
        CustodyAct, EvidenceKind,
        evidence::{FILE_MOST, LOCKER_MOST, file_name, media_type},
    },
    step_up::DangerousAct,
};
use secrecy::{ExposeSecret, SecretString};

use super::{IncidentError, IncidentScope, scope, snapshot};
use crate::{
    Cx, Portal,
    access::{self, AccessError},
    audit::{self, append, append_and_name},
    error::Outage,
    random,
    store::{
        audit_event,
        evidence::{self, Custody, Evidence},
        incident,
    },
    vault::{Place, sha256},
};

/// How often each piece is looked at.
const LOOK_EVERY: Duration = Duration::hours(24);
/// Letters of a name that the log tells.
const NAME_TOLD: usize = 120;
/// Pieces of one turn of the job.
const AT_ONCE: u64 = 50;

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
    let db = cx.portal.db.reader();
    let mut records = evidence::custody_of(db, scope).await?;
    let all = evidence::all(db, scope).await?;
    Ok(all.into_iter().map(|piece| (records.remove(&piece.id).unwrap_or_default(), piece)).map(|(c, p)| (p, c)).collect())
}

/// Takes in how things stand now, and what the log says so far, with proofs; and has the log kept.
#[tracing::instrument(skip_all, fields(incident = %scope.id()))]
pub async fn take_evidence(cx: &Cx, scope: &IncidentScope) -> Result<(), IncidentError> {
    let at = cx.now().format("%Y%m%d-%H%M%S");
    let stands = snapshot::of_team(cx, scope.team()).await?;
    let mut contents = vec![Content {
        kind: EvidenceKind::Snapshot,
        name: format!("{at}-how-things-stood.json"),
        media: "application/json".to_owned(),
        bytes: stands.into_bytes(),
    }];
    // Before the first head is signed there is nothing to prove.
    if let Some(log) = snapshot::log(cx, scope).await? {
        let (kind, name, media) = (EvidenceKind::Log, format!("{at}-log.jsonl"), "application/jsonl".to_owned());
        contents.push(Content { kind, name, media, bytes: log.into_bytes() });
    }
    for content in contents {
        keep(cx, scope, content).await?;
    }
    hold_log(cx, scope).await
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
    let (now, (by, by_name)) = (cx.now(), who(cx));
    let hash = sha256(&content.bytes);
    let plain = SecretString::from(STANDARD.encode(&content.bytes));
    let tx = cx.portal.db.begin().await?;
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
        .with("kind", &SafeText::new(content.kind.as_str(), 40))
        .with("name", &SafeText::new(&content.name, NAME_TOLD))
        .with("bytes", size)
        .with("sha256", Digest(hash));
    let piece = Evidence {
        id,
        incident: held.id(),
        team: held.team().team(),
        kind: content.kind,
        name: content.name,
        media: content.media,
        size,
        sha256: hash,
        taken_at: now,
        taken_name: by_name.clone(),
        event: append_and_name(&*tx, cx, told).await?,
    };
    let sealed = cx.portal.vault.seal(&*tx, now, &place(&piece), &plain).await.map_err(Outage::from)?;
    evidence::insert(&*tx, &piece, &sealed, by).await?;
    evidence::hand(&*tx, &piece, &Custody { act: CustodyAct::Taken, at: now, by, name: by_name }).await?;
    tx.commit().await?;
    Ok(id)
}

/// Keeps the Team's log until somebody lifts that. Of a restricted incident the Team's log says nothing, so a person places
/// the hold.
async fn hold_log(cx: &Cx, scope: &IncidentScope) -> Result<(), IncidentError> {
    if scope.incident().restricted || scope.incident().drill {
        return Ok(());
    }
    let reason = format!("Incident {}", model::incident::code(scope.id()));
    Ok(audit::hold_unless_held(cx, scope.team(), &SafeText::new(&reason, 100)).await?)
}

fn who(cx: &Cx) -> (Option<UserId>, String) {
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
    let piece = evidence::by_id(cx.portal.db.reader(), scope, id).await?.ok_or(AccessError::NotFound)?;
    let Some(content) = sound(&cx.portal, &piece).await? else { return Err(IncidentError::Damaged) };
    let (by, name) = who(cx);
    let tx = cx.portal.db.begin().await?;
    evidence::hand(&*tx, &piece, &Custody { act: CustodyAct::Copied, at: cx.now(), by, name }).await?;
    append(&*tx, cx, scope.event(Action::EvidenceCopied).with("evidence", id)).await?;
    tx.commit().await?;
    Ok((piece, content))
}

/// The content, when it is what was taken in: it opens in its place, has the hash beside it, and the log says the same.
#[expect(clippy::disallowed_methods, reason = "the content is hashed")]
pub(super) async fn sound(portal: &Portal, piece: &Evidence) -> Result<Option<Vec<u8>>, Outage> {
    let db = portal.db.reader();
    let Some(sealed) = evidence::content(db, piece.id).await? else { return Ok(None) };
    let Ok(plain) = portal.vault.open(db, &place(piece), &sealed).await else { return Ok(None) };
    let Ok(bytes) = STANDARD.decode(plain.expose_secret()) else { return Ok(None) };
    let hash = Digest(sha256(&bytes));
    let told = audit_event::details(db, piece.event).await?;
    // Its event is pruned one day, its hash beside it is not.
    let as_told = told.is_none_or(|told| {
        let name = SafeText::new(&piece.name, NAME_TOLD);
        let is = |field: &str, value: &str| told[field] == value;
        let of_it = is("evidence", &piece.id.to_string()) && is("kind", piece.kind.as_str()) && is("name", name.as_str());
        of_it && is("sha256", &hash.to_string()) && told["bytes"] == piece.size
    });
    let same = hash.0 == piece.sha256 && i64::try_from(bytes.len()) == Ok(piece.size) && as_told;
    Ok(same.then_some(bytes))
}

/// Looks at every piece once a day. What is damaged is in its custody record, in the log, and told to the operators.
pub(crate) async fn check_evidence(portal: &Portal) -> Result<(), Outage> {
    let cx = Cx::system(portal, "evidence");
    for piece in evidence::unchecked_since(portal.db.reader(), cx.now() - LOOK_EVERY, AT_ONCE).await? {
        let is_sound = sound(portal, &piece).await?.is_some();
        let act = if is_sound { CustodyAct::Checked } else { CustodyAct::Damaged };
        let tx = portal.db.begin().await?;
        evidence::hand(&*tx, &piece, &Custody { act, at: cx.now(), by: None, name: "Portal".to_owned() }).await?;
        if !is_sound {
            let team = access::job(piece.team);
            if let Some(incident) = incident::by_id(&*tx, &team, piece.incident).await? {
                let event = scope::own(&team, &incident, Vec::new()).event(Action::EvidenceDamaged);
                append(&*tx, &cx, event.with("evidence", piece.id).failed("damaged")).await?;
            }
        }
        tx.commit().await?;
        if !is_sound {
            tracing::error!(evidence = %piece.id, "evidence is damaged");
            crate::alerts::log_does_not_hold(portal, format!("The evidence {} is damaged.", piece.id)).await?;
        }
    }
    Ok(())
}
