//! The Advertising API: which profiles a grant reaches.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use model::amazon::{ADS_CLIENT_ID, Marketplace};
use serde_json::{Value, json};

use super::{
    Simulator,
    known::{ADVERTISERS, Advertiser, KnownProfile},
    places::Place,
    refusals::NOT_AUTHORIZED,
};

/// `GET /v2/profiles`
pub(super) async fn profiles(State(simulator): State<Simulator>, headers: HeaderMap) -> Response {
    match caller(&simulator, &headers) {
        Some(advertiser) => Json(advertiser.profiles.iter().filter_map(row).collect::<Value>()).into_response(),
        None => (StatusCode::UNAUTHORIZED, Json(NOT_AUTHORIZED.clone())).into_response(),
    }
}

/// The advertiser in whose name a live access token speaks, when the header names the app that it was given to.
fn caller(simulator: &Simulator, headers: &HeaderMap) -> Option<Advertiser> {
    let text = |name: &str| headers.get(name)?.to_str().ok();
    let token = text(header::AUTHORIZATION.as_str())?.strip_prefix("Bearer ")?;
    let (client_id, now) = (text(ADS_CLIENT_ID)?, simulator.clock.now());
    let account = simulator.with(|state| {
        let access = state.tokens.access(token)?;
        (access.client_id == client_id && now < access.expires_at).then_some(access.seller_id)?
    })?;
    ADVERTISERS.into_iter().find(|advertiser| advertiser.id == account)
}

fn row(profile: &KnownProfile) -> Option<Value> {
    let marketplace = Marketplace::by_code(profile.marketplace)?;
    let place = Place::of(marketplace)?;
    Some(json!({
        "profileId": profile.id,
        "countryCode": place.country(),
        "currencyCode": place.currency,
        "timezone": "UTC",
        "accountInfo": {
            "marketplaceStringId": marketplace.marketplace_id(),
            "id": profile.account,
            "type": profile.kind,
            "name": profile.name,
            "validPaymentMethod": true,
        },
    }))
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, http::Request};

    use super::*;
    use crate::simulator::{
        known::{APPS, SELLERS},
        stage,
    };

    #[tokio::test]
    async fn a_grant_lists_its_profiles_to_the_app_that_it_was_given_to() {
        let (_, simulator) = stage::start();
        let ask = async |token: &str, client_id: &str| {
            let request = Request::get("/v2/profiles").header("authorization", format!("Bearer {token}"));
            stage::send(&simulator, request.header(ADS_CLIENT_ID, client_id).body(Body::empty()).unwrap()).await
        };
        let token = stage::refresh(&simulator, &APPS[2], ADVERTISERS[0].refresh_token).await.json();
        let token = token["access_token"].as_str().unwrap();
        let answer = ask(token, APPS[2].client_id).await;
        let json = answer.json();
        assert_eq!((answer.status, json.as_array().unwrap().len()), (200, ADVERTISERS[0].profiles.len()));
        assert_eq!(json[0]["accountInfo"]["marketplaceStringId"], "A1PA6795UKMFR9");
        assert_eq!(ask(token, APPS[0].client_id).await.status, 401);
        let seller = stage::refresh(&simulator, &APPS[0], SELLERS[0].refresh_token).await.json();
        assert_eq!(ask(seller["access_token"].as_str().unwrap(), APPS[0].client_id).await.status, 401);
        let crossed = stage::get(&simulator, "/sellers/v1/marketplaceParticipations", Some(token)).await;
        assert_eq!(crossed.status, 403);
    }
}
