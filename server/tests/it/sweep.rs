//! Every server function against everybody who may not call it. The list of functions is read from the source, so a new one
//! is swept too, or its unknown argument turns the sweep red.

use std::collections::BTreeMap;

use reqwest::{Method, header};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::Value;

use crate::{
    browser::Browser,
    house::{Furnished, House},
    on_both_databases,
    registry::{Function, functions},
    support::Stage,
};

/// What people do before they are signed in.
const FOR_EVERYBODY: [&str; 3] = ["ask_code", "read_pending_code", "sign_in"];
/// About the caller alone: they name nothing of anybody else.
const ABOUT_ONESELF: [&str; 9] = [
    "ask_confirmation",
    "confirm",
    "create_team",
    "my_invitations",
    "read_viewer",
    "revoke_other_sessions",
    "sessions",
    "sign_out",
    "read_pending_code",
];

/// Values for every argument there is; ids are Ada's, or nobody's.
async fn arguments(house: &House, ada: &Furnished, exist: bool) -> BTreeMap<&'static str, String> {
    let invitation = backend::teams::invitations(&ada.owner, &ada.scope).await.unwrap()[0].id.to_string();
    let ids = [
        ("team", ada.team.to_string()),
        ("app", ada.app.to_string()),
        ("lwa_app", ada.app.to_string()),
        ("connection", ada.connection.to_string()),
        ("gateway", ada.gateway.to_string()),
        ("key", ada.key.to_string()),
        ("user", ada.owner.signed_in().unwrap().user.to_string()),
        ("session", ada.owner.signed_in().unwrap().session.to_string()),
        ("invitation", invitation),
    ];
    let nobody = |id: &str| format!("{}_{:032x}", id.split('_').next().unwrap(), 7);
    let ids = ids.into_iter().map(|(name, id)| (name, if exist { id } else { nobody(&id) }));
    let known = crate::house::known_app();
    let seller = crate::house::known_seller();
    let values = [
        ("name", "Another name"),
        ("email", "eve@example.com"),
        ("next", "/"),
        ("code", "12345678"),
        ("role", "auditor"),
        ("production", "true"),
        ("sandbox", "true"),
        ("environment", "production"),
        ("client_id", known.client_id),
        ("client_secret", known.client_secret),
        ("application_id", known.application_id),
        ("is_draft", "false"),
        ("secret_made_on", ""),
        ("seller_id", seller.seller_id),
        ("marketplace", seller.marketplaces[0]),
        ("refresh_token", seller.refresh_token),
        ("confirm", "Shop"),
        ("scopes", "credential:issue"),
        ("networks", ""),
        ("connections", ""),
        ("days", "30"),
        ("query", ""),
    ];
    let _ = house;
    ids.chain(values.into_iter().map(|(name, value)| (name, value.to_owned()))).collect()
}

fn form(function: &Function, arguments: &BTreeMap<&'static str, String>) -> Vec<(String, String)> {
    let value = |name: &String| arguments.get(name.as_str()).unwrap_or_else(|| panic!("{}: nothing is known for {name}", function.name));
    let mut fields = Vec::new();
    for name in &function.arguments {
        let value = value(name).clone();
        match name.as_str() {
            "scopes" => fields.push(("scopes[]".to_owned(), value)),
            "connections" => {}
            "query" => fields.push(("query[action]".to_owned(), value)),
            _ => fields.push((name.clone(), value)),
        }
    }
    fields
}

