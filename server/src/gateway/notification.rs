//! Notifications of Amazon's, as a Team's relay passes them on.

use axum::{
    Extension,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
};
use backend::{
    credentials::{Credentials, Origin},
    notifications::{self, Refused, Signed},
};
use model::{
    Problem,
    ids::{ConnectionId, NIL},
};

use super::Refusal;

/// Takes a message, signed as Standard Webhooks describes it, or by SNS. One that came before is answered as the first was, and does nothing.
pub async fn notification(
    State(credentials): State<Credentials>,
    Extension(origin): Extension<Origin>,
    Path(connection): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, Refusal> {
    // What is no id is nobody's.
    let connection = connection.parse().unwrap_or(ConnectionId(NIL));
    if headers.contains_key("x-amz-sns-message-type") {
        let taken = notifications::receive_sns(&credentials.portal, &origin, connection, &body).await;
        return taken.map(|_| StatusCode::NO_CONTENT).map_err(Refusal::from);
    }
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let message = Signed {
        id: text("webhook-id"),
        timestamp: text("webhook-timestamp"),
        signatures: text("webhook-signature"),
        body: &body,
    };
    let taken = notifications::receive(&credentials.portal, &origin, connection, message).await;
    taken.map(|_| StatusCode::NO_CONTENT).map_err(Refusal::from)
}

/// Logged once, here, with what lies behind it.
impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        let problem = Problem::from(&refused);
        if problem.code.status() >= 500 {
            let error = &refused as &dyn std::error::Error;
            tracing::error!(error, code = problem.code.as_str(), "notification not taken");
        }
        problem.into()
    }
}
