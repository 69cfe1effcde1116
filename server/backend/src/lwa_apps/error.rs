use model::{Problem, ProblemCode, lwa_app::RotationError};

use crate::{access::AccessError, amazon::LwaFailure, error::Outage, store};

/// Why an LWA app was not added or changed.
#[derive(Debug, thiserror::Error)]
pub enum LwaAppError {
    #[error("the secret cannot be made in the future")]
    MadeInFuture,
    #[error("the Advertising API has no sandbox")]
    NoSandbox,
    #[error("an app of the Advertising API has no application id")]
    NoApplicationId,
    #[error("this client id is in the Team already")]
    ClientIdTaken,
    #[error(transparent)]
    Rotation(#[from] RotationError),
    #[error("this is the secret that is in use")]
    SameSecret,
    /// Amazon did not take the new secret; nothing was stored.
    #[error("the new secret was not proved")]
    NotProved(LwaFailure),
    #[error("the app serves connections")]
    InUse,
    #[error("the typed name is another one")]
    NameDiffers,
    #[error("the app changed meanwhile")]
    Changed,
    #[error(transparent)]
    Access(#[from] AccessError),
}

impl From<sea_orm::DbErr> for LwaAppError {
    fn from(error: sea_orm::DbErr) -> Self {
        if store::violates(&error, "lwa_app_client_live|lwa_app.team_id, lwa_app.client_id") {
            return LwaAppError::ClientIdTaken;
        }
        LwaAppError::Access(Outage::from(error).into())
    }
}

impl From<Outage> for LwaAppError {
    fn from(outage: Outage) -> Self {
        LwaAppError::Access(outage.into())
    }
}

impl From<crate::vault::VaultError> for LwaAppError {
    fn from(error: crate::vault::VaultError) -> Self {
        LwaAppError::Access(Outage::from(error).into())
    }
}

impl From<&LwaAppError> for Problem {
    fn from(error: &LwaAppError) -> Self {
        match error {
            LwaAppError::MadeInFuture => Problem::field("secret_made_on", "This day is in the future."),
            LwaAppError::NoSandbox => {
                Problem::field("environment", "The Advertising API has no sandbox: choose production.")
            }
            LwaAppError::NoApplicationId => {
                Problem::field("application_id", "An app of the Advertising API has no application id. Leave this empty.")
            }
            LwaAppError::SameSecret => Problem::field(
                "client_secret",
                "This is the secret that is in use already. Make a new one in Amazon's developer console, and enter that.",
            ),
            LwaAppError::ClientIdTaken => {
                Problem::field("client_id", "This Team has an LWA app with this client id already.")
            }
            LwaAppError::Rotation(error) => Problem::new(ProblemCode::Conflict, error.to_string()),
            LwaAppError::NotProved(failure) => Problem::field("client_secret", proof_words(failure)),
            LwaAppError::InUse => {
                Problem::new(ProblemCode::Conflict, "This app serves connections. Disconnect them first.".to_owned())
            }
            LwaAppError::NameDiffers => Problem::field("confirm", "Type the app's name exactly as it is written."),
            LwaAppError::Changed => Problem::of(ProblemCode::Conflict),
            LwaAppError::Access(error) => error.into(),
        }
    }
}

/// What to do when a proof against Amazon fails, in words.
pub(crate) fn proof_words(failure: &LwaFailure) -> &'static str {
    match failure {
        LwaFailure::Permanent => {
            "Amazon does not accept this refresh token for this app (invalid_grant). It may belong to another app, or the seller has revoked it. Authorize again and paste the new one."
        }
        LwaFailure::Configuration { code } if *code == "invalid_client" => {
            "Amazon does not know this client id and secret (invalid_client). Copy both again from the app's page in Amazon's developer console."
        }
        LwaFailure::Configuration { .. } => {
            "Amazon does not let this app do this. Check the app's roles and its state in Amazon's developer console."
        }
        LwaFailure::Throttled { .. } => {
            "Amazon asks to slow down. Nothing is wrong with what you entered: try again in a minute."
        }
        LwaFailure::Unavailable => {
            "Amazon could not be reached. Nothing is wrong with what you entered: try again in a minute."
        }
        LwaFailure::BadResponse | LwaFailure::OurMistake { .. } => {
            "Amazon's answer could not be read. Try again in a minute; if it stays so, tell your operator the request id."
        }
        LwaFailure::Refused => "Portal may not reach Amazon from here. Tell your operator.",
    }
}
