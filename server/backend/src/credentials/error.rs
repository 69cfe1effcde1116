use model::{Problem, ProblemCode, alert::CANARY};

use crate::error::Outage;

/// Why a gateway gets no credential. Each variant is one thing that the caller can do.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// A malformed, unknown, revoked or expired one, or its gateway is disabled: one answer.
    #[error("the gateway key is not valid")]
    InvalidKey,
    #[error("the request has no key")]
    NoKey,
    #[error("the gateway lacks {}", .0.as_str())]
    ScopeMissing(model::gateway::Scope),
    #[error("the address is not allowed")]
    AddressNotAllowed,
    /// Unknown, of another Team, or not on the gateway's list: one answer.
    #[error("no such connection for this gateway")]
    ConnectionNotFound,
    #[error("the seller must authorize again")]
    ReauthorizationRequired,
    #[error("Amazon refuses the LWA app")]
    ClientRejected,
    #[error("the connection is disabled")]
    Disabled,
    /// To the caller it is disabled; the log keeps what it is.
    #[error("the connection is a canary")]
    Canary,
    #[error("a lock stands")]
    Locked,
    #[error("too many requests")]
    RateLimited { retry_after_s: u32 },
    #[error("a forced refresh was made a moment ago")]
    ForceCooldown { retry_after_s: u32 },
    #[error("Amazon's answer could not be read")]
    BadResponse,
    #[error("Amazon cannot be reached")]
    Unavailable { retry_after_s: u32 },
    #[error("Amazon asks to slow down")]
    Throttled { retry_after_s: u32 },
    #[error("another request is refreshing")]
    RefreshInProgress,
    #[error("the event could not be recorded")]
    AuditUnavailable,
    #[error(transparent)]
    Outage(#[from] Outage),
}

impl From<sea_orm::DbErr> for IssueError {
    fn from(error: sea_orm::DbErr) -> Self {
        IssueError::Outage(error.into())
    }
}

impl From<crate::vault::VaultError> for IssueError {
    fn from(error: crate::vault::VaultError) -> Self {
        IssueError::Outage(error.into())
    }
}

impl From<&IssueError> for Problem {
    fn from(error: &IssueError) -> Self {
        use ProblemCode as Code;
        match error {
            IssueError::InvalidKey => Problem::of(Code::InvalidGatewayKey),
            IssueError::NoKey => Problem::new(
                Code::InvalidGatewayKey,
                "The request carries no gateway key. Send it in the header Authorization, as: Bearer ptl_gw_…",
            ),
            IssueError::ScopeMissing(scope) => {
                Problem::new(Code::ScopeMissing, format!("This gateway lacks the scope {}.", scope.as_str()))
            }
            IssueError::AddressNotAllowed => Problem::of(Code::AddressNotAllowed),
            IssueError::ConnectionNotFound => Problem::of(Code::ConnectionNotFound),
            IssueError::ReauthorizationRequired => Problem::of(Code::ReauthorizationRequired),
            IssueError::ClientRejected => Problem::of(Code::LwaClientRejected),
            IssueError::Disabled | IssueError::Canary => Problem::of(Code::ConnectionDisabled),
            IssueError::Locked => Problem::of(Code::Locked),
            IssueError::RateLimited { retry_after_s } => Problem::of(Code::RateLimited).retry_after(*retry_after_s),
            IssueError::ForceCooldown { retry_after_s } => {
                Problem::of(Code::ForceRefreshCooldown).retry_after(*retry_after_s)
            }
            IssueError::BadResponse => Problem::of(Code::LwaBadResponse).retry_after(5),
            IssueError::Unavailable { retry_after_s } => Problem::of(Code::LwaUnavailable).retry_after(*retry_after_s),
            IssueError::Throttled { retry_after_s } => Problem::of(Code::LwaThrottled).retry_after(*retry_after_s),
            IssueError::RefreshInProgress => Problem::of(Code::RefreshInProgress).retry_after(1),
            IssueError::AuditUnavailable => Problem::of(Code::AuditUnavailable).retry_after(1),
            IssueError::Outage(outage) => outage.into(),
        }
    }
}

/// The stable word that the log keeps for a refusal.
pub(super) fn word(error: &IssueError) -> &'static str {
    match error {
        IssueError::Canary => CANARY,
        error => Problem::from(error).code.as_str(),
    }
}
