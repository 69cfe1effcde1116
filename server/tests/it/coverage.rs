//! Nothing changes and no secret leaves without an event. Every server function and every gateway route is called as
//! somebody who may, and the log is asked for the event of that very request.

mod ready;
pub mod unproved;

use backend::{connections, gateways, lwa_apps};
use chrono::Duration;
use model::{Environments, Permission, Role, audit::Action, ids::RequestId, incident::MeasureKind};
use reqwest::{Method, Response, header};
use sea_orm::{ConnectionTrait, Statement};
use secrecy::SecretString;
use serde_json::{Value, json};
use uuid::Uuid;

pub use ready::ready;

use crate::{
    browser::{AGENT, Browser},
    canary::cage::Cage,
    house::{Furnished, House, known_app, known_seller},
    on_both_databases,
    registry::{Function, Route, Things, body, dump, form, functions, other_seller, routes},
    support::Stage,
};

/// Server functions that record nothing. They change nothing and show no secret; this list only gets shorter.
const UNRECORDED: [(&str, &str); 41] = [
    ("access_review", "reads who was confirmed and removed; deciding is recorded"),
    ("access_reviews", "reads which access reviews there are"),
    ("begin_passkey", "asks a browser for a new passkey; adding it is recorded"),
    ("begin_passkey_confirmation", "asks a browser for a passkey; showing it is recorded"),
    ("begin_passkey_sign_in", "asks a browser for a passkey; showing it is recorded"),
    ("read_factors", "reads the person's own passkeys, their public halves alone"),
    ("impersonations", "reads who asked to look in; asking, looking and each page are recorded"),
    ("profile_choice", "reads which profiles a grant reaches; listing and choosing them is recorded"),
    ("my_impersonations", "reads what an operator asked themselves"),
    ("approvals", "reads what was asked for and who approved; asking and approving are recorded"),
    ("incident_metrics", "reads how fast incidents were answered"),
    ("tasks", "reads what is to be done; what is done is recorded"),
    ("playbook", "reads what is done in an incident of a kind"),
    ("notices", "reads what was said; saying it is recorded"),
    ("notifications", "reads what came for a connection, of which Portal keeps no content"),
    ("promises", "reads what stands behind the promises; taking it away is recorded"),
    ("reach", "reads who and which key may reach what, which every member may know"),
    ("readiness", "reads who speaks for the Team"),
    ("lessons", "reads what was learned and what follows"),
    ("evidence", "names what was taken in; taking a copy is recorded"),
    ("incidents", "reads what was reported; what is done in an incident is recorded"),
    ("alert_rules", "reads what a Team set about its alerts"),
    ("alerts", "reads what rules noticed, which the log tells too"),
    ("connection", "reads a connection without its tokens"),
    ("connections", "reads connections without their tokens"),
    ("gateway", "reads a gateway without its keys' secrets"),
    ("idle_gateways", "reads which gateways and keys nothing uses"),
    ("gateways", "reads gateways without their keys"),
    ("lwa_app", "reads an app without its client secrets"),
    ("lwa_apps", "reads apps without their client secrets"),
    ("my_invitations", "reads the person's own invitations"),
    ("places", "names what a Team has and where it stands"),
    ("read_installation", "reads how the log stands, and the alerts of the installation"),
    ("read_overview", "counts what a Team has"),
    ("read_pending_code", "tells a browser until when its own code works, and not the code"),
    ("read_people", "reads who is in a Team, which every member may know"),
    ("reviews", "reads which periods were looked through, and by whom"),
    ("sessions", "reads the person's own sessions"),
    ("retention", "reads how long the log is kept, and who keeps it longer"),
    ("gateway_webhook", "reads where a gateway's messages are sent, without the secrets that sign them"),
    ("webhook", "reads where alerts are sent, without the secret that signs them"),
];

/// Gateway routes that record nothing.
const UNRECORDED_ROUTES: [(&str, &str); 1] = [("GET /api/gateway/v1/openapi.json", "a document for everybody")];

/// An event as the log keeps it.
#[derive(Debug)]
struct Event {
    team: Option<Uuid>,
    actor_kind: String,
    actor: Option<Uuid>,
    actor_name: String,
    action: String,
    outcome: String,
    reason: Option<String>,
    credential: Option<Uuid>,
    request: Uuid,
    address: Option<String>,
    agent: Option<String>,
}

