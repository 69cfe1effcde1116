//! What SP-API answered to a gateway.

use axum::{
    Extension,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use backend::credentials::{self, Credentials, Origin};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    Refusal,
    body::Body,
    caller::{Bearer, Named},
    rate_limit,
};

/// An answer of SP-API. Texts are shortened, and replaced when they look like a secret.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FeedbackRequest {
    /// The generation of the token that was used.
    #[schema(example = 18)]
    generation: i64,
    #[schema(minimum = 100, maximum = 599, example = 403)]
    sp_api_status: u16,
    #[schema(example = "Unauthorized")]
    sp_api_code: Option<String>,
    #[schema(example = "The access token you provided has expired.")]
    sp_api_detail: Option<String>,
    /// Amazon's request id.
    request_id: Option<String>,
}

/// Tell what SP-API answered.
#[utoipa::path(
    post, path = "/api/gateway/v1/teams/{team_id}/connections/{connection_id}/feedback", tag = "connections", operation_id = "sendFeedback",
    params(
        ("team_id" = String, Path, description = "The Team"), ("connection_id" = String, Path, description = "The connection"),
        ("Portal-Gateway" = u8, Header, description = "Always 1"),
    ),
    request_body = FeedbackRequest,
    responses(
        (status = 204, description = "Noted"),
        (status = "4XX", body = super::ProblemBody, content_type = "application/problem+json"),
        (status = "5XX", body = super::ProblemBody, content_type = "application/problem+json"),
    ),
    security(("gateway_key" = ["feedback:write"])),
)]
pub async fn feedback(
    State(credentials): State<Credentials>,
    Extension(origin): Extension<Origin>,
    Bearer(bearer): Bearer,
    Named(team, connection): Named,
    Body(report): Body<FeedbackRequest>,
) -> Result<(StatusCode, HeaderMap), Refusal> {
    let FeedbackRequest { generation, sp_api_status, sp_api_code, sp_api_detail, request_id } = report;
    let report = credentials::Feedback { generation, sp_api_status, sp_api_code, sp_api_detail, request_id };
    let allowance = credentials::feedback(&credentials, &origin, bearer.as_ref(), team, connection, &report).await?;
    Ok((StatusCode::NO_CONTENT, rate_limit(allowance)))
}
