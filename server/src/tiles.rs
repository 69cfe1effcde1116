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

async fn tile(State(log): State<Log>, Path(path): Path<String>) -> Response {
    let Ok(wanted) = Tile::from_path(&format!("tile/{path}")) else { return StatusCode::NOT_FOUND.into_response() };
    if wanted.height() != 8 || wanted.is_data() {
        return StatusCode::NOT_FOUND.into_response();
    }
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
