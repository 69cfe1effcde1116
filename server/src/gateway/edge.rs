//! Around every gateway request: its id, where it came from, the header that browsers cannot send, and the problem's body.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use backend::{Clock, credentials::Origin, random};
use ipnet::IpNet;
use model::{Problem, ProblemCode, audit::SafeText, ids::RequestId, problem::FieldError};

use tracing::Instrument;

use super::{ProblemBody, Refusal};
use crate::{address::client_address, bare_headers};

/// What the edge itself needs.
#[derive(Clone, Debug)]
pub struct Edge {
    pub clock: Clock,
    pub trusted_proxies: Arc<[IpNet]>,
    /// Portal's public address is one.
    pub https: bool,
}

const MARK: HeaderName = HeaderName::from_static("portal-gateway");
/// SDKs that ask here cannot be taught the header; the document is for everybody.
/// Relays are other people's programs too, and what they send is signed.
const NOTIFICATIONS: &str = "/api/notifications/v1/";
const WITHOUT_MARK: [&str; 2] = ["/api/gateway/v1/lwa/token", "/api/gateway/v1/openapi.json"];

pub async fn edge(State(edge): State<Edge>, mut request: Request, next: Next) -> Response {
    let id: RequestId = random::id(edge.clock.now());
    let path = request.uri().path();
    let marked = WITHOUT_MARK.contains(&path)
        || path.starts_with(NOTIFICATIONS)
        || request.headers().get(&MARK).is_some_and(|value| value == "1");
    let origin =
        Origin { request: id, address: client_address(&request, &edge.trusted_proxies), agent: agent(request.headers()) };
    request.extensions_mut().insert(origin);
    let span = tracing::info_span!("request", id = %id);
    let response = if marked { next.run(request).instrument(span).await } else { unmarked().into_response() };
    finish(response, id, edge.https)
}

/// The client's `User-Agent`, fit for the log.
pub(crate) fn agent(headers: &HeaderMap) -> Option<SafeText> {
    headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).map(|text| SafeText::new(text, 160))
}

fn unmarked() -> Refusal {
    let errors =
        vec![FieldError { field: "Portal-Gateway".to_owned(), message: "Send the header Portal-Gateway: 1.".to_owned() }];
    Problem { errors, ..Problem::of(ProblemCode::InvalidRequest) }.into()
}

fn finish(mut response: Response, id: RequestId, https: bool) -> Response {
    // Failures of axum's own have no problem yet.
    let problem = match response.extensions_mut().remove::<Refusal>() {
        Some(Refusal { problem, .. }) => Some(problem),
        None if response.status() == 413 => Some(Problem::of(ProblemCode::ContentTooLarge)),
        None => None,
    };
    if let Some(problem) = problem {
        let headers = std::mem::take(response.headers_mut());
        let status = response.status();
        response = (status, Json(ProblemBody::new(&problem, id.to_string()))).into_response();
        response.headers_mut().extend(headers.into_iter().filter_map(|(name, value)| {
            Some((name?, value)).filter(|(name, _)| name != header::CONTENT_TYPE && name != header::CONTENT_LENGTH)
        }));
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    }
    let headers = response.headers_mut();
    bare_headers::set(headers, https);
    if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
        headers.insert(HeaderName::from_static("x-request-id"), value);
    }
    response
}
