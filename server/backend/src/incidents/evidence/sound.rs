//! Whether a piece is what was taken in.

use base64::{Engine, engine::general_purpose::STANDARD};
use model::{
    audit::{Action, Digest, SafeText},
    retention::{LEAST_MONTHS, kept_since},
};
use secrecy::ExposeSecret;

use super::{NAME_TOLD, place};
use crate::{
    Portal, access,
    audit::{self, Said},
    error::Outage,
    store::{
        audit_event::Row,
        evidence::{self, Evidence},
    },
    vault::{VaultError, sha256},
};

/// The content, when it is what was taken in: it opens in its place, has the hash beside it, and the log says the same. What
/// could not be looked at is not damaged.
#[expect(clippy::disallowed_methods, reason = "the content is hashed")]
pub async fn sound(portal: &Portal, piece: &Evidence) -> Result<Option<Vec<u8>>, Outage> {
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
