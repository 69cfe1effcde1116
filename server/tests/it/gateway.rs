//! The contract of the gateway route: names, codes, and what is the same for everybody who may not see.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{house::House, on_both_databases, support::Stage};

on_both_databases!(a_fresh_credential_is_issued_with_all_that_a_caller_needs, async |stage: Stage| {
    let house = House::on(stage).await;
    let team = house.furnished("ada").await;
    let (status, body) = house.issue(&team, json!({ "purpose": "orders-sync job 8812" })).await;
    assert_eq!(status, 200);
    let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ");
    assert_eq!(names(&body), "connection credential generation lease_id refresh_after refreshed unchanged version warnings");
    assert_eq!(names(&body["credential"]), "expires_at expires_in header issued_at type value");
    assert_eq!(
        names(&body["connection"]),
        "api endpoint environment id marketplace marketplace_id marketplace_ids region seller_id"
    );
    assert_eq!(body["credential"]["header"], "x-amz-access-token");
    assert!(body["credential"]["value"].as_str().unwrap().starts_with("Atza|"));
    let (_, again) = house.issue(&team, json!({ "known_generation": body["generation"] })).await;
    assert_eq!((again["unchanged"].as_bool(), again.get("credential")), (Some(true), None));
    assert_eq!(again["lease_id"], body["lease_id"]);
});

on_both_databases!(what_one_may_not_see_does_not_exist, async |stage: Stage| {
    let house = House::on(stage).await;
    let ada = house.furnished("ada").await;
    let bob = house.furnished("bob").await;
    let unlisted = house.gateway(&ada.owner, &ada.scope, &[]).await;
    let (_, unlisted) = house.key(&ada.owner, &ada.scope, unlisted).await;
    let none = "con_00000000000000000000000000000001";
    let paths = [
        (&ada.secret, format!("teams/{}/connections/{}", ada.team, bob.connection)),
        (&ada.secret, format!("teams/{}/connections/{}", bob.team, bob.connection)),
        (&ada.secret, format!("teams/{}/connections/{}", bob.team, ada.connection)),
        (&ada.secret, format!("teams/{}/connections/{none}", ada.team)),
        (&ada.secret, format!("teams/{}/connections/nonsense", ada.team)),
        (&ada.secret, format!("teams/nonsense/connections/{}", ada.connection)),
        (&unlisted, format!("teams/{}/connections/{}", ada.team, ada.connection)),
    ];
    for (method, end) in [(Method::POST, "/credentials"), (Method::GET, ""), (Method::POST, "/feedback")] {
        let mut bodies = Vec::new();
        for (secret, path) in &paths {
            let request = house.ask(method.clone(), secret, &format!("/api/gateway/v1/{path}{end}"));
            let request =
                if end == "/feedback" { request.json(&json!({ "generation": 1, "sp_api_status": 403 })) } else { request };
            let response = request.send().await.unwrap();
            assert_eq!(response.status(), 404, "{path}{end}");
            let mut body: Value = response.json().await.unwrap();
            body.as_object_mut().unwrap().remove("instance");
            bodies.push(body.to_string());
        }
        bodies.dedup();
        assert_eq!(bodies.len(), 1, "{bodies:?}");
        assert!(bodies[0].contains("connection-not-found"));
    }
});

