//! A Team, and all that its people do with secrets.

use backend::{access, vault::Place};
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::Duration;
use model::{
    Permission,
    ids::{ConnectionId, TeamId},
};
use reqwest::header;
use serde_json::Value;

use crate::{
    browser::Browser,
    house::{Furnished, known_app, known_seller},
    registry::{Things, address, files, form, functions, other_seller, pages},
    support::reveal,
    tenancy::files::{address_of, request},
};

use super::*;

/// Puts the keys' file into the cage: every line of it.
pub(super) fn keys(walk: &mut Walk<'_>) {
    let file = std::fs::read_to_string(walk.house.stage.folder.join("keys")).unwrap();
    let mut count = 0;
    for (name, value) in file.lines().filter_map(|line| line.split_once(" = ")) {
        if let Ok(bytes) = STANDARD.decode(value)
            && bytes.len() >= 32
        {
            let name = format!("key {}", name.split('.').next().unwrap());
            walk.cage.add(&name, bytes);
            walk.cage.used(&name);
            count += 1;
        }
    }
    assert_eq!(count, 3, "{file}");
}

/// A Team and all that its people and gateways do with secrets.
pub(super) async fn life(walk: &mut Walk<'_>) {
    let house = walk.house;
    let email = "ada@example.com";
    let person = house.stage.person("ada").await;
    house.stage.advance(Duration::seconds(61));

    // Signing in.
    let mut ada = Browser::new(house);
    let asked = ada.post("ask_code", &[("email", email)]).await;
    walk.cookie(&ada, "cookie of a waiting browser");
    walk.done("ask_code", asked, &["cookie of a waiting browser"]).await;
    let code = house.stage.code_for(email).await;
    walk.cage.add("sign-in code", &code);
    let page = ada.get("/sign-in/code").await;
    walk.done("the code page", page, &[]).await;
    let wrong = ada.post("sign_in", &[("code", "1234 567")]).await;
    walk.note("sign_in with a part of a code", wrong, &[]).await;
    let signed_in = ada.post("sign_in", &[("code", &code)]).await;
    walk.cookie(&ada, "cookie of a session");
    walk.done("sign_in", signed_in, &["cookie of a session"]).await;
    walk.cage.used("sign-in code");
    let again = ada.submit("sign_in", &[("code", &code), ("page", "/sign-in/code")]).await;
    walk.note("sign_in with a used code", again, &[]).await;
    house.stage.advance(Duration::seconds(1));
    let asked = ada.post("ask_confirmation", &[]).await;
    walk.cookie(&ada, "cookie of a waiting session");
    walk.done("ask_confirmation", asked, &["cookie of a waiting session"]).await;
    let code = house.stage.code_for(email).await;
    walk.cage.add("confirmation code", &code);
    let confirmed = ada.post("confirm", &[("code", &code)]).await;
    walk.cookie(&ada, "cookie after a confirmation");
    walk.done("confirm", confirmed, &["cookie after a confirmation"]).await;
    walk.cage.used("confirmation code");

    // An app, whose secret nobody else's test knows, and a seller's consent.
    let client_id = known_app().client_id;
    let secret = house.simulator.rotate(client_id).unwrap();
    walk.cage.add("client secret", &secret);
    let created = ada.post("create_team", &[("name", "Team of canaries")]).await;
    let team = id(&walk.done("create_team", created, &[]).await);
    let app = [
        ("team", &*team),
        ("name", "Our app"),
        ("environment", "production"),
        ("client_id", client_id),
        ("client_secret", &secret),
        ("application_id", known_app().application_id),
    ];
    let created = ada.post("create_lwa_app", &app).await;
    let app_id = id(&walk.done("create_lwa_app", created, &[]).await);
    let taken = ada.submit("create_lwa_app", &[&app[..], &[("page", "/account")]].concat()).await;
    assert_eq!(taken.status(), 422);
    walk.note("create_lwa_app twice", taken, &[]).await;
    let fields = [("team", &*team), ("name", "Shop"), ("lwa_app", &*app_id), ("marketplace", "DE")];
    let started = ada.post("start_consent", &fields).await;
    let amazon = started.headers()[header::LOCATION].to_str().unwrap().to_owned();
    walk.done("start_consent", started, &["consent state"]).await;
    let back = house.answer_consent(&amazon, known_seller().seller_id).await;
    let returned = url::Url::parse(&format!("http://portal{back}")).unwrap();
    let parameter = |name: &str| returned.query_pairs().find(|(found, _)| found == name).unwrap().1.into_owned();
    walk.cage.add("consent state", parameter("state"));
    walk.cage.add("consent code", parameter("spapi_oauth_code"));
    let finished = ada.get(&back).await;
    let connected = finished.headers()[header::LOCATION].to_str().unwrap().to_owned();
    walk.done("the return from Amazon", finished, &[]).await;
    walk.cage.used("client secret");
    walk.cage.used("consent code");
    let again = ada.get(&back).await;
    assert_eq!(again.status(), 422);
    walk.note("the return once more", again, &[]).await;
    let led = Browser::new(house).get(&back).await;
    walk.note("the return of nobody", led, &[]).await;

    // The tokens, as they lie sealed.
    let team_id: TeamId = team.parse().unwrap();
    let connection_id: ConnectionId = connected.rsplit('/').next().unwrap().parse().unwrap();
    let connection = connection_id.to_string();
    let scope = access::enter(&person, team_id, Permission::ViewTeam).await.unwrap();
    let stored = backend::connections::get(&person, &scope, connection_id).await.unwrap();
    let place = |field| Place { team: Some(team_id), table: "connection", row: connection_id.0, field };
    let (vault, db) = (&house.stage.portal.vault, house.stage.portal.db.reader());
    let refresh_token = vault.open(db, &place("refresh_token"), &stored.refresh_token.unwrap()).await.unwrap();
    let access_token = vault.open(db, &place("access_token"), &stored.access.unwrap().token).await.unwrap();
    let refresh_token = reveal(&refresh_token).to_owned();
    walk.cage.add("refresh token", &refresh_token);
    walk.cage.add("access token", reveal(&access_token));

    // The next client secret.
    let next = house.simulator.rotate(client_id).unwrap();
    walk.cage.add("next client secret", &next);
    let app = [("team", &*team), ("app", &*app_id)];
    let staged = ada.post("stage_secret", &[&app[..], &[("client_secret", &next)]].concat()).await;
    assert_eq!(walk.done("stage_secret", staged, &[]).await, "true", "it was proved");
    walk.cage.used("next client secret");
    let promoted = ada.post("promote_secret", &app).await;
    walk.done("promote_secret", promoted, &[]).await;
    walk.cage.add("refused client secret", format!("amzn1.oa2-cs.v1.{}", "f00dcafe".repeat(8)));
    let refused = format!("amzn1.oa2-cs.v1.{}", "f00dcafe".repeat(8));
    let dropped = ada.post("drop_other_secret", &app).await;
    walk.done("drop_other_secret", dropped, &[]).await;
    let staged =
        ada.submit("stage_secret", &[&app[..], &[("client_secret", &refused), ("page", "/account")]].concat()).await;
    assert_eq!(staged.status(), 422);
    walk.note("stage_secret with a wrong one", staged, &[]).await;
    walk.cage.used("refused client secret");

    // A refresh token that is pasted, and one that Amazon refuses.
    let replace = [("team", &*team), ("connection", &*connection)];
    let replaced = ada.post("replace_refresh_token", &[&replace[..], &[("refresh_token", &refresh_token)]].concat()).await;
    walk.done("replace_refresh_token", replaced, &[]).await;
    walk.cage.used("refresh token");
    let refused = format!("Atzr|IwEBI{}", "Q7zKx2".repeat(20));
    walk.cage.add("refused refresh token", &refused);
    for function in ["replace_refresh_token", "create_connection"] {
        let fields = [
            ("team", &*team),
            ("connection", &*connection),
            ("name", "Shop 2"),
            ("lwa_app", &*app_id),
            ("seller_id", other_seller().seller_id),
            ("marketplace", "US"),
            ("refresh_token", &refused),
            ("page", "/account"),
        ];
        let answered = ada.submit(function, &fields).await;
        assert_eq!(answered.status(), 422, "{function}");
        walk.note(format!("{function} with a refused token"), answered, &[]).await;
        let answered = ada.post(function, &fields).await;
        walk.note(format!("{function} with a refused token"), answered, &[]).await;
    }
    walk.cage.used("refused refresh token");

    ads::advertise(walk, &mut ada, &person, &scope).await;

    // A gateway with two keys: one shown to a script, one to a plain form.
    let fields = [("team", &*team), ("name", "orders-sync"), ("environment", "production")];
    let scopes =
        ["connection:status", "credential:issue", "credential:force", "feedback:write"].map(|scope| ("scopes[]", scope));
    let created = ada.post("create_gateway", &[&fields[..], &scopes].concat()).await;
    let gateway = id(&walk.done("create_gateway", created, &[]).await);
    let own = [("team", &*team), ("gateway", &*gateway)];
    let allowed = ada.post("set_gateway_connections", &[&own[..], &[("connections[]", &connection)]].concat()).await;
    walk.done("set_gateway_connections", allowed, &[]).await;
    let made = ada.post("create_gateway_key", &[&own[..], &[("days", "30")]].concat()).await;
    let made: Value = serde_json::from_str(&walk.done("create_gateway_key", made, &["gateway key"]).await).unwrap();
    let key = made["secret"].as_str().unwrap().to_owned();
    // Its last part is the secret; the id before it is in many places.
    walk.cage.add("gateway key", &key[key.len() - 43..]);
    let page = format!("/teams/{team}/gateways/{gateway}");
    let shown = ada.submit("create_gateway_key", &[&own[..], &[("days", "7"), ("page", &page)]].concat()).await;
    let shown = walk.done("create_gateway_key as a plain form", shown, &["gateway key of a plain form"]).await;
    let plain = shown
        .split("ptl_gw_")
        .map(|rest| rest.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect::<String>());
    let plain = plain
        .filter_map(|key| key.split_once('_').map(|(_, secret)| secret.to_owned()))
        .find(|key| key.len() == 43)
        .unwrap();
    walk.cage.add("gateway key of a plain form", plain);

    // A gateway's webhook, with two secrets; and a key that signs notifications.
    for (name, secret) in [
        ("webhook secret", "whsec_Y2FuYXJ5IG9mIGEgd2ViaG9vaywgb2xk"),
        ("next webhook secret", "whsec_Y2FuYXJ5IG9mIGEgd2ViaG9vaywgbmV3"),
    ] {
        walk.cage.add(name, &secret["whsec_".len()..]);
    }
    let hook = [("url", "http://127.0.0.1:9/hook"), ("webhook_secret", "whsec_Y2FuYXJ5IG9mIGEgd2ViaG9vaywgb2xk")];
    let set = ada.post("set_gateway_webhook", &[&own[..], &hook].concat()).await;
    walk.done("set_gateway_webhook", set, &[]).await;
    walk.cage.used("webhook secret");
    let hooks = ada.post("gateway_webhook", &own).await;
    let hooks: Value = serde_json::from_str(&walk.done("gateway_webhook", hooks, &[]).await).unwrap();
    let hook = [("team", &*team), ("webhook", hooks["present"]["id"].as_str().unwrap())];
    let next = [("webhook_secret", "whsec_Y2FuYXJ5IG9mIGEgd2ViaG9vaywgbmV3")];
    let rotated = ada.post("rotate_webhook", &[&hook[..], &next].concat()).await;
    walk.done("rotate_webhook", rotated, &[]).await;
    walk.cage.used("next webhook secret");
    let tried = ada.post("send_test_message", &hook).await;
    walk.done("send_test_message", tried, &[]).await;
    let shown_key = ada.post("create_notification_key", &replace).await;
    let made_key = walk.done("create_notification_key", shown_key, &["notification key"]).await;
    let made_key: Value = serde_json::from_str(&made_key).unwrap();
    let signing = made_key["secret"].as_str().unwrap().to_owned();
    walk.cage.add("notification key", &signing["whsec_".len()..]);
    let now = house.stage.portal.clock.now();
    let told = crate::notifications::message(&signing, "msg_1", now, &crate::notifications::offer("n-1", now));
    let told = crate::notifications::request(house, &connection, &told).send().await.unwrap();
    assert_eq!(told.status(), 204);
    walk.note("a notification", told, &[]).await;
    walk.cage.used("notification key");

    // What lets support look in.
    let support = house.stage.person("support").await;
    let asked = house.asks_to_look(team.parse().unwrap(), support.signed_in().unwrap()).await.to_string();
    let approve = [("team", &*team), ("impersonation", &*asked)];
    let told = ada.post("approve_impersonation", &approve).await;
    let told = walk.done("approve_impersonation", told, &["impersonation code"]).await;
    let told: Value = serde_json::from_str(&told).unwrap();
    walk.cage.add("impersonation code", told["code"].as_str().unwrap());

    // Everything else that a Team may have.
    let of = Furnished {
        owner: person.clone(),
        scope: scope.clone(),
        team: team_id,
        app: app_id.parse().unwrap(),
        connection: connection_id,
        gateway: gateway.parse().unwrap(),
        key: made["key"].as_str().unwrap().parse().unwrap(),
        secret: key.clone(),
    };
    let own = house.things(&of).await;
    things_of_gateways(walk, &key, &own).await;

    // Hours have passed.
    let mut ada = Browser::confirmed(house, email).await;
    house.sequence().await;
    // A choice stands open for a short time.
    let ads = house.ads_app(&of).await;
    let own = Things { choice: house.profiles(&of, ads).await.to_string(), ..own };
    // Every page and every reading function, for its person and for nobody.
    for page in pages() {
        let path = address(&page, &own);
        let seen = ada.get(&path).await;
        // They are there to be seen; who is signed in is led away from where one signs in.
        let is_there = seen.status() == 200 || seen.status().is_redirection() || !page.starts_with("/teams/");
        assert!(is_there, "{page}: {}", seen.status());
        walk.note(format!("page {page}"), seen, &[]).await;
        let seen = Browser::new(house).get(&path).await;
        walk.note(format!("page {page} for nobody"), seen, &[]).await;
    }
    for (method, route) in files().into_iter().filter(|(_, path)| path.starts_with("/teams/")) {
        let path = address_of(&route, |name| own.named(name).unwrap().to_owned());
        let left = request(&ada, &method, &path).send().await.unwrap();
        // What is taken in leads back to its page, and no piece has that id.
        let expected = match (method.as_str(), route.contains("{evidence}"), route.ends_with("/evidence")) {
            (_, true, _) => 404,
            (_, _, true) => 303,
            _ => 200,
        };
        assert_eq!(left.status(), expected, "{method} {route}");
        walk.note(format!("file {route}"), left, &[]).await;
    }
    for path in ["/nowhere", "/pkg/portal-0.css", "/gateway-api", "/theme"] {
        let seen = ada.get(path).await;
        walk.note(path, seen, &[]).await;
    }
    for function in functions().iter().filter(|function| {
        !["sign_out", "revoke_other_sessions", "ask_confirmation", "create_gateway_key"].contains(&&*function.name)
    }) {
        let nobody = Things { team: own.team.clone(), ..Things::nobodys() };
        for things in [&nobody, &own] {
            // What changes something meets nobody's things; what reads meets its own.
            let changes =
                function.permission.is_some_and(|needs| ![Permission::ViewTeam, Permission::ViewLog].contains(&needs));
            if function.name != "leave_team" && !(changes && std::ptr::eq(things, &own)) {
                let answered = ada.call(&function.name, &form(function, |_| things)).await;
                walk.note(format!("server function {}", function.name), answered, &[]).await;
            }
        }
    }

    broken(walk, &mut ada, &team, &app_id, &refused, &key, &connection).await;
    let gone = ada.post("disconnect", &[("team", &*team), ("connection", &*connection), ("confirm", "Shop")]).await;
    walk.done("disconnect", gone, &[]).await;
    let out = ada.post("sign_out", &[]).await;
    walk.done("sign_out", out, &[]).await;
}
