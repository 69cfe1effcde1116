//! Issuing a runtime credential.

use std::collections::BTreeMap;

use axum::{Extension, Json, extract::State, http::HeaderMap};
use backend::{
    credentials::{self, Credentials, IssueRequest, Issued, Origin},
    store::issue::Held,
};
use model::{
    Environment, Time,
    amazon::{ADS_CLIENT_ID, ADS_SCOPE, Api, Marketplace},
    credential::{Ask, Warning},
    ids::{ConnectionId, TeamId},
};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Refusal,
    body::Body,
    caller::{Bearer, Named},
    rate_limit,
};

/// What a gateway may say with its question. All optional.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CredentialRequest {
    /// The token must live at least this long, seconds. Default 300, at most 1800.
    #[schema(maximum = 1800, example = 300)]
    pub min_ttl_s: Option<u32>,
    /// The generation that the gateway holds: while it is current and good, the answer has no token.
    #[schema(example = 17)]
    pub known_generation: Option<i64>,
    /// The generation that SP-API refused: a new token is fetched only if it is still the current one.
    pub rejected_generation: Option<i64>,
    /// Why, for the log.
    #[schema(max_length = 120, example = "orders-sync job 8812")]
    pub purpose: Option<String>,
}

impl CredentialRequest {
    pub fn about(self, team: TeamId, connection: ConnectionId) -> IssueRequest {
        let ask = Ask::new(self.min_ttl_s, self.known_generation, self.rejected_generation);
        IssueRequest { team, connection, ask, purpose: self.purpose }
    }
}

/// A runtime credential, or the word that the held one is still good.
#[derive(Serialize, ToSchema)]
pub struct CredentialAnswer {
    version: u8,
    #[schema(example = "lse_3f1c9e4ab5d64d3f8a7e2c1b0d9f8e7a")]
    lease_id: String,
    generation: i64,
    unchanged: bool,
    refreshed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    credential: Option<Credential>,
    /// Come back then; spread, so that a fleet does not return together.
    #[schema(value_type = String, format = DateTime)]
    refresh_after: Time,
    connection: ConnectionBody,
    warnings: Vec<WarningBody>,
}

/// The access token and how to use it.
#[derive(Serialize, ToSchema)]
pub struct Credential {
    #[serde(rename = "type")]
    #[schema(example = "lwa_access_token")]
    kind: &'static str,
    /// The header that carries it to Amazon.
    #[schema(example = "x-amz-access-token")]
    header: &'static str,
    /// What stands in that header: the access token; for the Advertising API `Bearer` and the access token.
    value: String,
    #[schema(value_type = String, format = DateTime)]
    issued_at: Time,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Time,
    /// Seconds that are left.
    expires_in: i64,
}

/// What the credential is for. Nothing here is to be guessed.
#[derive(Clone, Serialize, ToSchema)]
pub struct ConnectionBody {
    #[schema(value_type = String, example = "con_01900000000070008000000000000001")]
    id: ConnectionId,
    /// Which of Amazon's interfaces it is for: `sp_api` or `ads`.
    #[schema(value_type = String, example = "sp_api")]
    api: Api,
    #[schema(value_type = String, example = "production")]
    environment: Environment,
    /// Of a vendor or an agency that advertises: its entity id.
    seller_id: String,
    /// The profile of the Advertising API.
    #[serde(skip_serializing_if = "Option::is_none")]
    profile_id: Option<String>,
    #[schema(example = "DE")]
    marketplace: &'static str,
    marketplace_id: &'static str,
    marketplace_ids: Vec<String>,
    #[schema(example = "eu")]
    region: &'static str,
    endpoint: &'static str,
    /// Headers that every call carries beside the credential's.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    headers: BTreeMap<&'static str, String>,
}

/// Something to look at before it stops the work.
#[derive(Serialize, ToSchema)]
pub struct WarningBody {
    #[schema(value_type = String, example = "lwa_client_secret_expiring")]
    code: model::credential::WarningCode,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    at: Option<Time>,
}

impl ConnectionBody {
    pub fn new(held: &Held, marketplace: Marketplace) -> Self {
        let profile_id = held.profile.map(|id| id.to_string());
        let profiles = profile_id.clone().map(|id| [(ADS_CLIENT_ID, held.client_id.clone()), (ADS_SCOPE, id)]);
        Self {
            id: held.connection,
            api: held.api(),
            environment: held.environment,
            seller_id: held.seller_id.clone(),
            profile_id,
            marketplace: marketplace.code(),
            marketplace_id: marketplace.marketplace_id(),
            marketplace_ids: held.marketplace_ids.split_whitespace().map(str::to_owned).collect(),
            region: marketplace.region().as_str(),
            endpoint: held.api().endpoint(marketplace.region(), held.environment),
            headers: profiles.into_iter().flatten().collect(),
        }
    }
}

impl CredentialAnswer {
    /// The one place where an access token leaves Portal in this form.
    #[expect(clippy::disallowed_methods, reason = "the caller gets its token")]
    pub fn new(issued: Issued, now: Time) -> Self {
        let cached = issued.cached;
        let (header, before) = issued.held.api().token_header();
        let credential = issued.token.map(|token| Credential {
            kind: "lwa_access_token",
            header,
            value: format!("{before}{}", token.expose_secret()),
            issued_at: cached.issued_at,
            expires_at: cached.expires_at,
            expires_in: (cached.expires_at - now).num_seconds(),
        });
        Self {
            version: 1,
            lease_id: issued.lease.to_string(),
            generation: cached.generation,
            unchanged: credential.is_none(),
            refreshed: issued.refreshed,
            credential,
            refresh_after: issued.refresh_after,
            connection: ConnectionBody::new(&issued.held, issued.marketplace),
            warnings: issued.warnings.into_iter().map(|Warning { code, at }| WarningBody { code, at }).collect(),
        }
    }
}

/// Issue a runtime credential for one connection.
#[utoipa::path(
    post, path = "/api/gateway/v1/teams/{team_id}/connections/{connection_id}/credentials", tag = "credentials", operation_id = "issueCredential",
    params(
        ("team_id" = String, Path, description = "The Team"), ("connection_id" = String, Path, description = "The connection"),
        ("Portal-Gateway" = u8, Header, description = "Always 1"),
    ),
    request_body = CredentialRequest,
    responses(
        (status = 200, body = CredentialAnswer),
        (status = "4XX", body = super::ProblemBody, content_type = "application/problem+json"),
        (status = "5XX", body = super::ProblemBody, content_type = "application/problem+json"),
    ),
    security(("gateway_key" = ["credential:issue"])),
)]
pub async fn issue(
    State(credentials): State<Credentials>,
    Extension(origin): Extension<Origin>,
    Bearer(bearer): Bearer,
    Named(team, connection): Named,
    Body(request): Body<CredentialRequest>,
) -> Result<(HeaderMap, Json<CredentialAnswer>), Refusal> {
    let issued = credentials::issue(&credentials, &origin, bearer.as_ref(), request.about(team, connection)).await?;
    let headers = rate_limit(issued.allowance);
    Ok((headers, Json(CredentialAnswer::new(issued, credentials.portal.clock.now()))))
}
