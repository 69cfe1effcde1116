//! What leaves Portal as a file: saved by the browser, or refused.

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use backend::access::AccessError;
use model::{Problem, ids::TeamId};

/// Bytes that the browser saves under a name and never shows as a page of Portal's. What of the name is not ASCII becomes `_`.
pub fn saved(name: &str, kind: &'static str, body: impl Into<Body>) -> Response {
    let ascii: String = name.chars().map(|c| if c.is_ascii() { c } else { '_' }).collect();
    let named = HeaderValue::from_str(&format!("attachment; filename=\"{ascii}\""));
    let named = named.unwrap_or(HeaderValue::from_static("attachment"));
    let headers = [(header::CONTENT_TYPE, HeaderValue::from_static(kind)), (header::CONTENT_DISPOSITION, named)];
    (headers, body.into()).into_response()
}

/// Why nothing left. `page`: the one that asks for a fresh proof, and has the form again afterwards.
pub fn refused(error: &AccessError, team: TeamId, page: &str) -> Response {
    match error {
        AccessError::StepUpRequired(_) | AccessError::PasskeyProofRequired(_) | AccessError::PasskeyRequired => {
            Redirect::to(page).into_response()
        }
        AccessError::ApprovalRequired(_) => Redirect::to(&format!("/teams/{team}/approvals?for=export")).into_response(),
        error => status(&Problem::from(error)),
    }
}

pub fn status(problem: &Problem) -> Response {
    StatusCode::from_u16(problem.code.status()).unwrap_or(StatusCode::NOT_FOUND).into_response()
}
