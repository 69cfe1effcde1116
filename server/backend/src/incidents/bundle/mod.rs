//! A bundle: everything of an incident in one file, which anybody can check with the log's public key and nothing else.

mod document;
mod gather;
mod page;
mod seal;

use std::io::{Cursor, Write};

use model::{
    ids::EvidenceId,
    incident::{CustodyAct, EvidenceKind, code},
};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

pub use seal::{NotSealed, Verified, verify_bundle};

use self::seal::{DOCUMENT, SUMS, UNPACKED_MOST, sum_line};
use super::{
    IncidentError, IncidentScope,
    evidence::{Content, by_hand, keep, locker, sound, who},
    snapshot,
};
use crate::{
    Cx,
    audit::{
        self, Said,
        export::{Export, ExportError, Which},
    },
    error::Outage,
    store::evidence::{Custody, Evidence, add_custody},
};

const READ_ME: &str = "Everything of one incident, as Portal kept it.

index.html      to read, and to print
incident.json   the same for machines
notices/        what was said, word for word
evidence/       what was taken in
log.jsonl       the Team's log of that time, the newest 5,000 events, each with its proof; when there were more,
                log-without-credentials.jsonl beside it has the newest 5,000 that are no issue of a credential; of a
                restricted incident, log-of-incident.jsonl has what stands in no Team's log
                When the log did not hold, unproved-log.jsonl has it as it stood, and says why
SHA256SUMS      the hash of each file: sha256sum --check SHA256SUMS

That no byte of this file was changed since it was bound together is in its seal, the comment of the archive. Check it with the
public key of Portal's log, on any machine:

    portal incident verify FILE --verifier KEY
";

/// Binds everything of an incident together. The file is evidence itself: its hash stands in the log, which seals it.
#[tracing::instrument(skip_all, fields(incident = %scope.id()))]
pub async fn bundle(cx: &Cx, scope: &IncidentScope) -> Result<EvidenceId, IncidentError> {
    by_hand(cx, scope).await?;
    let mut document = gather::gather(cx, scope, who(cx).1).await?;
    let mut left = UNPACKED_MOST / 2;
    let mut bound = Vec::new();
    let mut files = vec![("README.txt".to_owned(), READ_ME.as_bytes().to_vec())];
    for (piece, custody) in locker(cx, scope).await? {
        // A bundle in a bundle would hold the same again.
        if piece.kind == EvidenceKind::Bundle {
            continue;
        }
        left = left.checked_sub(piece.size.unsigned_abs()).ok_or(IncidentError::BundleFull)?;
        let name = format!("evidence/{:02}-{}", document.evidence.len() + 1, piece.name);
        // What is damaged is named, and is no evidence any more.
        let file = match sound(&cx.portal, &piece).await? {
            Some(bytes) => {
                files.push((name.clone(), bytes));
                bound.push(piece.id);
                Some(name)
            }
            None => None,
        };
        document.evidence.push(gather::evidence(piece, custody, file));
    }
    files.extend(snapshot::log(cx, scope, None).await?.into_iter().map(|(name, log)| (name, log.into_bytes())));
    for (n, notice) in document.notices.iter().enumerate() {
        let text = format!("To: {}\nSubject: {}\n\n{}\n", notice.to.join(", "), notice.subject, notice.text);
        files.push((format!("notices/{:02}-{}.txt", n + 1, notice.track.as_str()), text.into_bytes()));
    }
    files.push(("index.html".to_owned(), page::page(&document).into_bytes()));
    files.push((DOCUMENT.to_owned(), serde_json::to_vec_pretty(&document).map_err(|_| broken())?));
    let name = format!("{}-{}.zip", cx.now().format("%Y%m%d-%H%M%S"), code(scope.id()));
    let bytes = pack(files).map_err(|error| {
        tracing::error!(error = &error as &dyn std::error::Error, "a bundle could not be packed");
        broken()
    })?;
    note_bound(cx, scope, &bound).await?;
    keep(cx, scope, Content { kind: EvidenceKind::Bundle, name, media: "application/zip".to_owned(), bytes }).await
}

/// A copy of each is in the bundle from now on.
async fn note_bound(cx: &Cx, scope: &IncidentScope, pieces: &[EvidenceId]) -> Result<(), IncidentError> {
    let (by, name) = who(cx);
    let tx = cx.portal.db.begin_in(scope).await?;
    for id in pieces {
        let custody = Custody { act: CustodyAct::Bundled, at: cx.now(), by, name: name.clone() };
        add_custody(&*tx, *id, scope.team().team(), &custody).await?;
    }
    Ok(tx.commit().await?)
}

fn broken() -> IncidentError {
    Outage::Corrupt("bundle").into()
}

fn pack(mut files: Vec<(String, Vec<u8>)>) -> zip::result::ZipResult<Vec<u8>> {
    let sums: String = files.iter().map(|(name, bytes)| sum_line(name, bytes) + "\n").collect();
    files.push((SUMS.to_owned(), sums.into_bytes()));
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    // No times of files: they would be those of this machine.
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated).unix_permissions(0o644);
    for (name, bytes) in files {
        archive.start_file(name, options)?;
        archive.write_all(&bytes)?;
    }
    Ok(archive.finish()?.into_inner())
}

/// A bundle with its seal; nothing while its event is not under a signed head.
pub(super) async fn sealed(cx: &Cx, piece: &Evidence, archive: Vec<u8>) -> Result<Option<Vec<u8>>, IncidentError> {
    let which = Which { event: Some(piece.event), ..Which::default() };
    let proved = async {
        let mut export = Export::begin(cx.portal.db.reader(), which, None).await?;
        let checkpoint = export.header().checkpoint;
        Ok(export.page().await?.pop().map(|(_, proved)| (checkpoint, proved)))
    };
    match proved.await {
        Ok(Some((checkpoint, event))) => Ok(Some(seal::seal(archive, checkpoint, event).ok_or_else(broken)?)),
        Ok(None) | Err(ExportError::NoCheckpoint) => {
            match audit::said(cx.portal.db.reader(), &cx.portal.vault, piece.event).await? {
                Said::Gone => Err(IncidentError::SealGone),
                _ => Ok(None),
            }
        }
        Err(ExportError::Store(error)) => Err(error.into()),
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "a bundle could not be sealed");
            Err(broken())
        }
    }
}
