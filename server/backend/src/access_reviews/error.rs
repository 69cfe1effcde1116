use model::{Problem, ProblemCode};

use crate::{access::AccessError, error::Outage, gateways::GatewayError, mail::MailError, teams::TeamError};

/// Why an access review did not go on.
#[derive(Debug, thiserror::Error)]
pub enum AccessReviewError {
    #[error("nobody confirms themselves")]
    OneSelf,
    #[error("somebody above one's own role is confirmed by others")]
    Above,
    #[error("whoever is removed is removed for a reason")]
    NoteMissing,
    #[error("a conclusion is missing")]
    ConclusionMissing,
    #[error("something is not decided yet")]
    Undecided,
    #[error("it was decided or signed meanwhile")]
    Over,
    #[error(transparent)]
    Team(#[from] TeamError),
    #[error(transparent)]
    Gateway(#[from] GatewayError),
    #[error(transparent)]
    Access(#[from] AccessError),
    #[error(transparent)]
    Mail(#[from] MailError),
}

impl From<sea_orm::DbErr> for AccessReviewError {
    fn from(error: sea_orm::DbErr) -> Self {
        AccessReviewError::Access(Outage::from(error).into())
    }
}

impl From<&AccessReviewError> for Problem {
    fn from(error: &AccessReviewError) -> Self {
        match error {
            AccessReviewError::OneSelf => {
                Problem::new(ProblemCode::SecondPerson, "Your own access another owner or admin confirms.".to_owned())
            }
            AccessReviewError::Above => {
                Problem::new(ProblemCode::NotPermitted, "Somebody above your own role is confirmed by an owner.")
            }
            AccessReviewError::NoteMissing => Problem::field("note", "Say why it is removed."),
            AccessReviewError::ConclusionMissing => Problem::field("conclusion", "Write what you found."),
            AccessReviewError::Undecided => {
                Problem::new(ProblemCode::NotYet, "Decide about each member, gateway and key first.".to_owned())
            }
            AccessReviewError::Over => {
                Problem::new(ProblemCode::Conflict, "Somebody decided this or signed a moment ago. Look again.")
            }
            AccessReviewError::Team(error) => error.into(),
            AccessReviewError::Gateway(error) => error.into(),
            AccessReviewError::Access(error) => error.into(),
            AccessReviewError::Mail(error) => error.into(),
        }
    }
}
