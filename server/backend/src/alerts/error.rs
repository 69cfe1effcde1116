use model::{Problem, ProblemCode};

use crate::access::AccessError;

/// Why something about an alert cannot be done.
#[derive(Debug, thiserror::Error)]
pub enum AlertError {
    #[error("an acknowledgement needs a note")]
    NoteMissing,
    #[error("somebody acknowledged it before")]
    Answered,
    #[error("this rule is never off")]
    NeverOff,
    #[error("the threshold is not within {least} and {most}")]
    Threshold { least: i32, most: i32 },
    #[error(transparent)]
    Access(#[from] AccessError),
}

impl From<sea_orm::DbErr> for AlertError {
    fn from(error: sea_orm::DbErr) -> Self {
        AlertError::Access(error.into())
    }
}

impl From<&AlertError> for Problem {
    fn from(error: &AlertError) -> Self {
        match error {
            AlertError::NoteMissing => {
                Problem::field("note", "Say in a few words what you found, for those who read this later.")
            }
            AlertError::Answered => {
                Problem::new(ProblemCode::Conflict, "Somebody acknowledged this alert before you. Load the page again.")
            }
            AlertError::NeverOff => Problem::field("off", "The gravest rules are never off."),
            AlertError::Threshold { least, most } => {
                Problem::field("threshold", format!("Enter a number from {least} to {most}."))
            }
            AlertError::Access(error) => error.into(),
        }
    }
}
