//! All that gateways ask, and what is logged of an outage.

use chrono::Duration;
use reqwest::{Method, header};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use server::simulator::{Fault, Part};

use crate::{
    browser::Browser,
    registry::{Things, body, other_seller, routes},
};

use super::*;

/// Everything that a gateway asks, and all that Amazon may answer meanwhile.
pub(super) async fn things_of_gateways(walk: &mut Walk<'_>, key: &str, own: &Things) {
    let house = walk.house;
    let issue = format!("/api/gateway/v1/teams/{}/connections/{}/credentials", own.team, own.connection);
    for route in routes(house).await {
        let path = route.path.replace("{team_id}", &own.team).replace("{connection_id}", &own.connection);
        let request = house.ask(route.method.clone(), key, &path);
        let request = if route.method == Method::GET { request } else { request.json(&body(&route, own)) };
        let issues = route.path.contains("credentials") || route.path.ends_with("token");
        let holds: &[&str] = if issues { &["current access token"] } else { &[] };
        walk.done(route.name(), request.send().await.unwrap(), holds).await;
    }
    let first = house.ask(Method::POST, key, &issue).json(&json!({ "known_generation": 2 })).send().await.unwrap();
    walk.done("an unchanged credential", first, &[]).await;
    // The token of the second proof is the current one: the first was never given out.
    walk.cage.used("access token");

    let current = house.ask(Method::POST, key, &issue).json(&json!({})).send().await.unwrap();
    let current: Value = current.json().await.unwrap();
    walk.cage.add("current access token", current["credential"]["value"].as_str().unwrap());
    for (number, fault) in [
        Fault::ServerError,
        Fault::Throttled { retry_after_s: Some(1) },
        Fault::Status(502),
        Fault::Cut,
        Fault::Malformed,
        Fault::Huge,
        Fault::MissingAccessToken,
    ]
    .into_iter()
    .enumerate()
    {
        // A minute is left of it: it is served while Amazon fails. Later none is.
        house.stage.advance(Duration::minutes(if number == 0 { 61 } else { 5 }));
        house.simulator.fail(Part::Lwa, fault, 1);
        let failed = house.ask(Method::POST, key, &issue).json(&json!({})).send().await.unwrap();
        assert!(failed.status().as_u16() >= 400, "{fault:?}: {}", failed.status());
        walk.note(format!("a credential while Amazon answers {fault:?}"), failed, &[]).await;
    }
    house.simulator.heal();
    house.stage.advance(Duration::minutes(10));
    let fresh = house.ask(Method::POST, key, &issue).json(&json!({})).send().await.unwrap();
    let told: Value = serde_json::from_str(&walk.done("a fresh credential", fresh, &["fresh access token"]).await).unwrap();
    walk.cage.add("fresh access token", told["credential"]["value"].as_str().unwrap());
    // Keys in the wrong places.
    for request in [
        house.http.get(format!("{}/api/gateway/v1/self?key={key}", house.url)).bearer_auth(key),
        house.ask(Method::GET, &format!("{key}x"), "/api/gateway/v1/self"),
        house.ask(Method::POST, key, &format!("/api/gateway/v1/{key}")),
        house.ask(Method::POST, key, &issue).header(header::USER_AGENT, key).json(&json!({ "purpose": key })),
    ] {
        let answered = request.send().await.unwrap();
        let issued = answered.status() == 200;
        walk.note("a key in the wrong place", answered, if issued { &["fresh access token"] } else { &[] }).await;
    }
}

/// The same with a table gone: what is logged of an outage must not hold what was sent.
pub(super) async fn broken<'a>(
    walk: &mut Walk<'a>,
    ada: &mut Browser<'a>,
    team: &str,
    app: &str,
    refresh_token: &str,
    key: &str,
    connection: &str,
) {
    let house = walk.house;
    let run = async |statement: String| {
        let tx = house.stage.portal.db.begin().await.unwrap();
        tx.execute_unprepared(&statement).await.unwrap();
        tx.commit().await.unwrap();
    };
    let secret = String::from_utf8(walk.cage.canaries["next client secret"].clone()).unwrap();
    let issue = format!("/api/gateway/v1/teams/{team}/connections/{connection}/credentials");
    for table in ["lwa_app", "connection", "gateway_key", "login_challenge", "audit_event", "mail_outbox", "rate_limit"] {
        run(format!("ALTER TABLE \"{table}\" RENAME TO no_{table}")).await;
        let email = format!("somebody-without-{}@example.com", table.replace('_', "-"));
        let fields = [
            ("team", team),
            ("app", app),
            ("name", "Another"),
            ("environment", "production"),
            ("client_id", "amzn1.application-oa2-client.00000000000000000000000000000def"),
            ("client_secret", &secret),
            ("lwa_app", app),
            ("seller_id", other_seller().seller_id),
            ("marketplace", "US"),
            ("refresh_token", refresh_token),
            ("code", "12345678"),
            ("email", &email),
            ("page", "/account"),
        ];
        let mut failures = 0;
        for function in ["create_lwa_app", "create_connection", "lwa_apps", "confirm", "ask_code", "stage_secret"] {
            let mut somebody = Browser::new(house);
            let caller = if function == "ask_code" { &mut somebody } else { &mut *ada };
            for answered in [caller.post(function, &fields).await, caller.submit(function, &fields).await] {
                failures += usize::from(answered.status().is_server_error());
                walk.note(format!("{function} without the table {table}"), answered, &[]).await;
            }
        }
        let answered = house.ask(Method::POST, key, &issue).json(&json!({ "purpose": key })).send().await.unwrap();
        failures += usize::from(answered.status().is_server_error());
        let holds: &[&str] = if answered.status() == 200 { &["fresh access token"] } else { &[] };
        walk.note(format!("a credential without the table {table}"), answered, holds).await;
        assert!(failures > 0, "nobody missed {table}");
        run(format!("ALTER TABLE no_{table} RENAME TO \"{table}\"")).await;
    }
}
