//! Several connections in one question. One bad item never fails the rest.

use axum::{Extension, Json, extract::State, http::HeaderMap};
use backend::credentials::{self, Allowance, Credentials, Origin, identify};
use futures::{StreamExt, stream};
use model::credential::BATCH_MOST;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    ProblemBody, Refusal,
    body::{Body, wrong},
    caller::{self, Bearer, NamedTeam},
    issue::{CredentialAnswer, CredentialRequest},
    rate_limit,
};

/// Questions that run at once, of one batch.
const AT_ONCE: usize = 4;

/// Up to 20 connections.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchRequest {
    #[schema(max_items = 20)]
    items: Vec<BatchItem>,
}

/// One connection, with the same optional fields as a single question.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchItem {
    connection_id: String,
    min_ttl_s: Option<u32>,
    known_generation: Option<i64>,
    rejected_generation: Option<i64>,
    purpose: Option<String>,
}

/// One answer for each item, in the order of the question.
#[derive(Serialize, ToSchema)]
pub struct BatchAnswer {
    items: Vec<BatchResult>,
}

/// The answer to one item, or its problem.
#[derive(Serialize, ToSchema)]
pub struct BatchResult {
    connection_id: String,
    /// As if it had been asked alone.
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<CredentialAnswer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<ProblemBody>,
}

/// Issue runtime credentials for up to 20 connections.
#[utoipa::path(
    post, path = "/api/gateway/v1/teams/{team_id}/credentials:batch", tag = "credentials", operation_id = "issueCredentials",
    params(("team_id" = String, Path, description = "The Team"), ("Portal-Gateway" = u8, Header, description = "Always 1")),
    request_body = BatchRequest,
    responses(
        (status = 200, body = BatchAnswer),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
        (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("gateway_key" = ["credential:issue"])),
)]
pub async fn batch(
    State(credentials): State<Credentials>,
    Extension(origin): Extension<Origin>,
    Bearer(bearer): Bearer,
    NamedTeam(team): NamedTeam,
    Body(request): Body<BatchRequest>,
) -> Result<(HeaderMap, Json<BatchAnswer>), Refusal> {
    if request.items.is_empty() || request.items.len() > BATCH_MOST {
        return Err(wrong("items", &format!("Name 1 to {BATCH_MOST} connections.")));
    }
    // A bad key fails the batch once, not every item.
    identify(&credentials, &origin, bearer.as_ref(), None).await?;
    let answers = stream::iter(request.items).map(|item| one(&credentials, &origin, bearer.as_ref(), team, item));
    let answers: Vec<_> = answers.buffered(AT_ONCE).collect().await;
    let least = answers.iter().filter_map(|(_, allowance)| *allowance).min_by_key(|allowance| allowance.remaining);
    let items = answers.into_iter().map(|(result, _)| result).collect();
    Ok((least.map(rate_limit).unwrap_or_default(), Json(BatchAnswer { items })))
}

async fn one(
    credentials: &Credentials,
    origin: &Origin,
    bearer: Option<&SecretString>,
    team: model::ids::TeamId,
    item: BatchItem,
) -> (BatchResult, Option<Allowance>) {
    let BatchItem { connection_id, min_ttl_s, known_generation, rejected_generation, purpose } = item;
    let asked = CredentialRequest { min_ttl_s, known_generation, rejected_generation, purpose };
    let connection = caller::connection(&connection_id);
    // What cannot be an id is not repeated: it may be a secret in the wrong place.
    let connection_id = if connection.0.is_nil() { String::new() } else { connection_id };
    let request = asked.about(team, connection);
    match credentials::issue(credentials, origin, bearer, request).await {
        Ok(issued) => {
            let allowance = issued.allowance;
            let answer = CredentialAnswer::new(issued, credentials.portal.clock.now());
            (BatchResult { connection_id, status: 200, answer: Some(answer), problem: None }, Some(allowance))
        }
        Err(error) => {
            let Refusal { problem, allowance } = error.into();
            let body = ProblemBody::new(&problem, origin.request.to_string());
            (BatchResult { connection_id, status: problem.code.status(), answer: None, problem: Some(body) }, allowance)
        }
    }
}
