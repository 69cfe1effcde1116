use model::Problem;

use crate::{access::AccessError, error::Outage};

/// Why a webhook was not set.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    #[error("no message may go to this address")]
    Address,
    #[error("this is no signing secret")]
    Secret,
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
            WebhookError::Secret => {
                Problem::field("webhook_secret", "Enter whsec_ and 24 to 64 bytes in Base64, as your receiver has it.")
            }
            WebhookError::Access(error) => error.into(),
        }
    }
}
