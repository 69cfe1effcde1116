//! What the simulator knows, as a person fills it in.

use super::*;

/// The simulator's production app.
pub fn known_app() -> &'static known::App {
    known::APPS.iter().find(|app| app.environment == Environment::Production).unwrap()
}

/// A seller who granted it.
pub fn known_seller() -> &'static known::Seller {
    &known::SELLERS[0]
}

/// What a person fills in to add one of the simulator's apps.
pub fn new_app(known: &known::App, now: Time) -> NewLwaApp {
    NewLwaApp {
        name: known.name.parse().unwrap(),
        api: known.api,
        environment: known.environment,
        client_id: known.client_id.parse().unwrap(),
        client_secret: SecretString::from(known.client_secret),
        application_id: known.application_id.parse().ok(),
        is_draft: false,
        secret_made_at: now,
    }
}

/// What a person fills in to connect one of the simulator's sellers in their first marketplace.
pub fn new_connection(app: LwaAppId, seller: &known::Seller) -> NewConnection {
    NewConnection {
        lwa_app: app,
        name: seller.name.parse().unwrap(),
        seller_id: seller.seller_id.parse().unwrap(),
        marketplace: Marketplace::by_code(seller.marketplaces[0]).unwrap(),
        refresh_token: SecretString::from(seller.refresh_token),
    }
}
