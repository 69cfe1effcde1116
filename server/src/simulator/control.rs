//! The controls: plain forms for people, JSON for tests.

use axum::{
    Form, Json,
    extract::{Path, State},
    http::StatusCode,
    response::Redirect,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Part, Simulator,
    faults::Planned,
    known::{ADVERTISERS, Advertiser, App, SANDBOX_SELLER, SELLERS, Seller},
    presets::PRESETS,
};

/// More than anyone means.
const MOST_TIMES: u32 = 100_000;

#[derive(Deserialize)]
pub(super) struct ChosenSeller {
    seller_id: String,
}

#[derive(Deserialize)]
pub(super) struct ChosenApp {
    client_id: String,
}

#[derive(Deserialize)]
pub(super) struct ChosenFault {
    /// Its place among the presets.
    fault: usize,
    times: u32,
}

pub(super) async fn revoke_form(State(simulator): State<Simulator>, Form(chosen): Form<ChosenSeller>) -> Redirect {
    simulator.revoke(&chosen.seller_id);
    Redirect::to("/")
}

pub(super) async fn restore_form(State(simulator): State<Simulator>, Form(chosen): Form<ChosenSeller>) -> Redirect {
    simulator.with(|state| state.tokens.set_revoked(&chosen.seller_id, false));
    Redirect::to("/")
}

pub(super) async fn rotate_form(State(simulator): State<Simulator>, Form(chosen): Form<ChosenApp>) -> Redirect {
    simulator.rotate(&chosen.client_id);
    Redirect::to("/")
}

pub(super) async fn fail_form(State(simulator): State<Simulator>, Form(chosen): Form<ChosenFault>) -> Redirect {
    if let Some((part, fault, _)) = PRESETS.get(chosen.fault) {
        simulator.fail(*part, *fault, chosen.times.min(MOST_TIMES));
    }
    Redirect::to("/")
}

pub(super) async fn heal_form(State(simulator): State<Simulator>) -> Redirect {
    simulator.heal();
    Redirect::to("/")
}