async fn events(house: &House) -> Vec<Event> {
    let db = house.stage.portal.db.reader();
    let all = Statement::from_string(db.get_database_backend(), "SELECT * FROM audit_event ORDER BY at, id");
    let read = |row: sea_orm::QueryResult| Event {
        team: row.try_get("", "team_id").unwrap(),
        actor_kind: row.try_get("", "actor_kind").unwrap(),
        actor: row.try_get("", "actor_id").unwrap(),
        actor_name: row.try_get("", "actor_name").unwrap(),
        action: row.try_get("", "action").unwrap(),
        outcome: row.try_get("", "outcome").unwrap(),
        reason: row.try_get("", "reason").unwrap(),
        credential: row.try_get("", "credential_id").unwrap(),
        request: row.try_get("", "request_id").unwrap(),
        address: row.try_get("", "address").unwrap(),
        agent: row.try_get("", "agent").unwrap(),
    };
    db.query_all_raw(all).await.unwrap().into_iter().map(read).collect()
}

/// What a Team has to keep to itself.
fn secrets_of(own: &Things) -> Cage {
    let mut cage = Cage::default();
    cage.add("gateway key", &own.secret);
    cage.add("client secret", known_app().client_secret);
    cage.add("refresh token", known_seller().refresh_token);
    cage.add("webhook secret", crate::webhooks::SECRET);
    cage
}

/// The id that an answer names.
fn request_of(response: &Response) -> Uuid {
    let id: RequestId = response.headers()["x-request-id"].to_str().unwrap().parse().unwrap();
    id.0
}

/// The events of one request.
async fn events_of(house: &House, request: Uuid) -> Vec<Event> {
    events(house).await.into_iter().filter(|event| event.request == request).collect()
}

/// Everything that C9 asks of an event that a request from `address` by `agent` left.
fn tells_everything(what: &str, event: &Event, address: &str, agent: &str) {
    assert!(["user", "gateway", "anonymous"].contains(&&*event.actor_kind), "{what}: {event:?}");
    let known = event.actor_kind != "anonymous";
    assert_eq!((event.actor.is_some(), event.credential.is_some()), (known, known), "{what}: {event:?}");
    assert!(!event.actor_name.is_empty(), "{what}: {event:?}");
    let action = Action::parse(&event.action);
    assert!(action.is_some(), "{what}: {event:?}");
    assert_eq!((event.address.as_deref(), event.agent.as_deref()), (Some(address), Some(agent)), "{what}");
    assert_eq!(event.reason.is_some(), event.outcome != "ok", "{what}: {event:?}");
    // Signing in is nobody's Team's; a key that is none belongs to none.
    let of_a_person = ["auth.", "user."].iter().any(|start| event.action.starts_with(start));
    let of_nobody = event.action == "gateway.refused" && !known;
    let of_the_installation = what.contains("installation");
    assert_eq!(event.team.is_some(), !of_a_person && !of_nobody && !of_the_installation, "{what}: {event:?}");
}

#[test]
fn the_exceptions_exist_and_have_reasons() {
    let functions = functions();
    for (name, reason) in UNRECORDED {
        assert!(functions.iter().any(|function| function.name == name), "there is no {name}");
        assert!(reason.len() > 10, "{name}");
    }
}

on_both_databases!(every_server_function_is_recorded_or_on_the_list, async |stage: Stage| {
    let house = House::on(stage).await;
    let mut uncovered = Vec::new();
    for function in functions() {
        let of = house.furnished(&function.name.replace('_', "-")).await;
        let own = house.things(&of).await;
        let (mut browser, fields) = ready(&house, &function, &of, &own).await;
        // A question to a browser, and how many of them there were, are no change.
        let asked: &[&str] =
            if function.name.starts_with("begin_") { &["passkey_ceremony", "rate_limit", "browser"] } else { &[] };
        let before = dump(&house, None, asked).await;
        let response = browser.call(&function.name, &fields).await;
        let (status, request) = (response.status(), request_of(&response));
        let text = response.text().await.unwrap();
        assert!(status.is_success(), "{}: {status} {text}", function.name);
        // Nor does what it answers hold a secret that was there before.
        assert!(secrets_of(&own).found(text.as_bytes()).is_empty(), "{}: {text}", function.name);
        let found = events_of(&house, request).await;
        let excepted = UNRECORDED.iter().any(|(name, _)| *name == function.name);
        match (found.is_empty(), excepted) {
            (true, false) => uncovered.push(function.name.clone()),
            (false, true) => panic!("{} is recorded: take it off the list", function.name),
            // What is not recorded changes nothing at all.
            (true, true) => assert_eq!(dump(&house, None, asked).await, before, "{}", function.name),
            (false, false) => {}
        }
        for event in &found {
            tells_everything(&function.name, event, browser.address(), AGENT);
            assert_eq!(event.outcome, "ok", "{}", function.name);
            let team = event.team.map(|team| format!("team_{}", team.simple()));
            assert!(!function.takes("team") || team.as_deref() == Some(&own.team), "{}: {event:?}", function.name);
        }
    }
    assert!(uncovered.is_empty(), "not recorded: {uncovered:?}");
});

