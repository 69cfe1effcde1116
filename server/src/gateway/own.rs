//! A gateway's description of itself.

use axum::{Extension, Json, extract::State, http::HeaderMap};
use backend::credentials::{self, Credentials, Origin};
use model::{
    Environment, Time,
    gateway::Scopes,
    ids::{ConnectionId, GatewayId, GatewayKeyId, TeamId},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Refusal, caller::Bearer, rate_limit};

/// Which gateway and key this is, and what it may use.
#[derive(Serialize, ToSchema)]
pub struct SelfAnswer {
    version: u8,
    #[schema(value_type = String)]
    team_id: TeamId,
    #[schema(value_type = String)]
    gateway_id: GatewayId,
    name: String,
    #[schema(value_type = String, example = "production")]
    environment: Environment,
    #[schema(value_type = Vec<String>)]
    scopes: Scopes,
    #[schema(value_type = String)]
    key_id: GatewayKeyId,
    #[schema(value_type = String, format = DateTime)]
    key_expires_at: Time,
    #[schema(value_type = Vec<String>)]
    connection_ids: Vec<ConnectionId>,
}

/// Which gateway and key this is.
#[utoipa::path(
    get, path = "/api/gateway/v1/self", tag = "gateway", operation_id = "readSelf",
    params(("Portal-Gateway" = u8, Header, description = "Always 1")),
    responses(
        (status = 200, body = SelfAnswer),
        (status = "4XX", body = super::ProblemBody, content_type = "application/problem+json"),
        (status = "5XX", body = super::ProblemBody, content_type = "application/problem+json"),
    ),
    security(("gateway_key" = [])),
)]
pub async fn own(
    State(credentials): State<Credentials>,
    Extension(origin): Extension<Origin>,
    Bearer(bearer): Bearer,
) -> Result<(HeaderMap, Json<SelfAnswer>), Refusal> {
    let me = credentials::self_description(&credentials, &origin, bearer.as_ref()).await?;
    let headers = rate_limit(me.allowance);
    let answer = SelfAnswer {
        version: 1,
        team_id: me.team,
        gateway_id: me.gateway,
        name: me.name.to_string(),
        environment: me.environment,
        scopes: me.scopes,
        key_id: me.key,
        key_expires_at: me.key_expires_at,
        connection_ids: me.connections,
    };
    Ok((headers, Json(answer)))
}
