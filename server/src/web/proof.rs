//! The proof of one event as a file: what `portal audit verify --export` checks.

use axum::{
    extract::{Extension, Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use backend::{
    Cx, TeamScope, access,
    audit::{
        self,
        export::{End, Export, ExportError, Which},
    },
};
use model::{
    Permission,
    ids::{EventId, TeamId},
};

use super::{Web, download};

/// For whoever may read the log. Reading it is an event, which is recorded before anything leaves.
pub async fn proof(
    State(web): State<Web>,
    Extension(cx): Extension<Cx>,
    Path((team, event)): Path<(TeamId, EventId)>,
) -> Response {
    let entered = async {
        let scope = access::enter(&cx, team, Permission::ViewLog).await?;
        audit::read_one(&cx, &scope, event).await.map(|_| scope)
    };
    let scope = match entered.await {
        Ok(scope) => scope,
        Err(error) => return download::refused(&error, team, &format!("/teams/{team}/log/{event}")),
    };
    match file(&web, &scope, event).await {
        Ok(Some(text)) => download::saved(&format!("{event}.jsonl"), "application/jsonl; charset=utf-8", text),
        // Not under a signed head yet.
        Ok(None) | Err(ExportError::NoCheckpoint) => StatusCode::CONFLICT.into_response(),
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "a proof could not be made");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

async fn file(web: &Web, scope: &TeamScope, event: EventId) -> Result<Option<String>, ExportError> {
    let which = Which { team: Some(scope.team()), event: Some(event), ..Which::default() };
    let mut export = Export::begin(&web.portal.db.of(scope), which, None).await?;
    let header = serde_json::to_string(&export.header()).unwrap_or_default();
    let lines = export.page().await?;
    let line = lines.first().map(|(_, proved)| serde_json::to_string(proved).unwrap_or_default());
    let end = serde_json::to_string(&End { events: 1 }).unwrap_or_default();
    Ok(line.map(|line| format!("{header}\n{line}\n{end}\n")))
}
