//! Failures that every area shares: the store and the keys.

use model::{Problem, ProblemCode};

use crate::vault::VaultError;

/// Portal's own outage: never the caller's fault, never reported as a missing thing.
#[derive(Debug, thiserror::Error)]
pub enum Outage {
    #[error("the database did not answer")]
    Store(#[from] sea_orm::DbErr),
    #[error("the keys did not answer")]
    Keys(#[from] VaultError),
    #[error("a stored value does not fit its type: {0}")]
    Corrupt(&'static str),
}

impl From<&VaultError> for Problem {
    fn from(error: &VaultError) -> Self {
        match error {
            VaultError::Unavailable(_) => Problem::of(ProblemCode::StoreUnavailable),
            VaultError::KeyUnavailable | VaultError::ServiceUnavailable(_) => {
                Problem::of(ProblemCode::KeyServiceUnavailable)
            }
            VaultError::Refused => Problem::of(ProblemCode::Internal),
        }
    }
}

impl From<&Outage> for Problem {
    fn from(outage: &Outage) -> Self {
        match outage {
            Outage::Store(_) => Problem::of(ProblemCode::StoreUnavailable),
            Outage::Keys(error) => error.into(),
            Outage::Corrupt(_) => Problem::of(ProblemCode::Internal),
        }
    }
}
