//! What Portal knows of Amazon, as pure rules.

mod lwa;
mod marketplace;
mod seller_id;

pub use lwa::{
    ApplicationId, AuthorizationClock, ClientSecretError, IdentifierError, LwaClientId, RefreshTokenError, SecretClock,
    check_client_secret, check_refresh_token,
};
pub use marketplace::{Marketplace, Region};
pub use seller_id::{SellerId, SellerIdError};
