use chrono::Duration;
use model::{Problem, ProblemCode, email::EmailError, login::CodeShapeError};

use crate::{access::AccessError, error::Outage, mail::MailError};

/// Why a code was not sent or not accepted.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    #[error(transparent)]
    Email(#[from] EmailError),
    #[error(transparent)]
    Code(#[from] CodeShapeError),
    /// Too many codes asked for by this client address or this person.
    #[error("too many codes were asked for")]
    TooManyAsks { retry_after: Duration },
    /// Too many mails to this e-mail address.
    #[error("too many codes were sent to this address")]
    TooManyMails { retry_after: Duration },
    #[error("the code is wrong")]
    Wrong { tries_left: i32 },
    /// Used, expired, out of tries, or asked for in another browser: ask for a new one.
    #[error("the code is over")]
    Over,
    /// Too many misses for this e-mail address.
    #[error("code sign-in pauses for this address")]
    Paused { retry_after: Duration },
    #[error(transparent)]
    Access(#[from] AccessError),
    #[error(transparent)]
    Mail(#[from] MailError),
    #[error(transparent)]
    Outage(#[from] Outage),
}

impl From<sea_orm::DbErr> for LoginError {
    fn from(error: sea_orm::DbErr) -> Self {
        LoginError::Outage(error.into())
    }
}

impl From<&LoginError> for Problem {
    fn from(error: &LoginError) -> Self {
        match error {
            LoginError::Email(error) => Problem::field("email", error),
            LoginError::Code(error) => Problem::field("code", error),
            LoginError::TooManyAsks { retry_after } => {
                later("Too many codes were asked for by you or from your network.", *retry_after)
            }
            LoginError::TooManyMails { retry_after } => {
                later("A code was sent not long ago. Look into your mailbox, and the spam folder too.", *retry_after)
            }
            LoginError::Wrong { tries_left: 0 } => {
                Problem::field("code", "That code is not right, and it has no tries left. Ask for a new one.")
            }
            LoginError::Wrong { tries_left: 1 } => Problem::field("code", "That code is not right. One try is left."),
            LoginError::Wrong { tries_left } => {
                Problem::field("code", format!("That code is not right. {tries_left} tries are left."))
            }
            LoginError::Over => Problem::field(
                "code",
                "This code is over: it was used, has expired, or was asked for in another browser. Ask for a new one.",
            ),
            LoginError::Paused { retry_after } => {
                later("There were too many wrong codes for this e-mail address.", *retry_after)
            }
            LoginError::Access(error) => error.into(),
            LoginError::Mail(error) => error.into(),
            LoginError::Outage(outage) => outage.into(),
        }
    }
}

fn later(why: &str, wait: Duration) -> Problem {
    let seconds = u32::try_from((wait.num_milliseconds() + 999) / 1000).unwrap_or(u32::MAX).max(1);
    let words = match seconds {
        1 => "1 second".to_owned(),
        2..=119 => format!("{seconds} seconds"),
        _ => format!("{} minutes", seconds.div_ceil(60)),
    };
    Problem::new(ProblemCode::RateLimited, format!("{why} Try again in {words}.")).retry_after(seconds)
}
