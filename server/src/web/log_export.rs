//! What somebody looked for on the log's page, as a file.

use std::io;

use app::api::log::LogQuery;
use axum::{
    Form,
    body::{Body, Bytes},
    extract::{Extension, Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use backend::{
    Cx, access,
    audit::{
        self,
        export::{Export, ExportError, Which},
    },
    store::Scoped,
};
use clap::ValueEnum;
use futures::stream;
use model::{Permission, ids::TeamId};
use serde::Deserialize;

use super::{Web, download};
use crate::audit_export::Format;

/// The form below the log.
#[derive(Debug, Deserialize)]
pub struct Wanted {
    format: String,
    #[serde(flatten)]
    query: LogQuery,
}

/// For whoever may read the log, after a fresh proof of the person; the whole log with another one's approval. It is an event before
/// anything leaves.
pub async fn log_export(
    State(web): State<Web>,
    Extension(cx): Extension<Cx>,
    Path(team): Path<TeamId>,
    Form(wanted): Form<Wanted>,
) -> Response {
    let Ok(format) = Format::from_str(&wanted.format, true) else { return StatusCode::UNPROCESSABLE_ENTITY.into_response() };
    let query = LogQuery { before: String::new(), ..wanted.query };
    let (address, again) = (query.to_address(), query.to_address());
    let scope = match access::enter(&cx, team, Permission::ViewLog).await {
        Ok(scope) => scope,
        Err(error) => return download::refused(&error, team, &format!("/teams/{team}/log")),
    };
    let filter = match app::edge::log_filter(&cx, &scope, &query).await {
        Ok(filter) => filter,
        Err(failure) => return download::status(&failure.0),
    };
    // A file that is said to hold what fits holds all of it.
    if filter.any_of.as_ref().is_some_and(|meant| meant.is_cut) {
        return StatusCode::UNPROCESSABLE_ENTITY.into_response();
    }
    let (from, until) = (filter.from, filter.until);
    let which = Which { team: Some(team), from, until, filter: Some((filter, address)), ..Which::default() };
    let mut export = match Export::begin(&web.portal.db.of(&scope), which, None).await {
        Ok(export) => export,
        // Nothing is under a signed head yet.
        Err(ExportError::NoCheckpoint) => return StatusCode::CONFLICT.into_response(),
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "the log could not be exported");
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
    };
    let noted = match export.acts().await {
        Ok(acts) => audit::note_export(&cx, &scope, format.word(), acts).await,
        Err(error) => Err(error.into()),
    };
    match noted {
        Ok(()) => file(export, format),
        Err(error) => download::refused(&error, team, &format!("/teams/{team}/log?{again}&format={}#export", format.word())),
    }
}

/// Where the file stands.
enum At {
    Head,
    Events(u64),
    Over,
}

fn file(export: Export<Scoped>, format: Format) -> Response {
    let body = Body::from_stream(stream::try_unfold((export, At::Head), move |(export, at)| part(export, at, format)));
    match format {
        Format::Jsonl | Format::Ocsf => download::saved("portal-log.jsonl", "application/jsonl; charset=utf-8", body),
        Format::Csv => download::saved("portal-log.csv", "text/csv; charset=utf-8", body),
    }
}

/// The next part, a page at a time: a log is larger than memory. A file that broke off lacks its last line.
async fn part(mut export: Export<Scoped>, at: At, format: Format) -> io::Result<Option<(Bytes, (Export<Scoped>, At))>> {
    let (bytes, next) = match at {
        At::Head => (format.head(&export.header())?, At::Events(0)),
        At::Events(many) => {
            let page = export.page().await.map_err(io::Error::other)?;
            match page.is_empty() {
                true => (format.end(many)?, At::Over),
                false => (format.page(&page)?, At::Events(many + page.len() as u64)),
            }
        }
        At::Over => return Ok(None),
    };
    Ok(Some((bytes.into(), (export, next))))
}
