//! Refusals on their way out. The edge writes the body, so that every one carries the request's id.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use backend::credentials::{Allowance, Refused};
use model::{Problem, ProblemCode};
use serde::Serialize;
use utoipa::ToSchema;

use super::rate_limit;

/// A [`Problem`] as a response: the status now, the body at the edge.
#[derive(Clone, Debug)]
pub struct Refusal {
    pub problem: Problem,
    /// What is left of the key's limit, when there is a key.
    pub allowance: Option<Allowance>,
}

/// RFC 9457 with Portal's own members.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// An address that names the code.
    #[serde(rename = "type")]
    kind: String,
    title: &'static str,
    status: u16,
    /// A sentence about this very case.
    detail: String,
    /// The request id.
    instance: String,
    /// Stable and machine-readable.
    code: &'static str,
    /// The same request may succeed later without a change.
    retryable: bool,
    /// Seconds to wait, rounded up; as in `Retry-After`.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_s: Option<u32>,
    /// What the caller should do.
    action: &'static str,
    /// What is wrong, field by field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldProblem>,
}

/// What is wrong with one field.
#[derive(Debug, Serialize, ToSchema)]
pub struct FieldProblem {
    field: String,
    message: String,
}

impl ProblemBody {
    pub fn new(problem: &Problem, instance: String) -> Self {
        let code = problem.code;
        Self {
            kind: format!("urn:portal:problem:{}", code.as_str()),
            title: code.title(),
            status: code.status(),
            detail: problem.detail.clone(),
            instance,
            code: code.as_str(),
            retryable: code.retryable(),
            retry_after_s: problem.retry_after_s,
            action: code.action(),
            errors: problem
                .errors
                .iter()
                .map(|e| FieldProblem { field: e.field.clone(), message: e.message.clone() })
                .collect(),
        }
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Refusal { problem, allowance: None }
    }
}

/// Logged once, here, with what lies behind it.
impl From<Refused> for Refusal {
    fn from(Refused { error, allowance }: Refused) -> Self {
        let problem = Problem::from(&error);
        if problem.code.status() >= 500 {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                code = problem.code.as_str(),
                "gateway request failed"
            );
        }
        Refusal { problem, allowance }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let code = self.problem.code;
        let mut response = StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR).into_response();
        if code == ProblemCode::InvalidGatewayKey {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.problem.retry_after_s {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(allowance) = self.allowance {
            response.headers_mut().extend(rate_limit(allowance));
        }
        response.extensions_mut().insert(self);
        response
    }
}
