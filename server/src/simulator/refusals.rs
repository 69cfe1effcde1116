//! Amazon's refusals, word for word as far as recorded exchanges and its documentation tell.

use std::sync::LazyLock;

use axum::{
    Json,
    http::{StatusCode, header::CACHE_CONTROL},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::tokens::random_text;

/// LWA says no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LwaRefusal {
    status: StatusCode,
    error: &'static str,
    description: &'static str,
}

impl LwaRefusal {
    const fn new(status: StatusCode, error: &'static str, description: &'static str) -> Self {
        Self { status, error, description }
    }

    pub fn answer(self, request_id: &str) -> Response {
        let body = json!({
            "error": self.error,
            "error_description": self.description,
            "error_index": random_text::<24>(),
            "request_id": request_id,
        });
        (self.status, [(CACHE_CONTROL, "no-store")], Json(body)).into_response()
    }
}

const BAD: StatusCode = StatusCode::BAD_REQUEST;

pub(super) const BAD_REFRESH_TOKEN: LwaRefusal = LwaRefusal::new(
    BAD,
    "invalid_grant",
    "The request has an invalid grant parameter : refresh_token. User may have revoked or didn't grant the permission.",
);
pub(super) const BAD_CODE: LwaRefusal =
    LwaRefusal::new(BAD, "invalid_grant", "The request has an invalid grant parameter : code");
pub(super) const BAD_CLIENT: LwaRefusal =
    LwaRefusal::new(StatusCode::UNAUTHORIZED, "invalid_client", "Client authentication failed");
pub(super) const UNAUTHORIZED_CLIENT: LwaRefusal =
    LwaRefusal::new(BAD, "unauthorized_client", "The client is not authorized to use this authorization grant type");
pub(super) const BAD_SCOPE: LwaRefusal =
    LwaRefusal::new(BAD, "invalid_scope", "The request has an invalid parameter : scope");
pub(super) const BAD_REQUEST: LwaRefusal =
    LwaRefusal::new(BAD, "invalid_request", "The request is missing a required parameter or is otherwise malformed");
pub(super) const BAD_GRANT_TYPE: LwaRefusal = LwaRefusal::new(
    BAD,
    "unsupported_grant_type",
    "The authorization grant type is not supported by the authorization server",
);
pub(super) const SERVER_ERROR: LwaRefusal =
    LwaRefusal::new(StatusCode::INTERNAL_SERVER_ERROR, "server_error", "The server encountered a runtime error");
pub(super) const TEMPORARILY_UNAVAILABLE: LwaRefusal = LwaRefusal::new(
    StatusCode::SERVICE_UNAVAILABLE,
    "temporarily_unavailable",
    "The server is currently unable to handle the request due to a temporary overloading or maintenance",
);
/// The wire form of LWA's 429 is not confirmed.
pub(super) const THROTTLED: LwaRefusal =
    LwaRefusal::new(StatusCode::TOO_MANY_REQUESTS, "throttled", "The request was throttled");

/// The Advertising API says no: the token is not its own, or has ended.
pub(super) static NOT_AUTHORIZED: LazyLock<Value> =
    LazyLock::new(|| json!({ "code": "UNAUTHORIZED", "details": "Not authorized to access this advertiser" }));

/// SP-API says no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Denial {
    status: StatusCode,
    code: &'static str,
    message: &'static str,
    details: &'static str,
}

impl Denial {
    const fn forbidden(details: &'static str) -> Self {
        Self {
            status: StatusCode::FORBIDDEN,
            code: "Unauthorized",
            message: "Access to requested resource is denied.",
            details,
        }
    }

    pub const fn invalid_input(message: &'static str) -> Self {
        Self { status: BAD, code: "InvalidInput", message, details: "" }
    }
}

impl IntoResponse for Denial {
    fn into_response(self) -> Response {
        let error = json!({ "code": self.code, "message": self.message, "details": self.details });
        (self.status, Json(json!({ "errors": [error] }))).into_response()
    }
}

pub(super) const TOKEN_MISSING: Denial = Denial::forbidden("Access token is missing in the request header.");
pub(super) const TOKEN_UNKNOWN: Denial =
    Denial::forbidden("The access token you provided is revoked, malformed or invalid.");
pub(super) const TOKEN_EXPIRED: Denial = Denial::forbidden("The access token you provided has expired.");
pub(super) const SECRET_EXPIRED: Denial = Denial::forbidden("The LWA secret token you provided has expired.");
/// A role is missing, the region is another, or the account is of another kind.
pub(super) const ACCESS_DENIED: Denial = Denial::forbidden("");
pub(super) const QUOTA_EXCEEDED: Denial = Denial {
    status: StatusCode::TOO_MANY_REQUESTS,
    code: "QuotaExceeded",
    message: "You exceeded your quota for the requested resource.",
    details: "",
};
pub(super) const NO_SUCH_ORDER: Denial =
    Denial { status: StatusCode::NOT_FOUND, code: "NotFound", message: "The requested order was not found.", details: "" };
