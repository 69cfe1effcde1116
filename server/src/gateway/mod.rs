//! The route for services: reads a request, calls one verb, answers. Contract in `docs/gateway-api.md`.

pub mod batch;
mod body;
mod caller;
mod edge;
pub mod feedback;
pub mod issue;
pub mod lwa;
pub mod notification;
pub mod openapi;
pub mod own;
mod refusal;
pub mod status;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use backend::credentials::Allowance;
use model::{Problem, ProblemCode};

pub(crate) use edge::agent;
pub use edge::{Edge, edge};
pub use refusal::{ProblemBody, Refusal};

/// Bytes of a body, at most.
pub const BODY_LIMIT: usize = 16 * 1024;

/// No such route.
pub async fn not_found() -> Refusal {
    Problem::of(ProblemCode::NotFound).into()
}

/// The route exists, the method does not; axum itself names those that do in `Allow`.
pub async fn method_not_allowed() -> Refusal {
    Problem::of(ProblemCode::MethodNotAllowed).into()
}

/// The key's limit in the form of draft-ietf-httpapi-ratelimit-headers.
fn rate_limit(allowance: Allowance) -> HeaderMap {
    let Allowance { limit, remaining, window_s } = allowance;
    let policy = format!("\"key\";q={limit};w={window_s}");
    let left = format!("\"key\";r={remaining}");
    let named = [("ratelimit-policy", policy), ("ratelimit", left)];
    let headers = named
        .into_iter()
        .filter_map(|(name, value)| Some((HeaderName::from_static(name), HeaderValue::from_str(&value).ok()?)));
    headers.collect()
}
