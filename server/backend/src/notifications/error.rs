use model::{Problem, ProblemCode, notification::TOPICS_MOST};

use crate::{access::AccessError, error::Outage};

/// Why keys or topics were not changed.
#[derive(Debug, thiserror::Error)]
pub enum NotificationError {
    #[error("two keys live already")]
    TooManyKeys,
    #[error("the connection has other keys than its page showed")]
    OtherKeys,
    #[error("this is no topic")]
    Topic,
    #[error("there are topics enough")]
    TooManyTopics,
    #[error("the connection is over")]
    Over,
    #[error(transparent)]
    Access(#[from] AccessError),
}

impl From<sea_orm::DbErr> for NotificationError {
    fn from(error: sea_orm::DbErr) -> Self {
        NotificationError::Access(error.into())
    }
}

impl From<Outage> for NotificationError {
    fn from(outage: Outage) -> Self {
        NotificationError::Access(outage.into())
    }
}

impl From<&NotificationError> for Problem {
    fn from(error: &NotificationError) -> Self {
        match error {
            NotificationError::TooManyKeys => {
                Problem::new(ProblemCode::Conflict, "Two keys live already. Revoke one that nothing signs with any more.")
            }
            NotificationError::OtherKeys => Problem::of(ProblemCode::Conflict),
            NotificationError::Topic => {
                Problem::field("topic", "Enter the ARN of an SNS topic, like arn:aws:sns:eu-west-1:123456789012:ads-stream.")
            }
            NotificationError::TooManyTopics => {
                Problem::field("topic", format!("There are {TOPICS_MOST} topics already. Remove one first."))
            }
            NotificationError::Over => {
                Problem::new(ProblemCode::Conflict, "The connection is disconnected: nothing comes for it any more.")
            }
            NotificationError::Access(error) => error.into(),
        }
    }
}

/// Why a notification was not taken.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// Unknown connections, unknown signatures and old messages are answered alike.
    #[error("the signature is not valid")]
    Signature,
    #[error("the body is no notification")]
    Envelope,
    #[error("too many notifications; wait {0} s")]
    TooMany(u32),
    /// Amazon did not give its certificate, or did not take the confirmation: SNS sends again.
    #[error("Amazon cannot be reached to prove the message")]
    Unproved,
    #[error(transparent)]
    Outage(#[from] Outage),
}

impl From<sea_orm::DbErr> for Refused {
    fn from(error: sea_orm::DbErr) -> Self {
        Refused::Outage(error.into())
    }
}

impl From<&Refused> for Problem {
    fn from(refused: &Refused) -> Self {
        match refused {
            Refused::Signature => Problem::of(ProblemCode::InvalidSignature),
            Refused::Envelope => Problem::new(
                ProblemCode::InvalidRequest,
                "The body is neither a notification of SP-API nor a message of the Advertising API's stream.",
            ),
            Refused::Unproved => Problem::of(ProblemCode::LwaUnavailable),
            Refused::TooMany(seconds) => Problem::of(ProblemCode::RateLimited).retry_after(*seconds),
            Refused::Outage(outage) => outage.into(),
        }
    }
}
