//! SP-API: who calls, and where that seller participates. One address stands for the endpoints of all regions and both
//! environments, so a wrong endpoint cannot show here.

use axum::{
    Json,
    extract::FromRequestParts,
    http::request::Parts,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{
    Simulator,
    known::{SELLERS, Seller},
    places::{self, Place},
    refusals::{ACCESS_DENIED, Denial, TOKEN_EXPIRED, TOKEN_MISSING, TOKEN_UNKNOWN},
};

/// The seller in whose name a live access token speaks.
pub(super) struct Caller(pub Seller);

impl FromRequestParts<Simulator> for Caller {
    type Rejection = Denial;

    async fn from_request_parts(parts: &mut Parts, simulator: &Simulator) -> Result<Self, Denial> {
        let token = parts.headers.get("x-amz-access-token").ok_or(TOKEN_MISSING)?;
        let token = token.to_str().map_err(|_| TOKEN_UNKNOWN)?;
        let now = simulator.clock.now();
        // An access token outlives its consent: what is known of Amazon is that only the next exchange tells.
        let seller_id = simulator.with(|state| match state.tokens.access(token) {
            None => Err(TOKEN_UNKNOWN),
            Some(access) if access.expires_at <= now => Err(TOKEN_EXPIRED),
            Some(access) => access.seller_id.ok_or(ACCESS_DENIED),
        })?;
        SELLERS.into_iter().find(|seller| seller.seller_id == seller_id).map(Self).ok_or(ACCESS_DENIED)
    }
}

/// `GET /sellers/v1/marketplaceParticipations`
pub(super) async fn participations(Caller(seller): Caller) -> Response {
    let rows = places::of(&seller).into_iter().filter_map(|marketplace| {
        let place = Place::of(marketplace)?;
        Some(json!({
            "marketplace": {
                "id": marketplace.marketplace_id(),
                "countryCode": place.country(),
                "name": place.shop,
                "defaultCurrencyCode": place.currency,
                "defaultLanguageCode": place.language,
                "domainName": place.domain(),
            },
            "participation": { "isParticipating": true, "hasSuspendedListings": false },
            "storeName": seller.name,
        }))
    });
    answer("0.016", rows.collect())
}

/// An answer with its payload and the rate that the usage plan allows, in requests a second.
pub(super) fn answer(rate: &'static str, payload: Value) -> Response {
    ([("x-amzn-ratelimit-limit", rate)], Json(json!({ "payload": payload }))).into_response()
}

#[cfg(test)]
mod tests {
    use chrono::Duration;

    use super::*;
    use crate::simulator::{known::APPS, stage};

    const PATH: &str = "/sellers/v1/marketplaceParticipations";

    #[tokio::test]
    async fn a_seller_sees_its_marketplaces_until_the_token_ends() {
        let (clock, simulator) = stage::start();
        let token = stage::refresh(&simulator, &APPS[0], SELLERS[0].refresh_token).await.json();
        let token = token["access_token"].as_str();
        let answer = stage::get(&simulator, PATH, token).await;
        assert_eq!((answer.status, answer.headers["x-amzn-ratelimit-limit"].to_str().unwrap()), (200, "0.016"));
        let json = answer.json();
        let first = &json["payload"][0];
        assert_eq!(first["marketplace"]["id"], "A1PA6795UKMFR9");
        assert_eq!(first["participation"]["isParticipating"], true);
        clock.advance(Duration::hours(1));
        let late = stage::get(&simulator, PATH, token).await;
        assert_eq!(
            (late.status, &late.json()["errors"][0]["details"]),
            (403, &json!("The access token you provided has expired."))
        );
    }

    #[tokio::test]
    async fn a_403_says_in_its_details_why() {
        let (_, simulator) = stage::start();
        let details =
            async |token: Option<&str>| stage::get(&simulator, PATH, token).await.json()["errors"][0]["details"].clone();
        assert_eq!(details(None).await, "Access token is missing in the request header.");
        assert_eq!(details(Some("Atza|unknown")).await, "The access token you provided is revoked, malformed or invalid.");
        let grant = [("grant_type", "client_credentials"), ("scope", "sellingpartnerapi::notifications")];
        let grantless = stage::token(&simulator, &APPS[0], &grant).await.json();
        assert_eq!(details(grantless["access_token"].as_str()).await, "");
    }
}