on_both_databases!(every_refusal_is_a_problem_with_an_id, async |stage: Stage| {
    let house = House::on(stage).await;
    let team = house.furnished("ada").await;
    let path = format!("/api/gateway/v1/teams/{}/connections/{}/credentials", team.team, team.connection);
    let json_body = "application/json";
    let cases: Vec<(reqwest::RequestBuilder, u16, &str)> = vec![
        (house.http.post(format!("{}{path}", house.url)).bearer_auth(&team.secret), 400, "invalid-request"),
        (house.ask(Method::POST, &team.secret, &path).header("content-type", json_body).body("{"), 400, "invalid-request"),
        (house.ask(Method::POST, &team.secret, &path).json(&json!({ "min_ttl_s": "Atza|x" })), 400, "invalid-request"),
        (house.ask(Method::POST, &team.secret, &path).json(&json!({ "unknown": 1 })), 400, "invalid-request"),
        (
            house.ask(Method::POST, &team.secret, &path).header("content-type", "text/plain").body("x"),
            415,
            "unsupported-media-type",
        ),
        (
            house.ask(Method::POST, &team.secret, &path).header("content-type", json_body).body("x".repeat(17_000)),
            413,
            "content-too-large",
        ),
        (house.ask(Method::GET, &team.secret, &path), 405, "method-not-allowed"),
        (house.ask(Method::GET, &team.secret, "/api/gateway/v1/nowhere"), 404, "not-found"),
        (house.ask(Method::POST, "ptl_gw_nonsense", &path), 401, "invalid-gateway-key"),
        (house.http.post(format!("{}{path}", house.url)).header("Portal-Gateway", "1"), 401, "invalid-gateway-key"),
    ];
    for (request, status, code) in cases {
        let response = request.send().await.unwrap();
        let headers = response.headers().clone();
        assert_eq!(response.status().as_u16(), status, "{code}");
        assert_eq!(headers["content-type"], "application/problem+json", "{code}");
        assert_eq!(headers["cache-control"], "no-store", "{code}");
        if status == 401 {
            assert_eq!(headers["www-authenticate"], "Bearer");
        }
        if status == 405 {
            assert_eq!(headers["allow"], "POST");
        }
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["code"], code);
        assert_eq!(body["instance"].as_str(), headers["x-request-id"].to_str().ok());
        for member in ["type", "title", "status", "detail", "retryable", "action"] {
            assert!(!body[member].is_null(), "{code}: {member}");
        }
        assert!(!body.to_string().contains("Atza"), "{body}");
    }
    let without = house.http.post(format!("{}{path}", house.url)).header("Portal-Gateway", "1").send().await.unwrap();
    let body: Value = without.json().await.unwrap();
    assert!(body["detail"].as_str().unwrap().contains("Authorization"), "a forgotten header is not a wrong key: {body}");
});

on_both_databases!(one_bad_item_does_not_fail_a_batch, async |stage: Stage| {
    let house = House::on(stage).await;
    let team = house.furnished("ada").await;
    let path = format!("/api/gateway/v1/teams/{}/credentials:batch", team.team);
    let items = json!({ "items": [{ "connection_id": team.connection }, { "connection_id": "con_nonsense" }, { "connection_id": team.connection, "known_generation": 1 }] });
    let response = house.ask(Method::POST, &team.secret, &path).json(&items).send().await.unwrap();
    assert_eq!(response.status(), 200);
    let body: Value = response.json().await.unwrap();
    let status: Vec<_> = body["items"].as_array().unwrap().iter().map(|item| item["status"].as_i64().unwrap()).collect();
    assert_eq!(status, [200, 404, 200]);
    assert_eq!(body["items"][1]["problem"]["code"], "connection-not-found");
    assert_eq!(body["items"][2]["answer"]["unchanged"], true);
    let many: Vec<_> = (0..21).map(|_| json!({ "connection_id": team.connection })).collect();
    let response = house.ask(Method::POST, &team.secret, &path).json(&json!({ "items": many })).send().await.unwrap();
    assert_eq!(response.status(), 400);
});

