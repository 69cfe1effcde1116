//! How a fault looks on the wire.

use std::io;

use axum::{
    Json,
    body::Body,
    http::{StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use futures::stream;
use serde_json::json;

use super::{Fault, Part, refusals};

/// Far beyond any honest answer.
const HUGE: usize = 4 * 1024 * 1024;

impl Fault {
    /// The answer in place of Amazon's own; none when the request goes on.
    pub(super) fn answer(self, part: Part, request_id: &str) -> Option<Response> {
        Some(match self {
            Fault::InvalidGrant => refusals::BAD_REFRESH_TOKEN.answer(request_id),
            Fault::InvalidClient => refusals::BAD_CLIENT.answer(request_id),
            Fault::UnauthorizedClient => refusals::UNAUTHORIZED_CLIENT.answer(request_id),
            Fault::InvalidScope => refusals::BAD_SCOPE.answer(request_id),
            Fault::InvalidRequest => refusals::BAD_REQUEST.answer(request_id),
            Fault::UnsupportedGrantType => refusals::BAD_GRANT_TYPE.answer(request_id),
            Fault::ServerError => refusals::SERVER_ERROR.answer(request_id),
            Fault::TemporarilyUnavailable => refusals::TEMPORARILY_UNAVAILABLE.answer(request_id),
            Fault::SecretExpired => refusals::SECRET_EXPIRED.into_response(),
            Fault::TokenExpired => refusals::TOKEN_EXPIRED.into_response(),
            Fault::AccessDenied if part == Part::Ads => not_authorized(StatusCode::UNAUTHORIZED),
            Fault::AccessDenied => refusals::ACCESS_DENIED.into_response(),
            Fault::Throttled { retry_after_s } => throttled(part, retry_after_s, request_id),
            Fault::Status(code) => page(code),
            Fault::Cut => cut(),
            Fault::Malformed => json_text(r#"{"payload":[{"access_token":"#.to_owned()),
            Fault::Huge => json_text(json!({ "padding": "x".repeat(HUGE) }).to_string()),
            Fault::Slow { .. } | Fault::MissingAccessToken | Fault::MissingRefreshToken | Fault::MissingExpiresIn => {
                return None;
            }
        })
    }

    /// The field that is left out of a proper answer.
    pub(super) fn missing_field(self) -> Option<&'static str> {
        match self {
            Fault::MissingAccessToken => Some("access_token"),
            Fault::MissingRefreshToken => Some("refresh_token"),
            Fault::MissingExpiresIn => Some("expires_in"),
            _ => None,
        }
    }
}

fn not_authorized(status: StatusCode) -> Response {
    (status, Json(refusals::NOT_AUTHORIZED.clone())).into_response()
}

fn throttled(part: Part, retry_after_s: Option<u32>, request_id: &str) -> Response {
    let mut response = match part {
        Part::Lwa => refusals::THROTTLED.answer(request_id),
        Part::SpApi => refusals::QUOTA_EXCEEDED.into_response(),
        Part::Ads => not_authorized(StatusCode::TOO_MANY_REQUESTS),
    };
    if let Some(seconds) = retry_after_s {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

fn page(code: u16) -> Response {
    let status = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, Html(format!("<html><body><h1>{status}</h1></body></html>\n"))).into_response()
}

/// The body fails after its first bytes, which makes the server drop the connection.
fn cut() -> Response {
    let lost = io::Error::new(io::ErrorKind::ConnectionAborted, "cut on demand");
    let pieces = [Ok(r#"{"access_to"#), Err(lost)];
    ([(header::CONTENT_TYPE, "application/json")], Body::from_stream(stream::iter(pieces))).into_response()
}

fn json_text(text: String) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], text).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::{known::*, stage};

    #[tokio::test]
    async fn faults_answer_until_they_are_used_up() {
        let (_, simulator) = stage::start();
        simulator.fail(Part::Lwa, Fault::Throttled { retry_after_s: Some(17) }, 1);
        simulator.fail(Part::Lwa, Fault::MissingExpiresIn, 1);
        let ask = async || stage::refresh(&simulator, &APPS[0], SELLERS[0].refresh_token).await;
        let throttled = ask().await;
        assert_eq!((throttled.status, throttled.headers["retry-after"].to_str().unwrap()), (429, "17"));
        let answer = ask().await.json();
        assert!(answer["access_token"].is_string() && answer.get("expires_in").is_none());
        assert_eq!(ask().await.json()["expires_in"], 3600);
        simulator.fail(Part::Lwa, Fault::Status(503), 9);
        simulator.heal();
        assert_eq!((ask().await.status, simulator.token_calls()), (200, 4));
    }

    #[tokio::test]
    async fn a_cut_answer_ends_in_an_error_and_a_huge_one_is_huge() {
        let answer = |fault: Fault| fault.answer(Part::SpApi, "id").unwrap().into_body();
        assert!(axum::body::to_bytes(answer(Fault::Cut), usize::MAX).await.is_err());
        assert!(axum::body::to_bytes(answer(Fault::Huge), usize::MAX).await.unwrap().len() > HUGE);
        let malformed = axum::body::to_bytes(answer(Fault::Malformed), usize::MAX).await.unwrap();
        assert!(serde_json::from_slice::<serde_json::Value>(&malformed).is_err());
    }
}
