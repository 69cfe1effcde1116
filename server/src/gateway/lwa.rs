//! The route that speaks as LWA's own token endpoint does, so that unmodified SP-API clients work with a gateway key.

use axum::{
    Extension, Json,
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use backend::credentials::{self, Allowance, Credentials, IssueError, IssueRequest, Origin, identify};
use model::{Problem, ProblemCode, credential::Ask, gateway::split_key, ids::GatewayKeyId};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{body, caller, rate_limit};

/// As LWA takes it: `client_id` is the gateway key's id, `client_secret` the key, `refresh_token` the connection's id.
#[derive(Deserialize, ToSchema)]
pub struct TokenRequest {
    #[serde(default)]
    #[schema(example = "refresh_token")]
    grant_type: String,
    #[serde(default)]
    #[schema(example = "gwk_01900000000070008000000000000001")]
    client_id: String,
    #[serde(default)]
    #[schema(value_type = String)]
    client_secret: SecretString,
    #[serde(default)]
    #[schema(example = "con_01900000000070008000000000000001")]
    refresh_token: String,
}

/// LWA's answer; `refresh_token` is the connection's id again.
#[derive(Serialize, ToSchema)]
pub struct TokenAnswer {
    access_token: String,
    refresh_token: String,
    #[schema(example = "bearer")]
    token_type: &'static str,
    /// Seconds that are left.
    expires_in: i64,
}

/// RFC 6749, 5.2.
#[derive(Serialize, ToSchema)]
pub struct TokenProblem {
    #[schema(example = "invalid_client")]
    error: &'static str,
    error_description: String,
}

struct TokenRefusal {
    status: StatusCode,
    problem: TokenProblem,
    retry_after_s: Option<u32>,
    allowance: Option<Allowance>,
}

/// Issue a runtime credential in LWA's own form.
#[utoipa::path(
    post, path = "/api/gateway/v1/lwa/token", tag = "credentials", operation_id = "lwaToken",
    request_body(content((TokenRequest = "application/x-www-form-urlencoded"), (TokenRequest = "application/json"))),
    responses(
        (status = 200, body = TokenAnswer), (status = 400, body = TokenProblem), (status = 401, body = TokenProblem),
        (status = 429, body = TokenProblem), (status = 503, body = TokenProblem),
    ),
)]
pub async fn token(
    State(credentials): State<Credentials>,
    Extension(origin): Extension<Origin>,
    request: Request,
) -> Response {
    let asked = match read(request).await {
        Ok(asked) => asked,
        Err(refused) => return refused.into_response(),
    };
    match answer(&credentials, &origin, asked).await {
        Ok(response) => response,
        Err(error) => TokenRefusal::from(error).into_response(),
    }
}

async fn read(request: Request) -> Result<TokenRequest, TokenRefusal> {
    let json = body::is(request.headers(), "application/json");
    let bytes = body::whole(request, &()).await.map_err(|refusal| invalid_request(&refusal.problem.detail))?;
    let asked: Option<TokenRequest> =
        if json { serde_json::from_slice(&bytes).ok() } else { serde_urlencoded::from_bytes(&bytes).ok() };
    let asked =
        asked.ok_or_else(|| invalid_request("The body is neither a form nor JSON with the fields of a token request."))?;
    match asked.grant_type.as_str() {
        "refresh_token" => Ok(asked),
        "" => Err(invalid_request("grant_type is missing.")),
        _ => Err(TokenRefusal::new(400, "unsupported_grant_type", "Portal issues for grant_type=refresh_token only.")),
    }
}

#[expect(clippy::disallowed_methods, reason = "the caller gets its token, and says which key it calls with")]
async fn answer(credentials: &Credentials, origin: &Origin, asked: TokenRequest) -> Result<Response, credentials::Refused> {
    // The id beside the key must be the key's own: a mixed-up configuration is told at once.
    let own: Option<GatewayKeyId> = split_key(asked.client_secret.expose_secret()).map(|(key, _)| key);
    let bearer = Some(&asked.client_secret).filter(|_| own.is_some() && own == asked.client_id.parse().ok());
    let (caller, _) = identify(credentials, origin, bearer, None).await.map_err(in_the_body)?;
    let connection = caller::connection(&asked.refresh_token);
    let request = IssueRequest {
        team: caller.team(),
        connection,
        ask: Ask::new(None, None, None),
        purpose: Some("lwa-compatible".to_owned()),
    };
    let issued = credentials::issue(credentials, origin, bearer, request).await?;
    let headers = rate_limit(issued.allowance);
    let expires_in = (issued.cached.expires_at - credentials.portal.clock.now()).num_seconds();
    // Without a known generation the verb always gives the token.
    let access_token = issued.token.map(|token| token.expose_secret().to_owned()).unwrap_or_default();
    let answer = TokenAnswer { access_token, refresh_token: asked.refresh_token, token_type: "bearer", expires_in };
    Ok((headers, Json(answer)).into_response())
}

/// A key that was not looked at since the id beside it is another's is not one that was forgotten.
fn in_the_body(refused: credentials::Refused) -> credentials::Refused {
    match refused.error {
        IssueError::NoKey => credentials::Refused { error: IssueError::InvalidKey, ..refused },
        _ => refused,
    }
}

fn invalid_request(text: &str) -> TokenRefusal {
    TokenRefusal::new(400, "invalid_request", text)
}

impl TokenRefusal {
    fn new(status: u16, error: &'static str, text: &str) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
        let problem = TokenProblem { error, error_description: text.to_owned() };
        Self { status, problem, retry_after_s: None, allowance: None }
    }
}

impl From<credentials::Refused> for TokenRefusal {
    fn from(refused: credentials::Refused) -> Self {
        let super::Refusal { problem: Problem { code, detail, retry_after_s, .. }, allowance } = refused.into();
        let (status, word) = match code {
            ProblemCode::InvalidGatewayKey => (401, "invalid_client"),
            ProblemCode::ScopeMissing | ProblemCode::AddressNotAllowed => (400, "unauthorized_client"),
            ProblemCode::ConnectionNotFound
            | ProblemCode::ReauthorizationRequired
            | ProblemCode::LwaClientRejected
            | ProblemCode::ConnectionDisabled
            | ProblemCode::Locked => (400, "invalid_grant"),
            ProblemCode::RateLimited | ProblemCode::ForceRefreshCooldown => (429, "temporarily_unavailable"),
            ProblemCode::Internal => (500, "server_error"),
            _ => (503, "temporarily_unavailable"),
        };
        Self { retry_after_s, allowance, ..Self::new(status, word, &detail) }
    }
}

impl IntoResponse for TokenRefusal {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.problem)).into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(allowance) = self.allowance {
            response.headers_mut().extend(rate_limit(allowance));
        }
        if let Some(seconds) = self.retry_after_s {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