/// Asks a route as the Team's gateway.
fn asked(house: &House, route: &Route, own: &Things, address: &str, agent: &str) -> reqwest::RequestBuilder {
    let path = route.path.replace("{team_id}", &own.team).replace("{connection_id}", &own.connection);
    let request = house.ask(route.method.clone(), &own.secret, &path);
    let request = request.header("X-Forwarded-For", address).header(header::USER_AGENT, agent);
    if route.method == Method::GET { request } else { request.json(&body(route, own)) }
}

on_both_databases!(every_gateway_route_is_recorded_or_on_the_list, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let own = house.things(&of).await;
    let (address, agent) = ("198.51.100.7", "orders-sync/2.1 (Linux)");
    let routes = routes(&house).await;
    for (name, reason) in UNRECORDED_ROUTES {
        assert!(routes.iter().any(|route| route.name() == name) && reason.len() > 10, "there is no {name}");
    }
    let mut uncovered = Vec::new();
    for route in &routes {
        let before = dump(&house, None, &[]).await;
        let response = asked(&house, route, &own, address, agent).send().await.unwrap();
        assert!(response.status().is_success(), "{}: {}", route.name(), response.status());
        let found = events_of(&house, request_of(&response)).await;
        let excepted = UNRECORDED_ROUTES.iter().any(|(name, _)| *name == route.name());
        match (found.is_empty(), excepted) {
            (true, false) => uncovered.push(route.name()),
            (false, true) => panic!("{} is recorded: take it off the list", route.name()),
            (true, true) => assert_eq!(dump(&house, None, &[]).await, before, "{}", route.name()),
            (false, false) => {}
        }
        for event in &found {
            tells_everything(&route.name(), event, address, agent);
            assert_eq!((event.actor_kind.as_str(), event.outcome.as_str()), ("gateway", "ok"), "{}", route.name());
            assert_eq!(event.credential.map(|key| format!("gwk_{}", key.simple())).as_deref(), Some(&*own.key));
        }
    }
    assert!(uncovered.is_empty(), "not recorded: {uncovered:?}");

    // A refusal is an event too: whatever is wrong with the key, its gateway or the connection.
    let missing = Things { secret: own.secret.clone(), key: own.key.clone(), ..Things::nobodys() };
    let nobodys = Things { team: own.team.clone(), connection: own.connection.clone(), ..Things::nobodys() };
    let recorded: Vec<_> =
        routes.iter().filter(|route| UNRECORDED_ROUTES.iter().all(|(name, _)| *name != route.name())).collect();
    for things in [&missing, &nobodys] {
        for route in &recorded {
            // What names no thing is answered.
            let names = route.path.contains("_id}") || route.body.iter().any(|field| field == "refresh_token");
            if things.secret == own.secret && !names {
                continue;
            }
            let address = house.stage.next_address();
            let response = asked(&house, route, things, &address, agent).send().await.unwrap();
            let found = events_of(&house, request_of(&response)).await;
            assert!(!found.is_empty(), "{}: a refusal leaves no event", route.name());
            for event in &found {
                tells_everything(&route.name(), event, &address, agent);
                assert_eq!(event.outcome, "refused", "{}", route.name());
            }
        }
    }
});

