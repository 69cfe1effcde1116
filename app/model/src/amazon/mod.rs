//! What Portal knows of Amazon, as pure rules.

mod api;
mod clock;
mod lwa;
mod marketplace;
mod profile;
mod seller_id;

pub use api::{ADS_CLIENT_ID, ADS_SCOPE, Api};
pub use clock::{AuthorizationClock, ClockLevel, SecretClock, days_left};
pub use lwa::{
    ApplicationId, ClientSecretError, IdentifierError, LwaClientId, RefreshTokenError, check_client_secret,
    check_refresh_token,
};
pub use marketplace::{Marketplace, Region};
pub use profile::{Profile, ProfileId, ProfileIdError, ProfileKind};
pub use seller_id::{SellerId, SellerIdError};
