//! A piece that leaves, as it was taken in.

use model::{
    audit::Action,
    ids::EvidenceId,
    incident::{CustodyAct, EvidenceKind},
    step_up::DangerousAct,
};

use super::{
    super::{IncidentError, IncidentScope, bundle::sealed},
    sound::sound,
    who,
};
use crate::{
    Cx,
    access::{self, AccessError},
    audit::{self, append},
    store::evidence::{self, Custody, Evidence},
};

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
