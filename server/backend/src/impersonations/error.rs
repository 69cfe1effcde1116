use chrono::Duration;
use model::{Problem, ProblemCode, impersonation::REASON_LEAST};

use crate::{access::AccessError, error::Outage, mail::MailError};

/// Why nobody looks into a Team.
#[derive(Debug, thiserror::Error)]
pub enum ImpersonationError {
    #[error("there is no such Team")]
    NoSuchTeam,
    #[error("the operator is in the Team")]
    IsMember,
    #[error("the reason is too short")]
    NoReason,
    #[error("the Team has no owner who could approve")]
    NoOwner,
    #[error("it was answered, or is too old")]
    Over,
    #[error("the code is not the one, or is over")]
    WrongCode,
    #[error("the code was mistyped too often")]
    CodeSpent,
    #[error("whoever approved it is no owner any more")]
    ApproverGone,
    #[error("too many questions were asked")]
    TooMany { retry_after: Duration },
    #[error(transparent)]
    Access(#[from] AccessError),
    #[error(transparent)]
    Mail(#[from] MailError),
}

impl From<sea_orm::DbErr> for ImpersonationError {
    fn from(error: sea_orm::DbErr) -> Self {
        ImpersonationError::Access(Outage::from(error).into())
    }
}

impl From<Outage> for ImpersonationError {
    fn from(outage: Outage) -> Self {
        ImpersonationError::Access(outage.into())
    }
}

impl From<&ImpersonationError> for Problem {
    fn from(error: &ImpersonationError) -> Self {
        let conflict = |words: &str| Problem::new(ProblemCode::Conflict, words.to_owned());
        match error {
            ImpersonationError::NoSuchTeam => Problem::field(
                "which",
                "There is no Team with this id. An owner finds it under Settings: team_ and 32 letters and digits.",
            ),
            ImpersonationError::IsMember => Problem::field("which", "You are in this Team: open it as yourself."),
            ImpersonationError::NoReason => Problem::field(
                "reason",
                format!("Say what you look for and why, in {REASON_LEAST} letters at least: the Team's owners read it."),
            ),
            ImpersonationError::NoOwner => conflict("No owner of this Team could approve it now."),
            ImpersonationError::Over => conflict("This was answered already, withdrawn, or is too old."),
            ImpersonationError::WrongCode => Problem::field(
                "code",
                "This is not the code, or its five minutes are over. The owner can make another one after you ask again.",
            ),
            ImpersonationError::CodeSpent => {
                Problem::field("code", "The code was mistyped too often and is worth nothing now. Ask again.")
            }
            ImpersonationError::ApproverGone => {
                conflict("Whoever approved this is no owner of the Team any more. Ask again.")
            }
            ImpersonationError::TooMany { retry_after } => {
                let seconds = crate::store::rate_limit::seconds(*retry_after);
                Problem::new(ProblemCode::RateLimited, "This Team was asked several times just now. Wait for an answer.")
                    .retry_after(seconds)
            }
            ImpersonationError::Access(error) => error.into(),
            ImpersonationError::Mail(error) => error.into(),
        }
    }
}