/// `POST /simulator/faults`
pub(super) async fn fail(
    State(simulator): State<Simulator>,
    Json(planned): Json<Planned>,
) -> Result<StatusCode, (StatusCode, &'static str)> {
    if !planned.fault.fits(planned.on) {
        return Err((StatusCode::UNPROCESSABLE_ENTITY, "This part of Amazon does not fail so.\n"));
    }
    simulator.fail(planned.on, planned.fault, planned.times.min(MOST_TIMES));
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /simulator/faults`
pub(super) async fn heal(State(simulator): State<Simulator>) -> StatusCode {
    simulator.heal();
    StatusCode::NO_CONTENT
}

/// `GET /simulator/calls`
pub(super) async fn calls(State(simulator): State<Simulator>) -> Json<Value> {
    Json(simulator.with(|state| json!({ "token": state.calls.of(Part::Lwa), "sp_api": state.calls.of(Part::SpApi), "ads": state.calls.of(Part::Ads) })))
}

/// `POST /simulator/sellers/{seller_id}/revoke`
pub(super) async fn revoke(State(simulator): State<Simulator>, Path(seller_id): Path<String>) -> StatusCode {
    let known = simulator.with(|state| state.tokens.set_revoked(&seller_id, true));
    if known { StatusCode::NO_CONTENT } else { StatusCode::NOT_FOUND }
}

/// `POST /simulator/apps/{client_id}/rotate`
pub(super) async fn rotate(
    State(simulator): State<Simulator>,
    Path(client_id): Path<String>,
) -> Result<Json<Value>, StatusCode> {
    let secret = simulator.rotate(&client_id).ok_or(StatusCode::NOT_FOUND)?;
    Ok(Json(json!({ "client_secret": secret })))
}

/// `GET /simulator/known`: with the secrets of this moment, not those of the start.
pub(super) async fn known(State(simulator): State<Simulator>) -> Json<Value> {
    let apps: Vec<Value> = simulator.with(|state| state.apps.iter().map(|app| app_json(&app.known, &app.secret)).collect());
    Json(
        json!({ "apps": apps, "sellers": SELLERS.map(seller_json), "sandbox_seller": seller_json(SANDBOX_SELLER), "advertisers": ADVERTISERS.map(advertiser_json) }),
    )
}

fn app_json(app: &App, secret: &str) -> Value {
    json!({
        "name": app.name,
        "api": app.api,
        "environment": app.environment,
        "client_id": app.client_id,
        "client_secret": secret,
        "application_id": app.application_id,
    })
}

fn advertiser_json(advertiser: Advertiser) -> Value {
    let profiles = advertiser
        .profiles
        .iter()
        .map(|one| json!({ "id": one.id, "marketplace": one.marketplace, "account": one.account, "name": one.name }));
    json!({ "name": advertiser.name, "refresh_token": advertiser.refresh_token, "profiles": profiles.collect::<Value>() })
}

fn seller_json(seller: Seller) -> Value {
    json!({
        "name": seller.name,
        "seller_id": seller.seller_id,
        "marketplaces": seller.marketplaces,
        "client_id": seller.client_id,
        "refresh_token": seller.refresh_token,
    })
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, http::Request};

    use super::*;
    use crate::simulator::{known::APPS, stage};

    async fn plan(simulator: &Simulator, body: Value) -> u16 {
        let request = Request::post("/simulator/faults").header("content-type", "application/json");
        stage::send(simulator, request.body(Body::from(body.to_string())).unwrap()).await.status
    }

    #[tokio::test]
    async fn faults_are_planned_by_json_where_they_fit() {
        let (_, simulator) = stage::start();
        assert_eq!(
            plan(&simulator, json!({"on": "lwa", "fault": {"kind": "status", "status": 503}, "times": 2})).await,
            204
        );
        assert_eq!(plan(&simulator, json!({"on": "lwa", "fault": {"kind": "token_expired"}, "times": 2})).await, 422);
        assert_eq!(stage::refresh(&simulator, &APPS[0], SELLERS[0].refresh_token).await.status, 503);
        assert_eq!(
            stage::get(&simulator, "/simulator/calls", None).await.json(),
            json!({"token": 1, "sp_api": 0, "ads": 0})
        );
    }

    #[tokio::test]
    async fn a_rotated_secret_is_known_at_once() {
        let (_, simulator) = stage::start();
        let rotated =
            stage::post_form(&simulator, &format!("/simulator/apps/{}/rotate", APPS[1].client_id), &[]).await.json();
        let known = stage::get(&simulator, "/simulator/known", None).await.json();
        assert_eq!(known["apps"][1]["client_secret"], rotated["client_secret"]);
        assert_ne!(rotated["client_secret"], APPS[1].client_secret);
        assert_eq!(stage::post_form(&simulator, "/simulator/sellers/NOBODY/revoke", &[]).await.status, 404);
    }

    #[tokio::test]
    async fn the_control_page_obeys_its_forms_and_never_lists_a_token() {
        let (_, simulator) = stage::start();
        let answer = stage::post_form(&simulator, "/desk/fail", &[("fault", "0"), ("times", "1")]).await;
        assert_eq!((answer.status, answer.headers["location"].to_str().unwrap()), (303, "/"));
        assert_eq!(stage::refresh(&simulator, &APPS[0], SELLERS[0].refresh_token).await.json()["error"], "invalid_grant");
        let issued = stage::refresh(&simulator, &APPS[0], SELLERS[0].refresh_token).await.json();
        stage::post_form(&simulator, "/desk/revoke", &[("seller_id", SELLERS[0].seller_id)]).await;
        let html = stage::get(&simulator, "/", None).await.text();
        assert!(html.contains("withdrawn") && html.contains("/auth/o2/token"));
        assert!(!html.contains(issued["access_token"].as_str().unwrap()));
        stage::post_form(&simulator, "/desk/restore", &[("seller_id", SELLERS[0].seller_id)]).await;
        assert_eq!(stage::refresh(&simulator, &APPS[0], SELLERS[0].refresh_token).await.status, 200);
    }
}
