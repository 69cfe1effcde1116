//! The log for witnesses: its newest signed head and its tiles (C2SP tlog-tiles). Hashes only; nothing of an event.

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use backend::{
    Portal,
    audit::{CheckpointError, read_note, signed_by},
    store::audit_tree::{self, Seen},
};
use tlog_tiles::Tile;

/// The handles: whose log it is, and who its witnesses are, by their public keys.
#[derive(Clone)]
pub struct Log {
    pub portal: Portal,
    pub verifier: Option<String>,
    pub witnesses: Vec<String>,
}

/// Served on the listener for metrics, which only the operator's own network reaches.
pub fn router(log: Log) -> Router {
    Router::new()
        .route("/audit/checkpoint", get(checkpoint))
        .route("/audit/tile/{*path}", get(tile))
        .route("/audit/witnessed", post(witnessed).layer(DefaultBodyLimit::max(16 * 1024)))
        .with_state(log)
}

fn unavailable(error: sea_orm::DbErr) -> Response {
    tracing::error!(error = &error as &dyn std::error::Error, "the log could not be read");
    StatusCode::SERVICE_UNAVAILABLE.into_response()
}

async fn checkpoint(State(log): State<Log>) -> Response {
    match audit_tree::newest_checkpoint(log.portal.db.reader()).await {
        Ok(Some(newest)) => ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], newest.note).into_response(),
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => unavailable(error),
    }
}

/// The tile of a path: of our height, at a level that a log can have, neither empty nor of data.
fn wanted(path: &str) -> Option<Tile> {
    let (_, below) = path.split_once('/')?;
    let level: u8 = below.split('/').next()?.parse().ok()?;
    let width = path.rsplit_once(".p/").map(|(_, width)| width.parse::<u16>());
    let possible =
        path.starts_with("8/") && level < 8 && width.is_none_or(|width| width.is_ok_and(|w| (1..256).contains(&w)));
    possible.then(|| Tile::from_path(&format!("tile/{path}")).ok()).flatten()
}

async fn tile(State(log): State<Log>, Path(path): Path<String>) -> Response {
    let Some(wanted) = wanted(&path) else { return StatusCode::NOT_FOUND.into_response() };
    match audit_tree::tile(log.portal.db.reader(), wanted.level(), wanted.level_index()).await {
        // A tile that has grown since still begins as it did.
        Ok(mut hashes) if hashes.len() >= wanted.width() as usize * 32 => {
            hashes.truncate(wanted.width() as usize * 32);
            ([(header::CONTENT_TYPE, "application/octet-stream")], hashes).into_response()
        }
        Ok(_) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => unavailable(error),
    }
}

/// Takes a checkpoint that one of the known witnesses has signed.
async fn witnessed(State(log): State<Log>, body: Bytes) -> Response {
    let Ok(seen) = read(&log, &body) else { return StatusCode::FORBIDDEN.into_response() };
    let kept = async {
        let tx = log.portal.db.begin().await?;
        audit_tree::put_seen(&*tx, seen).await?;
        tx.commit().await
    };
    kept.await.map_or_else(unavailable, |()| StatusCode::NO_CONTENT.into_response())
}

fn read(log: &Log, body: &[u8]) -> Result<Seen, CheckpointError> {
    let note = std::str::from_utf8(body).map_err(|_| CheckpointError::Malformed)?;
    let head = read_note(note, log.verifier.as_deref().ok_or(CheckpointError::Malformed)?)?;
    let witness = log.witnesses.iter().find(|witness| signed_by(note, witness).is_ok()).ok_or(CheckpointError::Malformed)?;
    let name = witness.split('+').next().unwrap_or_default().to_owned();
    Ok(Seen { name, size: head.size, seen_at: log.portal.clock.now(), note: note.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::wanted;

    #[test]
    fn only_tiles_that_a_log_can_have_are_looked_for() {
        for path in ["8/0/000", "8/1/000.p/7", "8/0/x001/234", "8/3/000.p/255"] {
            assert!(wanted(path).is_some(), "{path}");
        }
        for path in ["8/64/000", "8/0/000.p/0", "8/0/000.p/256", "8/data/000", "7/0/000", "8", "", "8/0/../000", "8/-1/000"]
        {
            assert!(wanted(path).is_none(), "{path}");
        }
    }
}
