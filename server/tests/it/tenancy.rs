//! Teams are walls. Whatever names a thing of another Team is answered as if there were no such thing, a role does what
//! its row of the table says, and what is written in a Team is read by nobody outside. All of it is walked from registries.

pub mod files;
pub mod marks;

use std::collections::BTreeMap;

use backend::mail::{deliver_due, read_mailbox};
use chrono::Duration;
use model::{Environments, Permission, Role, incident::MeasureKind};
use reqwest::{Method, Response, header};
use sea_orm::DbBackend;
use serde_json::{Value, json};

use crate::{
    browser::Browser,
    house::{Furnished, House},
    on_both_databases,
    registry::{Function, Things, address, body, column, dump, form, functions, other_seller, pages, routes, tables},
    support::Stage,
};

/// Open to people who are not signed in, each for its reason.
const FOR_EVERYBODY: [(&str, &str); 5] = [
    ("begin_passkey_sign_in", "asks a browser for a passkey, of whomever it is"),
    ("sign_in_with_passkey", "signs in"),
    ("ask_code", "asks for the code that signs in"),
    ("read_pending_code", "tells a browser of the code that it asked for itself"),
    ("sign_in", "signs in"),
];

/// Tables that a refused request may write to.
const ASIDE: [&str; 3] = ["audit_event", "audit_pending", "rate_limit"];

fn is_open(function: &Function) -> bool {
    FOR_EVERYBODY.iter().any(|(name, _)| *name == function.name)
}

/// An answer without what differs from request to request: its id, its nonce and these ids.
async fn answer(response: Response, named: &[&Things]) -> (u16, String) {
    let status = response.status().as_u16();
    let policy = response.headers().get(header::CONTENT_SECURITY_POLICY).map(|policy| policy.to_str().unwrap().to_owned());
    let mut text = response.text().await.unwrap();
    if let Some((_, nonce)) = policy.as_deref().unwrap_or_default().split_once("'nonce-") {
        text = text.replace(nonce.split('\'').next().unwrap(), "NONCE");
    }
    for (number, id) in named.iter().flat_map(|things| things.ids().into_iter().enumerate()) {
        text = text.replace(id, &format!("ID-{number}"));
    }
    let mut parts = text.split("req_");
    let first = parts.next().unwrap().to_owned();
    (status, parts.fold(first, |text, part| text + "REQUEST" + part.get(32..).unwrap_or(part)))
}

/// Every choice of at least one of these arguments.
fn choices<'a>(arguments: &[&'a str]) -> Vec<Vec<&'a str>> {
    let chosen = |mask: usize| arguments.iter().enumerate().filter(move |(n, _)| mask >> n & 1 == 1).map(|(_, name)| *name);
    (1..1 << arguments.len()).map(|mask| chosen(mask).collect()).collect()
}

#[test]
fn every_function_with_a_team_says_what_it_enters_it_for() {
    let functions = functions();
    for function in functions.iter().filter(|function| function.takes("team")) {
        assert!(function.permission.is_some(), "{} takes a Team and enters none", function.name);
    }
    for (name, reason) in FOR_EVERYBODY {
        assert!(functions.iter().any(|function| function.name == name) && !reason.is_empty(), "there is no {name}");
    }
    let named = functions.iter().filter(|function| !function.things().is_empty()).count();
    assert!(named > 30, "{named} functions name a thing");
}

on_both_databases!(nobody_reaches_anything_before_the_sign_in, async |stage: Stage| {
    let house = House::on(stage).await;
    let ada = house.furnished("ada").await;
    let (foreign, missing) = (house.things(&ada).await, Things::nobodys());
    let before = dump(&house, None, &[]).await;
    for function in functions().iter().filter(|function| !is_open(function)) {
        let mut seen = Vec::new();
        for things in [&foreign, &missing] {
            let response = Browser::new(&house).call(&function.name, &form(function, |_| things)).await;
            seen.push(answer(response, &[]).await);
        }
        // A browser that waits for no code hears of that first.
        let status = if function.name == "confirm" { 422 } else { 401 };
        assert_eq!((seen[0].0, &seen[0]), (status, &seen[1]), "{}", function.name);
    }
    assert_eq!(dump(&house, None, &[]).await, before);
    let before = dump(&house, Some(&foreign.team), &[]).await;
    for function in functions().iter().filter(|function| is_open(function)) {
        Browser::new(&house).call(&function.name, &form(function, |_| &foreign)).await;
    }
    assert_eq!(dump(&house, Some(&foreign.team), &[]).await, before);
});

