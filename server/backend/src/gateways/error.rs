use model::{Problem, ProblemCode};

use crate::{access::AccessError, error::Outage};

/// Why a gateway or key was not made or changed.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    #[error("a gateway without a scope can do nothing")]
    NoScope,
    #[error("production and sandbox do not mix")]
    OtherEnvironment,
    #[error("two keys live already")]
    TooManyKeys,
    #[error("a key was made meanwhile")]
    OtherKeys,
    #[error("no such life of a key")]
    KeyLife,
    #[error("nothing is chosen")]
    NothingChosen,
    #[error("the gateway changed meanwhile")]
    Changed,
    #[error(transparent)]
    Access(#[from] AccessError),
}

impl From<sea_orm::DbErr> for GatewayError {
    fn from(error: sea_orm::DbErr) -> Self {
        GatewayError::Access(Outage::from(error).into())
    }
}

impl From<&GatewayError> for Problem {
    fn from(error: &GatewayError) -> Self {
        match error {
            GatewayError::NoScope => Problem::field("scopes", "Choose at least one scope."),
            GatewayError::OtherEnvironment => {
                Problem::field("connections", "A gateway uses only connections of its own environment.")
            }
            GatewayError::TooManyKeys => Problem::new(
                ProblemCode::Conflict,
                "Two keys are live already: enough to change over without a gap. Revoke one of them first.",
            ),
            GatewayError::OtherKeys => Problem::new(
                ProblemCode::Conflict,
                "A key was made since this page was loaded; it was shown once, then. Look at the list before you make another.",
            ),
            GatewayError::KeyLife => Problem::field("days", "Choose one of the offered lives."),
            GatewayError::NothingChosen => Problem::field("gateways", "Choose at least one gateway or key."),
            GatewayError::Changed => Problem::of(ProblemCode::Conflict),
            GatewayError::Access(error) => error.into(),
        }
    }
}
