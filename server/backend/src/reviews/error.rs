use model::{Problem, ProblemCode};

use crate::access::AccessError;

/// Why nothing was written at a Review.
#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    #[error("the field {0} is empty")]
    Missing(&'static str),
    #[error("the Review is signed")]
    Signed,
    #[error(transparent)]
    Access(#[from] AccessError),
}

impl From<sea_orm::DbErr> for ReviewError {
    fn from(error: sea_orm::DbErr) -> Self {
        ReviewError::Access(error.into())
    }
}

impl From<&ReviewError> for Problem {
    fn from(error: &ReviewError) -> Self {
        match error {
            ReviewError::Missing(field) => Problem::field(field, "Write a few words here."),
            ReviewError::Signed => {
                Problem::new(ProblemCode::Conflict, "This Review is signed: nothing of it changes any more.")
            }
            ReviewError::Access(error) => error.into(),
        }
    }
}
