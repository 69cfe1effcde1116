//! Failures of Amazon, classed by what can be done. Of Amazon's own words only known error codes are kept.

use std::time::Duration;

use super::client::NoAnswer;

/// Why LWA gave no token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LwaFailure {
    /// `invalid_grant`: the refresh token or code is revoked, expired or another app's.
    #[error("LWA refuses the grant")]
    Permanent,
    /// The app itself is refused: `invalid_client`, `unauthorized_client` or `invalid_scope`.
    #[error("LWA refuses the app: {code}")]
    Configuration { code: &'static str },
    #[error("LWA asks to slow down")]
    Throttled { retry_after: Option<Duration> },
    #[error("LWA cannot be reached")]
    Unavailable,
    /// Malformed, far too long, or without an access token.
    #[error("LWA's answer cannot be read")]
    BadResponse,
    /// `invalid_request` or `unsupported_grant_type`: a mistake of Portal's own.
    #[error("LWA calls the request wrong: {code}")]
    OurMistake { code: &'static str },
    #[error("the egress list does not allow the address")]
    Refused,
}

impl LwaFailure {
    /// A stable word for the log.
    pub fn word(&self) -> &'static str {
        match self {
            LwaFailure::Permanent => "invalid_grant",
            LwaFailure::Configuration { code } | LwaFailure::OurMistake { code } => code,
            LwaFailure::Throttled { .. } => "throttled",
            LwaFailure::Unavailable => "unavailable",
            LwaFailure::BadResponse => "bad_response",
            LwaFailure::Refused => "egress_refused",
        }
    }
}

impl From<NoAnswer> for LwaFailure {
    fn from(none: NoAnswer) -> Self {
        match none {
            NoAnswer::Refused => LwaFailure::Refused,
            NoAnswer::Unavailable => LwaFailure::Unavailable,
            NoAnswer::TooLong => LwaFailure::BadResponse,
        }
    }
}

/// Why SP-API or the Advertising API gave no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallFailure {
    #[error("Amazon calls the access token expired")]
    TokenExpired,
    #[error("Amazon calls the client secret expired")]
    SecretExpired,
    /// No details: a role is missing, the region is another, or the account is of another kind.
    #[error("Amazon refuses access")]
    AccessDenied,
    #[error("Amazon asks to slow down")]
    Throttled { retry_after: Option<Duration> },
    #[error("Amazon cannot be reached")]
    Unavailable,
    #[error("Amazon's answer cannot be read")]
    BadResponse,
    #[error("the egress list does not allow the address")]
    Refused,
}

impl CallFailure {
    /// A stable word for the log.
    pub fn word(&self) -> &'static str {
        match self {
            CallFailure::TokenExpired => "access_token_expired",
            CallFailure::SecretExpired => "client_secret_expired",
            CallFailure::AccessDenied => "access_denied",
            CallFailure::Throttled { .. } => "throttled",
            CallFailure::Unavailable => "unavailable",
            CallFailure::BadResponse => "bad_response",
            CallFailure::Refused => "egress_refused",
        }
    }
}

impl From<NoAnswer> for CallFailure {
    fn from(none: NoAnswer) -> Self {
        match none {
            NoAnswer::Refused => CallFailure::Refused,
            NoAnswer::Unavailable => CallFailure::Unavailable,
            NoAnswer::TooLong => CallFailure::BadResponse,
        }
    }
}

/// `Retry-After` in seconds; Amazon sends no dates.
pub(super) fn retry_after(headers: &reqwest::header::HeaderMap) -> Option<Duration> {
    let seconds = headers.get(reqwest::header::RETRY_AFTER)?.to_str().ok()?.trim().parse::<u64>().ok()?;
    Some(Duration::from_secs(seconds.min(3600)))
}