on_both_databases!(things_of_another_team_are_answered_as_things_that_do_not_exist, async |stage: Stage| {
    let house = House::on(stage).await;
    let (ada, bob) = (house.furnished("ada").await, house.furnished("bob").await);
    let (foreign, own, missing) = (house.things(&ada).await, house.things(&bob).await, Things::nobodys());
    let mut browser = Browser::confirmed(&house, "bob@example.com").await;
    let before = dump(&house, None, &ASIDE).await;
    let mut asked = 0;
    for function in functions() {
        for chosen in choices(&function.things()) {
            let mut seen = Vec::new();
            for others in [&foreign, &missing] {
                let of = |name: &str| if chosen.contains(&name) { others } else { &own };
                seen.push(answer(browser.call(&function.name, &form(&function, of)).await, &[]).await);
            }
            assert_eq!(seen[0], seen[1], "{} with {chosen:?} of another Team", function.name);
            let (status, text) = &seen[0];
            // A filter of the own log that names nothing finds nothing.
            if function.name == "log" && chosen == ["query"] {
                let found: Value = serde_json::from_str(text).unwrap();
                assert_eq!((*status, &found["items"]), (200, &json!([])));
            } else {
                assert!([401, 403, 404, 422].contains(status), "{} with {chosen:?}: {status} {text}", function.name);
            }
            asked += 1;
        }
    }
    assert!(asked > 60, "the sweep asked only {asked} times");
    let after = dump(&house, None, &ASIDE).await;
    // Said by table: the whole of both is too much to read.
    for (table, rows) in &after {
        assert_eq!(rows, &before[table], "{table}");
    }
});

on_both_databases!(what_people_do_about_themselves_touches_no_team_of_others, async |stage: Stage| {
    let house = House::on(stage).await;
    let ada = house.furnished("ada").await;
    house.stage.person("bob").await;
    let foreign = house.things(&ada).await;
    let before = dump(&house, Some(&foreign.team), &[]).await;
    for function in functions().iter().filter(|function| !function.takes("team")) {
        // Three codes an hour: somebody signs in anew for every function.
        let mut browser = Browser::confirmed(&house, &format!("bob-{}@example.com", function.name.replace('_', "-"))).await;
        browser.call(&function.name, &form(function, |_| &foreign)).await;
    }
    assert_eq!(dump(&house, Some(&foreign.team), &[]).await, before);
});

on_both_databases!(nobody_does_more_than_the_role_allows, async |stage: Stage| {
    let house = House::on(stage).await;
    for role in [Role::Admin, Role::Operator, Role::Auditor] {
        let team = house.furnished(&format!("owner-of-{}", role.as_str())).await;
        house.member(&team, role.as_str(), role, Environments::BOTH).await;
        // They were there before anything was written.
        house.stage.advance(chrono::Duration::seconds(1));
        let own = house.things(&team).await;
        let mut browser = Browser::confirmed(&house, &format!("{}@example.com", role.as_str())).await;
        let with_team = functions().into_iter().filter_map(|function| Some((function.permission?, function)));
        let (allowed, refused): (Vec<_>, Vec<_>) = with_team.partition(|(permission, _)| role.may(*permission));
        let before = dump(&house, None, &ASIDE).await;
        for (_, function) in refused {
            let (status, text) = answer(browser.call(&function.name, &form(&function, |_| &own)).await, &[]).await;
            assert_eq!(status, 403, "{} as {}: {text}", function.name, role.as_str());
            assert!(text.contains("not-permitted"), "{} as {}: {text}", function.name, role.as_str());
        }
        assert_eq!(dump(&house, None, &ASIDE).await, before, "{}", role.as_str());
        // Who has left may do nothing more.
        let (leaves, allowed): (Vec<_>, Vec<_>) =
            allowed.into_iter().partition(|(_, function)| function.name == "leave_team");
        for (_, function) in allowed.into_iter().chain(leaves) {
            let (status, text) = answer(browser.call(&function.name, &form(&function, |_| &own)).await, &[]).await;
            let is_refused = status == 401 || (status == 403 && !text.contains("second-person"));
            assert!(!is_refused, "{} as {}: {status} {text}", function.name, role.as_str());
        }
    }
});

on_both_databases!(who_may_not_touch_production_changes_nothing_there, async |stage: Stage| {
    let house = House::on(stage).await;
    let ada = house.furnished("ada").await;
    let own = house.things(&ada).await;
    house.member(&ada, "carol", Role::Admin, Environments { production: false, sandbox: true }).await;
    let mut carol = Browser::confirmed(&house, "carol@example.com").await;
    let before = dump(&house, None, &ASIDE).await;
    use Permission::{Disconnect, ManageConnections, ManageGateways, ManageLwaApps};
    let bound = [Disconnect, ManageConnections, ManageGateways, ManageLwaApps];
    let swept = functions().into_iter().filter(|function| function.permission.is_some_and(|needs| bound.contains(&needs)));
    for function in swept {
        let (status, text) = answer(carol.call(&function.name, &form(&function, |_| &own)).await, &[]).await;
        // A choice is there for nobody but whoever began it, and nobody begins one without the environment.
        let expected = if function.takes("choice") { 404 } else { 403 };
        assert_eq!(status, expected, "{}: {text}", function.name);
    }
    assert_eq!(dump(&house, None, &ASIDE).await, before);
});