on_both_databases!(who_fails_to_sign_in_or_to_confirm_is_recorded, async |stage: Stage| {
    let house = House::on(stage).await;
    let wrong = vec![("code".to_owned(), "00000000".to_owned())];
    let mut browser = Browser::new(&house);
    browser.post("ask_code", &[("email", "ada@example.com")]).await;
    let response = browser.call("sign_in", &wrong).await;
    assert_eq!(response.status(), 422);
    let mut confirming = Browser::signed_in(&house, "bob@example.com").await;
    confirming.post("ask_confirmation", &[]).await;
    let refused = confirming.call("confirm", &wrong).await;
    assert_eq!(refused.status(), 422);
    for (response, browser, action) in
        [(response, browser, "auth.sign_in_refused"), (refused, confirming, "auth.step_up_refused")]
    {
        let found = events_of(&house, request_of(&response)).await;
        let told: Vec<_> = found.iter().map(|event| (event.action.as_str(), event.outcome.as_str())).collect();
        assert_eq!(told, [(action, "refused")]);
        tells_everything(action, &found[0], browser.address(), AGENT);
    }
});

/// Goes to Amazon and comes back with what the seller answered there.
async fn consent(house: &House, browser: &mut Browser<'_>, own: &Things, seller: &str) -> Response {
    let name = format!("By consent, at {}", house.stage.next_address());
    let fields = [("team", &*own.team), ("name", &*name), ("lwa_app", &*own.app), ("marketplace", "US")];
    let started = browser.post("start_consent", &fields).await;
    let back = house.answer_consent(started.headers()[header::LOCATION].to_str().unwrap(), seller).await;
    let request = browser.request(Method::GET, &back).header(header::USER_AGENT, AGENT);
    browser.send(request).await
}

on_both_databases!(a_consent_is_recorded_however_the_seller_answers, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let own = house.things(&of).await;
    let mut browser = Browser::confirmed(&house, "ada@example.com").await;
    let agreed = other_seller().seller_id;
    let mut unrecorded = Vec::new();
    for (what, seller, status) in [
        ("a new seller", agreed, 303),
        ("a seller who is connected already", agreed, 422),
        ("a seller who does not agree", "", 422),
    ] {
        let response = consent(&house, &mut browser, &own, seller).await;
        assert_eq!(response.status(), status, "{what}");
        let found = events_of(&house, request_of(&response)).await;
        found.iter().for_each(|event| tells_everything(what, event, browser.address(), AGENT));
        if found.is_empty() {
            unrecorded.push(what);
        }
    }
    // Each has used up a state, and Amazon may have made a grant: something has changed.
    assert!(unrecorded.is_empty(), "the return of these leaves no event: {unrecorded:?}");
});

on_both_databases!(every_event_of_a_life_says_who_what_and_how, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let own = house.things(&of).await;
    house.simulator.revoke(known_seller().seller_id);
    house.stage.advance(Duration::hours(2));
    let (status, _) = house.issue(&of, json!({})).await;
    assert_eq!(status, 409);
    let all = events(&house).await;
    assert!(all.len() > 15, "{}", all.len());
    for event in &all {
        assert!(["user", "gateway", "anonymous", "system"].contains(&&*event.actor_kind), "{event:?}");
        assert!(Action::parse(&event.action).is_some(), "{event:?}");
        assert!(["ok", "refused", "failed"].contains(&&*event.outcome), "{event:?}");
        assert!(!event.request.is_nil() && !event.actor_name.is_empty(), "{event:?}");
        assert_eq!(event.reason.is_some(), event.outcome != "ok", "{event:?}");
        let of_a_person = ["auth.", "user."].iter().any(|start| event.action.starts_with(start));
        assert_eq!(event.team.is_some(), !of_a_person, "{event:?}");
    }
    // The log shows them to the Team, whole.
    let mut browser = Browser::confirmed(&house, "ada@example.com").await;
    let log: Value = browser.post("log", &[("team", &*own.team), ("query[action]", "")]).await.json().await.unwrap();
    let shown = log["items"].as_array().unwrap();
    assert!(shown.len() > 5, "{log}");
    for item in shown {
        let raw: Value = serde_json::from_str(item["raw"].as_str().unwrap()).unwrap();
        for part in ["/id", "/at", "/action", "/outcome", "/actor/kind", "/actor/name", "/request_id"] {
            assert!(raw.pointer(part).is_some_and(|value| !value.is_null()), "{part}: {raw}");
        }
    }
});
