use model::{Problem, ProblemCode, webhook::Unfit};

use crate::{access::AccessError, error::Outage};

/// Why a webhook was not set.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    #[error("no message may go to this address")]
    Address,
    #[error(transparent)]
    Unfit(#[from] Unfit),
    #[error("this is no signing secret")]
    Secret,
    #[error("the webhook was changed meanwhile")]
    Changed,
    #[error("the old secret still signs beside the present one")]
    Overlap,
    #[error("the message was for another address")]
    Elsewhere,
    #[error("the message is on its way already")]
    OnItsWay,
    #[error("too many messages to try it; the next in {0} s")]
    TooMany(u32),
    #[error(transparent)]
    Access(#[from] AccessError),
}

impl From<sea_orm::DbErr> for WebhookError {
    fn from(error: sea_orm::DbErr) -> Self {
        WebhookError::Access(error.into())
    }
}

impl From<Outage> for WebhookError {
    fn from(outage: Outage) -> Self {
        WebhookError::Access(outage.into())
    }
}

impl From<&WebhookError> for Problem {
    fn from(error: &WebhookError) -> Self {
        match error {
            WebhookError::Address => Problem::field(
                "url",
                "Messages may not go there. Enter an https:// address of a host that this installation's operator has listed (webhook_hosts).",
            ),
            WebhookError::Unfit(Unfit::TunnelInProduction) => Problem::field(
                "url",
                "This host is a tunnel to somebody's own machine: it is for gateways of the sandbox only. Enter an address of a service that stays.",
            ),
            WebhookError::Unfit(Unfit::TunnelWithoutEnd) => Problem::field(
                "ends",
                "This host is a tunnel to somebody's own machine: say until when, seven days from now at most.",
            ),
            WebhookError::Unfit(Unfit::Over) => Problem::field("ends", "Enter a day that is not over yet."),
            WebhookError::Changed => Problem::of(ProblemCode::Conflict),
            WebhookError::Overlap => Problem::new(
                ProblemCode::Conflict,
                "The secret was changed within the last day, and the one before still signs beside it. Wait until that is over, or set the webhook anew.",
            ),
            WebhookError::Elsewhere => {
                Problem::new(ProblemCode::Conflict, "This message was for an address that the webhook had before.")
            }
            WebhookError::OnItsWay => Problem::new(ProblemCode::Conflict, "This message is on its way already."),
            WebhookError::TooMany(seconds) => Problem::of(ProblemCode::RateLimited).retry_after(*seconds),
            WebhookError::Secret => {
                Problem::field("webhook_secret", "Enter whsec_ and 24 to 64 bytes in Base64, as your receiver has it.")
            }
            WebhookError::Access(error) => error.into(),
        }
    }
}