fn borrowed(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

/// Every row of the tables that people change, as text.
async fn rows(house: &House) -> String {
    let db = house.stage.portal.db.reader();
    let tables = ["team", "member", "invitation", "lwa_app", "connection", "gateway", "gateway_connection", "gateway_key", "lease", "lock"];
    let mut all = String::new();
    for table in tables {
        let statement = Statement::from_string(db.get_database_backend(), format!("SELECT * FROM \"{table}\""));
        let mut found: Vec<String> = db.query_all_raw(statement).await.unwrap().iter().map(|row| format!("{row:?}")).collect();
        found.sort();
        all += &found.join("\n");
    }
    all
}

/// An answer without what differs from request to request.
async fn answer(response: reqwest::Response) -> (u16, String) {
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    let bare = serde_json::from_str::<Value>(&text).map(|mut value| {
        if let Some(fields) = value.as_object_mut() {
            fields.remove("instance");
        }
        value.to_string()
    });
    (status, bare.unwrap_or(text))
}

async fn ada(house: &House) -> Furnished {
    let ada = house.furnished("ada").await;
    let invited = "carol@example.com".parse().unwrap();
    let both = model::Environments::BOTH;
    let stepped_up = house.stage.stepped_up(&ada.owner);
    backend::teams::invite(&stepped_up, &ada.scope, &invited, model::Role::Auditor, both).await.unwrap();
    ada
}

on_both_databases!(nobody_reaches_anything_without_signing_in, async |stage: Stage| {
    let house = House::on(stage).await;
    let ada = ada(&house).await;
    let arguments = arguments(&house, &ada, true).await;
    let before = rows(&house).await;
    for function in functions().iter().filter(|f| !FOR_EVERYBODY.contains(&f.name.as_str())) {
        let fields = form(function, &arguments);
        let (status, body) = answer(Browser::new(&house).post(&function.name, &borrowed(&fields)).await).await;
        assert_eq!(status, 401, "{}: {body}", function.name);
    }
    assert_eq!(rows(&house).await, before);
});

on_both_databases!(another_teams_things_answer_as_things_that_do_not_exist, async |stage: Stage| {
    let house = House::on(stage).await;
    let ada = ada(&house).await;
    let mut bob = Browser::signed_in(&house, "bob@example.com").await;
    bob.post("create_team", &[("name", "Bobs")]).await;
    bob.step_up("bob@example.com").await;
    let (foreign, missing) = (arguments(&house, &ada, true).await, arguments(&house, &ada, false).await);
    let before = rows(&house).await;
    let swept: Vec<_> = functions().into_iter().filter(|f| !FOR_EVERYBODY.contains(&f.name.as_str()) && !ABOUT_ONESELF.contains(&f.name.as_str())).collect();
    assert!(swept.len() > 30, "the sweep walks them all");
    for function in &swept {
        let mut seen = Vec::new();
        for arguments in [&foreign, &missing] {
            let fields = form(function, arguments);
            seen.push(answer(bob.post(&function.name, &borrowed(&fields)).await).await);
        }
        assert_eq!(seen[0], seen[1], "{}", function.name);
        assert_eq!(seen[0].0, 404, "{}: {}", function.name, seen[0].1);
    }
    assert_eq!(rows(&house).await, before);
});

on_both_databases!(an_auditor_changes_nothing, async |stage: Stage| {
    let house = House::on(stage).await;
    let ada = ada(&house).await;
    let mut carol = Browser::signed_in(&house, "carol@example.com").await;
    let arguments = arguments(&house, &ada, true).await;
    carol.post("accept_invitation", &[("invitation", &arguments["invitation"])]).await;
    carol.step_up("carol@example.com").await;
    let before = rows(&house).await;
    const READS: [&str; 10] =
        ["connection", "connections", "gateway", "gateways", "log", "lwa_app", "lwa_apps", "read_overview", "read_people", "leave_team"];
    for function in functions().iter().filter(|f| f.takes("team") && f.name != "leave_team") {
        let fields = form(function, &arguments);
        let (status, body) = answer(carol.post(&function.name, &borrowed(&fields)).await).await;
        let expected = if READS.contains(&function.name.as_str()) { 200 } else { 403 };
        assert_eq!(status, expected, "{}: {body}", function.name);
    }
    assert_eq!(rows(&house).await, before);
});

on_both_databases!(a_request_from_another_site_changes_nothing, async |stage: Stage| {
    let house = House::on(stage).await;
    let ada = ada(&house).await;
    let mut own = Browser::signed_in(&house, "ada@example.com").await;
    own.step_up("ada@example.com").await;
    let arguments = arguments(&house, &ada, true).await;
    let before = rows(&house).await;
    let cases: [&[(&str, &str)]; 7] = [
        &[],
        &[("Sec-Fetch-Site", "cross-site")],
        &[("Sec-Fetch-Site", "same-site")],
        &[("Sec-Fetch-Site", "none")],
        &[("Origin", "https://evil.example")],
        &[("Origin", "null")],
        &[("Sec-Fetch-Site", "cross-site"), ("Origin", &house.url)],
    ];
    for function in functions() {
        let fields = form(&function, &arguments);
        for headers in cases {
            let mut request = own.request(Method::POST, &format!("/act/{}", function.name)).form(&fields);
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            assert_eq!(request.send().await.unwrap().status(), 403, "{} {headers:?}", function.name);
        }
        let got = own.request(Method::GET, &format!("/act/{}", function.name)).query(&fields).send().await.unwrap();
        assert_eq!((got.status().as_u16(), &got.headers()[header::LOCATION]), (303, &header::HeaderValue::from_static("/")), "{}", function.name);
    }
    assert_eq!(rows(&house).await, before);
});