on_both_databases!(the_lwa_route_speaks_as_lwa_does, async |stage: Stage| {
    let house = House::on(stage).await;
    let team = house.furnished("ada").await;
    let ask = async |fields: &[(&str, &str)], json: bool| {
        let request = house.http.post(format!("{}/api/gateway/v1/lwa/token", house.url));
        let map: serde_json::Map<_, _> = fields.iter().map(|(k, v)| ((*k).to_owned(), Value::from(*v))).collect();
        let request = if json { request.json(&map) } else { request.form(fields) };
        let response = request.send().await.unwrap();
        assert_eq!(response.headers()["cache-control"], "no-store");
        (response.status().as_u16(), response.json::<Value>().await.unwrap())
    };
    let (key, connection) = (team.key.to_string(), team.connection.to_string());
    let good = [
        ("grant_type", "refresh_token"),
        ("client_id", &*key),
        ("client_secret", &*team.secret),
        ("refresh_token", &*connection),
    ];
    for json in [false, true] {
        let (status, body) = ask(&good, json).await;
        assert_eq!(
            (status, body["token_type"].as_str(), body["refresh_token"].as_str()),
            (200, Some("bearer"), Some(&*connection))
        );
        assert!(body["access_token"].as_str().unwrap().starts_with("Atza|"));
        assert!(body["expires_in"].as_i64().is_some_and(|left| left > 0 && left <= 3600));
    }
    let with = |name: &str, value: &'static str| good.map(|(n, v)| if n == name { (n, value) } else { (n, v) });
    for (fields, status, error) in [
        (with("client_secret", "ptl_gw_x"), 401, "invalid_client"),
        (with("client_id", "gwk_00000000000000000000000000000001"), 401, "invalid_client"),
        (with("refresh_token", "con_00000000000000000000000000000001"), 400, "invalid_grant"),
        (with("grant_type", "client_credentials"), 400, "unsupported_grant_type"),
        (with("grant_type", ""), 400, "invalid_request"),
    ] {
        let (found, body) = ask(&fields, false).await;
        assert_eq!((found, body["error"].as_str()), (status, Some(error)));
        let words = body["error_description"].as_str().unwrap();
        assert!(!words.contains("Authorization"), "no header carries a key here: {words}");
    }
});

on_both_databases!(a_key_past_its_limit_waits, async |stage: Stage| {
    let house = House::on(stage).await;
    let team = house.furnished("ada").await;
    let path = "/api/gateway/v1/self";
    let first = house.ask(Method::GET, &team.secret, path).send().await.unwrap();
    assert_eq!(first.headers()["ratelimit-policy"], "\"key\";q=300;w=6");
    assert_eq!(first.headers()["ratelimit"], "\"key\";r=299");
    futures::future::join_all((0..299).map(|_| house.ask(Method::GET, &team.secret, path).send())).await;
    let over = house.ask(Method::GET, &team.secret, path).send().await.unwrap();
    assert_eq!((over.status().as_u16(), over.headers()["retry-after"].to_str().unwrap()), (429, "1"));
});

on_both_databases!(
    an_expired_client_secret_that_a_gateway_tells_of_marks_the_app_until_it_is_changed,
    async |stage: Stage| {
        let house = House::on(stage).await;
        let team = house.furnished("ada").await;
        let path = format!("/api/gateway/v1/teams/{}/connections/{}/feedback", team.team, team.connection);
        let report = json!({
            "generation": 1, "sp_api_status": 403, "sp_api_code": "Unauthorized",
            "sp_api_detail": "The LWA secret token you provided has expired.",
        });
        let response = house.ask(Method::POST, &team.secret, &path).json(&report).send().await.unwrap();
        assert_eq!(response.status(), 204);
        let marked = async || {
            let app = backend::lwa_apps::get(&team.owner, &team.scope, team.app).await.unwrap();
            app.rejected.map(|(_, code)| code)
        };
        assert_eq!(marked().await.as_deref(), Some("client_secret_expired"));
        // LWA goes on answering for such an app; that is no recovery.
        house.stage.advance(chrono::Duration::minutes(59));
        let (status, body) = house.issue(&team, json!({})).await;
        assert_eq!((status, body["generation"].as_i64()), (200, Some(2)));
        assert_eq!(marked().await.as_deref(), Some("client_secret_expired"));
    }
);

on_both_databases!(who_holds_a_token_is_known_until_it_ends, async |stage: Stage| {
    let house = House::on(stage).await;
    let team = house.furnished("ada").await;
    let (_, body) = house.issue(&team, json!({})).await;
    let of = backend::store::lease::Of::Gateway(team.gateway);
    let leases = async || backend::gateways::leases(&team.owner, &team.scope, of).await.unwrap();
    let held = leases().await;
    assert_eq!(held.len(), 1);
    assert_eq!(json!(held[0].id), body["lease_id"]);
    house.stage.advance(chrono::Duration::minutes(60));
    assert!(leases().await.is_empty());
});
