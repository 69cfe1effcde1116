//! Files of the evidence locker, in and out. What comes in is bytes; what goes out is saved, never shown.

use axum::{
    extract::{Extension, Multipart, Path, State, multipart::MultipartError},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use backend::{
    Cx,
    access::{self, AccessError},
    incidents::{self, IncidentError, IncidentScope},
};
use model::{
    Permission, Problem,
    ids::{EvidenceId, IncidentId, TeamId},
    incident::evidence::FILE_MOST,
};

use super::{Web, download};

/// A file and what browsers send around it.
pub const UPLOAD_LIMIT: usize = FILE_MOST + 64 * 1024;

async fn enter(cx: &Cx, team: TeamId, incident: IncidentId, permission: Permission) -> Result<IncidentScope, AccessError> {
    incidents::enter(cx, &access::enter(cx, team, permission).await?, incident).await
}

/// Takes in the file of a form, and answers with the page that has it, or says why not.
pub async fn upload(
    State(_): State<Web>,
    Extension(cx): Extension<Cx>,
    Path((team, incident)): Path<(TeamId, IncidentId)>,
    form: Multipart,
) -> Response {
    let scope = match enter(&cx, team, incident, Permission::WorkOnIncidents).await {
        Ok(scope) => scope,
        Err(error) => return download::status(&Problem::from(&error)),
    };
    let page = format!("/teams/{team}/incidents/{incident}/evidence");
    let refused = |word: &str| Redirect::to(&format!("{page}?refused={word}")).into_response();
    let (name, media, bytes) = match file_of(form).await {
        Ok(Some(file)) => file,
        Ok(None) => return refused("missing"),
        Err(error) if error.status() == StatusCode::PAYLOAD_TOO_LARGE => return refused("too-large"),
        Err(_) => return refused("broken"),
    };
    match incidents::take_file(&cx, &scope, &name, &media, bytes).await {
        Ok(_) => Redirect::to(&page).into_response(),
        Err(IncidentError::TooLarge) => refused("too-large"),
        Err(IncidentError::LockerFull) => refused("full"),
        Err(IncidentError::Over) => refused("over"),
        Err(IncidentError::Missing(_)) => refused("missing"),
        Err(error) => download::status(&Problem::from(&error)),
    }
}

/// Name, type and content of the form's file.
async fn file_of(mut form: Multipart) -> Result<Option<(String, String, Vec<u8>)>, MultipartError> {
    while let Some(field) = form.next_field().await? {
        if field.name() == Some("file") {
            let name = field.file_name().unwrap_or_default().to_owned();
            let media = field.content_type().unwrap_or_default().to_owned();
            return Ok(Some((name, media, field.bytes().await?.to_vec())));
        }
    }
    Ok(None)
}

/// A copy of a piece, for whoever may read the log, after a fresh proof of the person.
pub async fn copy(
    State(_): State<Web>,
    Extension(cx): Extension<Cx>,
    Path((team, incident, evidence)): Path<(TeamId, IncidentId, EvidenceId)>,
) -> Response {
    let page = format!("/teams/{team}/incidents/{incident}/evidence");
    let scope = match enter(&cx, team, incident, Permission::ViewLog).await {
        Ok(scope) => scope,
        Err(error) => return download::refused(&error, team, &page),
    };
    let refused = |word: &str| Redirect::to(&format!("{page}?refused={word}")).into_response();
    match incidents::copy_evidence(&cx, &scope, evidence).await {
        Ok((piece, bytes)) => download::saved(&piece.name, "application/octet-stream", bytes),
        Err(IncidentError::Access(error)) => download::refused(&error, team, &page),
        Err(IncidentError::NotSealedYet) => refused("not-sealed"),
        Err(IncidentError::SealGone) => refused("seal-gone"),
        Err(IncidentError::Damaged) => refused("damaged"),
        Err(error) => download::status(&Problem::from(&error)),
    }
}
