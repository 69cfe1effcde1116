//! The state of a connection, without a secret.

use axum::{Extension, Json, extract::State, http::HeaderMap};
use backend::{
    credentials::{self, Credentials, Origin},
    error::Outage,
};
use model::{Problem, Time, amazon::Marketplace, connection::ConnectionState};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Refusal,
    caller::{Bearer, Named},
    issue::ConnectionBody,
    rate_limit,
};

/// How a connection stands.
#[derive(Serialize, ToSchema)]
pub struct StatusAnswer {
    version: u8,
    connection: ConnectionBody,
    #[schema(value_type = String, example = "active")]
    state: ConnectionState,
    /// A lock stands somewhere between this key and this connection.
    locked: bool,
    /// A credential can be issued now, as far as Portal knows.
    issuable: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    generation: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    token_expires_at: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_failure: Option<LastFailure>,
}

/// Why the last refresh failed.
#[derive(Serialize, ToSchema)]
pub struct LastFailure {
    #[schema(example = "throttled")]
    code: String,
    #[schema(value_type = String, format = DateTime)]
    at: Time,
}

/// Read the state of a connection.
#[utoipa::path(
    get, path = "/api/gateway/v1/teams/{team_id}/connections/{connection_id}", tag = "connections", operation_id = "readConnection",
    params(
        ("team_id" = String, Path, description = "The Team"), ("connection_id" = String, Path, description = "The connection"),
        ("Portal-Gateway" = u8, Header, description = "Always 1"),
    ),
    responses(
        (status = 200, body = StatusAnswer),
        (status = "4XX", body = super::ProblemBody, content_type = "application/problem+json"),
        (status = "5XX", body = super::ProblemBody, content_type = "application/problem+json"),
    ),
    security(("gateway_key" = ["connection:status"])),
)]
pub async fn status(
    State(credentials): State<Credentials>,
    Extension(origin): Extension<Origin>,
    Bearer(bearer): Bearer,
    Named(team, connection): Named,
) -> Result<(HeaderMap, Json<StatusAnswer>), Refusal> {
    let status = credentials::status(&credentials, &origin, bearer.as_ref(), team, connection).await?;
    let held = status.held;
    let marketplace = Marketplace::by_code(&held.marketplace)
        .ok_or_else(|| Refusal::from(Problem::from(&Outage::Corrupt("marketplace"))))?;
    let answer = StatusAnswer {
        version: 1,
        connection: ConnectionBody::new(&held, marketplace),
        state: status.state,
        locked: status.locked,
        issuable: status.state == ConnectionState::Active && !status.locked && !held.app_rejected,
        generation: held.cached.map(|cached| cached.generation),
        token_expires_at: held.cached.map(|cached| cached.expires_at),
        last_failure: held.failure.map(|failure| LastFailure { code: failure.code, at: failure.at }),
    };
    Ok((rate_limit(status.allowance), Json(answer)))
}