on_both_databases!(nobody_gives_an_environment_that_is_closed_to_them, async |stage: Stage| {
    let house = House::on(stage).await;
    let ada = house.furnished("ada").await;
    let carol = house.member(&ada, "carol", Role::Admin, Environments { production: false, sandbox: true }).await;
    let mut browser = Browser::confirmed(&house, "carol@example.com").await;
    let before = dump(&house, None, &ASIDE).await;
    let team = ada.team.to_string();
    let myself = carol.signed_in().unwrap().user.to_string();
    let both = [("production", "true"), ("sandbox", "true"), ("role", "admin"), ("team", &*team)];
    let raised = browser.post("change_member", &[&both[..], &[("user", &*myself)]].concat()).await.status();
    let invited =
        browser.post("invite_member", &[&both[..], &[("email", "carols-other-name@example.com")]].concat()).await.status();
    assert_eq!((raised.as_u16(), invited.as_u16()), (403, 403), "to oneself, and to another address");
    assert_eq!(dump(&house, None, &ASIDE).await, before);
});

on_both_databases!(a_gateway_meets_other_teams_as_teams_that_do_not_exist, async |stage: Stage| {
    let house = House::on(stage).await;
    let (ada, bob) = (house.furnished("ada").await, house.furnished("bob").await);
    let (foreign, own, missing) = (house.things(&ada).await, house.things(&bob).await, Things::nobodys());
    let before = dump(&house, Some(&foreign.team), &ASIDE).await;
    let mut asked = 0;
    for route in routes(&house).await {
        let named: Vec<_> = ["team_id", "connection_id", "items", "refresh_token"]
            .into_iter()
            .filter(|name| route.path.contains(&format!("{{{name}}}")) || route.body.iter().any(|field| field == name))
            .collect();
        for (key, things) in [(Some(&own.secret), &own), (Some(&missing.secret), &missing), (None, &missing)] {
            for chosen in choices(&named) {
                let mut seen = Vec::new();
                for others in [&foreign, &missing] {
                    let of = |name: &str| if chosen.contains(&name) { others } else { &own };
                    let path = route.path.replace("{team_id}", &of("team_id").team);
                    let path = path.replace("{connection_id}", &of("connection_id").connection);
                    let mut body = body(&route, things);
                    for (field, value) in [
                        ("items", json!([{ "connection_id": of("items").connection }])),
                        ("refresh_token", json!(of("refresh_token").connection)),
                    ] {
                        if named.contains(&field) {
                            body[field] = value;
                        }
                    }
                    let request = house.http.request(route.method.clone(), format!("{}{path}", house.url));
                    // Wrong keys are counted by address.
                    let request =
                        request.header("X-Forwarded-For", house.stage.next_address()).header("Portal-Gateway", "1");
                    let request = if route.method == Method::GET { request } else { request.json(&body) };
                    let request = key.iter().fold(request, |request, key| request.bearer_auth(key));
                    seen.push(answer(request.send().await.unwrap(), &[&foreign, &missing]).await);
                }
                assert_eq!(seen[0], seen[1], "{} with {chosen:?}", route.name());
                let (status, text) = &seen[0];
                let told: Value = serde_json::from_str(text).unwrap_or_default();
                let items = told["items"].as_array().filter(|_| *status == 200);
                let refused = match items {
                    Some(items) => items.iter().all(|item| item["status"] == 404 && item.get("answer").is_none()),
                    // LWA itself answers 400 to a grant that is none.
                    None => [401, 403, 404].contains(status) || told["error"] == "invalid_grant",
                };
                assert!(refused, "{} with {chosen:?}: {status} {text}", route.name());
                asked += 1;
            }
        }
    }
    assert!(asked > 30, "the sweep asked only {asked} times");
    assert_eq!(dump(&house, Some(&foreign.team), &ASIDE).await, before);
});

on_both_databases!(a_page_of_another_team_is_the_page_of_none, async |stage: Stage| {
    let house = House::on(stage).await;
    let (ada, bob) = (house.furnished("ada").await, house.furnished("bob").await);
    let (foreign, own, missing) = (house.things(&ada).await, house.things(&bob).await, Things::nobodys());
    let mut browser = Browser::signed_in_later(&house, "bob@example.com").await;
    let mixed = |things: &Things| Things { team: own.team.clone(), ..things.clone() };
    for page in pages().iter().filter(|page| page.contains('{')) {
        let (whole, part) = ((foreign.clone(), missing.clone()), (mixed(&foreign), mixed(&missing)));
        for (theirs, nobodys) in [whole, part].into_iter().take(page.matches('{').count()) {
            let found = answer(browser.get(&address(page, &theirs)).await, &[&theirs]).await;
            let not_found = answer(browser.get(&address(page, &nobodys)).await, &[&nobodys]).await;
            assert_eq!(found.0, not_found.0, "{page}");
            let differs = found.1.bytes().zip(not_found.1.bytes()).position(|(a, b)| a != b);
            let around = |text: &str, at: usize| text.chars().skip(at.saturating_sub(80)).take(200).collect::<String>();
            let told = differs.map(|at| (around(&found.1, at), around(&not_found.1, at)));
            assert_eq!((told, found.1.len()), (None, not_found.1.len()), "{page}");
        }
    }
});
