use chrono::Duration;
use model::{Problem, ProblemCode, passkey::PASSKEYS_MOST};

use crate::{access::AccessError, error::Outage, mail::MailError};

/// Why a passkey was not taken.
#[derive(Debug, thiserror::Error)]
pub enum PasskeyError {
    /// Browsers know passkeys by the name in the address, and here is only a number.
    #[error("passkeys need an address with a name")]
    NotHere,
    /// Not asked, asked elsewhere, answered already, too late, another origin, a wrong signature, a counter that went back, a
    /// passkey that is not known: one answer for all.
    #[error("the passkey was not accepted: {0}")]
    Refused(&'static str),
    /// Its counter went back: another device has it too.
    #[error("the passkey seems to have been copied")]
    Copied,
    #[error("enough passkeys are registered")]
    TooMany,
    /// A Team requires one of this person.
    #[error("the last passkey stays")]
    LastOne,
    #[error("this passkey is registered already")]
    Known,
    #[error("too many questions were asked")]
    TooManyAsks { retry_after: Duration },
    #[error(transparent)]
    Access(#[from] AccessError),
    #[error(transparent)]
    Mail(#[from] MailError),
}

impl From<sea_orm::DbErr> for PasskeyError {
    fn from(error: sea_orm::DbErr) -> Self {
        PasskeyError::Access(Outage::from(error).into())
    }
}

impl From<&PasskeyError> for Problem {
    fn from(error: &PasskeyError) -> Self {
        let refused = |words: String| Problem::new(ProblemCode::PasskeyRefused, words);
        match error {
            PasskeyError::NotHere => {
                refused("Passkeys need an address with a name in it, like localhost, and not a number.".to_owned())
            }
            PasskeyError::Refused(_) => refused(
                "It was removed, belongs to somebody else, or the question was too old. Ask again, or use a code."
                    .to_owned(),
            ),
            PasskeyError::Copied => refused(
                "It seems to have been copied: another device has shown it. Use a code, and remove this passkey.".to_owned(),
            ),
            PasskeyError::LastOne => refused(
                "A Team that you own or administer requires a passkey of you: add another one before you remove the last."
                    .to_owned(),
            ),
            PasskeyError::TooMany => refused(format!("You have {PASSKEYS_MOST} passkeys. Remove one that you do not use.")),
            PasskeyError::Known => refused("This passkey is registered already.".to_owned()),
            PasskeyError::TooManyAsks { retry_after } => {
                let seconds = crate::store::rate_limit::seconds(*retry_after);
                Problem::new(ProblemCode::RateLimited, "Passkeys were asked for too often from your network.")
                    .retry_after(seconds)
            }
            PasskeyError::Access(error) => error.into(),
            PasskeyError::Mail(error) => error.into(),
        }
    }
}
