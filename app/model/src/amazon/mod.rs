//! What Portal knows of Amazon, as pure rules.

mod clock;
mod lwa;
mod marketplace;
mod seller_id;

pub use clock::{AuthorizationClock, ClockLevel, SecretClock, days_left};
pub use lwa::{
    ApplicationId, ClientSecretError, IdentifierError, LwaClientId, RefreshTokenError, check_client_secret,
    check_refresh_token,
};
pub use marketplace::{Marketplace, Region};
pub use seller_id::{SellerId, SellerIdError};
