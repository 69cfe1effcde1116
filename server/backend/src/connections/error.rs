use model::{Problem, ProblemCode, connection::NotPossible};

use super::prove::ProofFailure;
use crate::{
    access::AccessError,
    amazon::{CallFailure, LwaFailure},
    error::Outage,
    lwa_apps, store,
};

/// Why an account was not connected or changed.
#[derive(Debug, thiserror::Error)]
pub enum ConnectionError {
    #[error("the LWA app does not exist")]
    NoSuchApp,
    /// Nothing was stored.
    #[error("the grant was not proved")]
    NotProved(ProofFailure),
    /// The same, where the token was entered before.
    #[error("the grant of the choice was not proved")]
    NotChosen(ProofFailure),
    /// Nothing has changed for gateways.
    #[error("the stored grant was not proved")]
    TestFailed(ProofFailure),
    #[error("tested too often")]
    TestedTooOften { wait_s: u32 },
    #[error("this account is connected already")]
    AlreadyConnected,
    #[error("nobody consents in the future")]
    ConsentedInFuture,
    #[error("the choice has no such profile")]
    NoSuchProfile,
    /// The choice is over, was another person's, or never was.
    #[error("the choice of a profile is over")]
    ChoiceOver,
    #[error("a lock stands on this seller's connection")]
    SellerLocked,
    #[error("a lock stands on another connection")]
    OthersLocked,
    #[error("another connection has this name")]
    NameTaken,
    #[error(transparent)]
    NotPossible(#[from] NotPossible),
    #[error("the typed name is another one")]
    NameDiffers,
    /// Unknown, used, expired, or started in another browser.
    #[error("the consent cannot be finished")]
    ConsentOver,
    #[error("the seller did not agree")]
    ConsentDenied,
    #[error("the app has no application id")]
    NoApplicationId,
    /// Another seller than the connection's own came back from Amazon.
    #[error("another seller agreed")]
    OtherSeller,
    #[error("the connection changed meanwhile")]
    Changed,
    #[error(transparent)]
    Access(#[from] AccessError),
}

impl From<Outage> for ConnectionError {
    fn from(outage: Outage) -> Self {
        ConnectionError::Access(outage.into())
    }
}

impl From<sea_orm::DbErr> for ConnectionError {
    fn from(error: sea_orm::DbErr) -> Self {
        const TAKEN: &str = "connection_grant_key|connection.team_id, connection.lwa_app_id|connection_token_key|connection.team_id, \
                             connection.grant_mac|connection_profile_key";
        if store::violates(&error, TAKEN) {
            return ConnectionError::AlreadyConnected;
        }
        Outage::from(error).into()
    }
}

impl From<crate::vault::VaultError> for ConnectionError {
    fn from(error: crate::vault::VaultError) -> Self {
        Outage::from(error).into()
    }
}

impl From<&ConnectionError> for Problem {
    fn from(error: &ConnectionError) -> Self {
        match error {
            ConnectionError::NoSuchApp => Problem::field("lwa_app", "Choose one of the Team's LWA apps."),
            ConnectionError::NotProved(failure) => {
                let (field, words) = told(failure);
                Problem::field(field, words)
            }
            ConnectionError::NotChosen(failure) => Problem::new(ProblemCode::ProofFailed, told(failure).1),
            ConnectionError::TestFailed(failure) => Problem::new(ProblemCode::ProofFailed, tested(failure)),
            ConnectionError::TestedTooOften { wait_s } => Problem::of(ProblemCode::RateLimited).retry_after(*wait_s),
            ConnectionError::AlreadyConnected => Problem::new(
                ProblemCode::ProofFailed,
                "This account is connected already: a seller has one connection for each app and region, a profile one for each app, and one seller's refresh token is one account.",
            ),
            ConnectionError::ConsentedInFuture => Problem::field("consented_on", "This day is in the future."),
            ConnectionError::NoSuchProfile => Problem::field("profile", "Choose one of the profiles."),
            ConnectionError::ChoiceOver => Problem::new(
                ProblemCode::NotFound,
                "This choice is over: it is open for 30 minutes, to the person who began it. Enter the refresh token once more.",
            ),
            ConnectionError::SellerLocked => Problem::new(
                ProblemCode::Locked,
                "A connection of this seller is locked. Replace the refresh token on that connection's page, and have another person lift the lock.",
            ),
            ConnectionError::OthersLocked => Problem::new(
                ProblemCode::Locked,
                "A connection is locked: until that is lifted, accounts are connected through Amazon's consent page, which says whose they are.",
            ),
            ConnectionError::NameTaken => {
                Problem::field("name", "Another connection has this name. Choose one that tells them apart.")
            }
            ConnectionError::NotPossible(error) => Problem::new(ProblemCode::Conflict, error.to_string()),
            ConnectionError::NameDiffers => {
                Problem::field("confirm", "Type the connection's name exactly as it is written.")
            }
            ConnectionError::ConsentOver => Problem::new(
                ProblemCode::ProofFailed,
                "This authorization is over: it was used, took longer than its time, or was started in another browser. Start again.",
            ),
            ConnectionError::ConsentDenied => {
                Problem::new(ProblemCode::ProofFailed, "The seller did not agree at Amazon. Nothing was stored.")
            }
            ConnectionError::NoApplicationId => Problem::field(
                "lwa_app",
                "This LWA app has no application id. Amazon's consent page needs it: add it to the app first.",
            ),
            ConnectionError::OtherSeller => Problem::new(
                ProblemCode::ProofFailed,
                "Another seller than this connection's own agreed at Amazon. Sign in to Seller Central as the right one, or make a new connection.",
            ),
            ConnectionError::Changed => Problem::of(ProblemCode::Conflict),
            ConnectionError::Access(error) => error.into(),
        }
    }
}

/// Which field of the form a failed proof speaks of, and what to do.
fn told(failure: &ProofFailure) -> (&'static str, String) {
    match failure {
        // The app's fault: the grant may be right.
        ProofFailure::Lwa(failure @ LwaFailure::Configuration { .. }) => {
            ("lwa_app", lwa_apps::proof_words(failure).to_owned())
        }
        ProofFailure::SpApi(failure @ CallFailure::SecretExpired) => ("lwa_app", sp_api_words(failure).to_owned()),
        ProofFailure::Lwa(failure) => ("refresh_token", lwa_apps::proof_words(failure).to_owned()),
        ProofFailure::SpApi(failure) => ("marketplace", sp_api_words(failure).to_owned()),
        ProofFailure::Ads(failure) => ("refresh_token", ads_words(failure).to_owned()),
        ProofFailure::NoSuchProfile => ("refresh_token", NO_SUCH_PROFILE.to_owned()),
        ProofFailure::NoProfiles(region) => (
            "region",
            format!(
                "Amazon accepts this grant, but it reaches no profile in {}. Choose the region of the account, or authorize as somebody who manages it.",
                region.name()
            ),
        ),
        ProofFailure::NotInMarketplace { marketplace, participates_in } => (
            "marketplace",
            format!(
                "Amazon accepts these credentials, but this seller does not sell in {}. It sells in: {}.",
                marketplace.name(),
                if participates_in.is_empty() { "none that Portal knows".to_owned() } else { participates_in.join(", ") },
            ),
        ),
    }
}

/// What a failed test of a stored grant says: nobody has entered anything.
fn tested(failure: &ProofFailure) -> String {
    match failure {
        ProofFailure::Lwa(LwaFailure::Permanent) => {
            "Amazon refuses the refresh token (invalid_grant): the seller withdrew the consent, or it ran out. Authorize again.".to_owned()
        }
        ProofFailure::Lwa(LwaFailure::Configuration { code }) => {
            format!("Amazon refuses the LWA app ({code}). Open the app and check its client id, its secret and its roles.")
        }
        ProofFailure::SpApi(CallFailure::SecretExpired) => {
            "LWA accepts the app, but SP-API says that its client secret has expired. Rotate it.".to_owned()
        }
        ProofFailure::Lwa(LwaFailure::Refused) | ProofFailure::SpApi(CallFailure::Refused) | ProofFailure::Ads(CallFailure::Refused) => {
            "Portal may not reach Amazon from here. Tell your operator.".to_owned()
        }
        ProofFailure::NotInMarketplace { .. } | ProofFailure::NoSuchProfile | ProofFailure::NoProfiles(_) => told(failure).1,
        ProofFailure::Lwa(_)
        | ProofFailure::SpApi(CallFailure::Throttled { .. } | CallFailure::Unavailable | CallFailure::BadResponse)
        | ProofFailure::Ads(CallFailure::Throttled { .. } | CallFailure::Unavailable | CallFailure::BadResponse) => {
            "Amazon did not answer properly. Nothing is known against this connection: test it again in a minute.".to_owned()
        }
        ProofFailure::Ads(_) => {
            "LWA accepts the grant, but the Advertising API of this region refuses it. Look at whether the app is approved for the Advertising API, and at who consented.".to_owned()
        }
        ProofFailure::SpApi(_) => {
            "LWA accepts the grant, but SP-API of this region refuses it. Look at the app's roles and at where the seller authorized.".to_owned()
        }
    }
}

const NO_SUCH_PROFILE: &str = "Amazon accepts this grant, but it does not reach the profile. Whoever consented may have lost access to the account: authorize again as somebody who manages it.";

fn ads_words(failure: &CallFailure) -> &'static str {
    match failure {
        CallFailure::Throttled { .. } | CallFailure::Unavailable | CallFailure::BadResponse => {
            "Amazon's Advertising API did not answer properly. Nothing is wrong with what you entered: try again in a minute."
        }
        CallFailure::Refused => "Portal may not reach Amazon from here. Tell your operator.",
        _ => {
            "LWA accepts the refresh token, but the Advertising API of this region refuses it. Check that the app is approved for the Advertising API, and that the consent was given for advertising::campaign_management."
        }
    }
}

fn sp_api_words(failure: &CallFailure) -> &'static str {
    match failure {
        CallFailure::SecretExpired => {
            "LWA accepts the app, but SP-API says that its client secret has expired. Rotate the app's client secret first."
        }
        CallFailure::Throttled { .. } | CallFailure::Unavailable | CallFailure::BadResponse => {
            "Amazon's SP-API did not answer properly. Nothing is wrong with what you entered: try again in a minute."
        }
        CallFailure::Refused => "Portal may not reach Amazon from here. Tell your operator.",
        _ => {
            "LWA accepts the refresh token, but SP-API of this region refuses it. Check that the marketplace is in the region where the seller authorized, and that the app has a role."
        }
    }
}
