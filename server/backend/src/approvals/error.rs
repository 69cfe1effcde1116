use chrono::Duration;
use model::{Problem, ProblemCode};

use crate::{access::AccessError, error::Outage, mail::MailError, teams::NotEnded};

/// Why two people did not come together.
#[derive(Debug, thiserror::Error)]
pub enum ApprovalError {
    #[error("nobody approves their own question, or one that was asked before they came")]
    Alone,
    #[error("nobody else of the Team could approve it")]
    NobodyElse,
    #[error("whoever asked may not any more")]
    AskerGone,
    #[error("it was approved, withdrawn, or is too old")]
    Over,
    #[error("too many questions were asked")]
    TooMany { retry_after: Duration },
    #[error("the typed name is not the Team's")]
    NameDiffers,
    #[error(transparent)]
    NotEnded(#[from] NotEnded),
    #[error(transparent)]
    Access(#[from] AccessError),
    #[error(transparent)]
    Mail(#[from] MailError),
}

impl From<sea_orm::DbErr> for ApprovalError {
    fn from(error: sea_orm::DbErr) -> Self {
        ApprovalError::Access(Outage::from(error).into())
    }
}

impl From<&ApprovalError> for Problem {
    fn from(error: &ApprovalError) -> Self {
        let second = |words: &str| Problem::new(ProblemCode::SecondPerson, words.to_owned());
        match error {
            ApprovalError::Alone => {
                second("It takes another person than the one who asked, who was in the Team before the question.")
            }
            ApprovalError::NobodyElse => {
                second("Nobody else of the Team could approve this. Let somebody in who can, and ask when they have joined.")
            }
            ApprovalError::AskerGone => {
                Problem::new(ProblemCode::Conflict, "Whoever asked for this may not do it any more.")
            }
            ApprovalError::Over => {
                Problem::new(ProblemCode::Conflict, "This was approved already, withdrawn, or nobody answered for a week.")
            }
            ApprovalError::TooMany { retry_after } => {
                let seconds = crate::store::rate_limit::seconds(*retry_after);
                Problem::new(ProblemCode::RateLimited, "You have asked several times just now. Wait for an answer.")
                    .retry_after(seconds)
            }
            ApprovalError::NameDiffers => Problem::field("name", "Type the Team's name exactly as it stands above."),
            ApprovalError::NotEnded(error) => error.into(),
            ApprovalError::Access(error) => error.into(),
            ApprovalError::Mail(error) => error.into(),
        }
    }
}
