//! LWA apps: adding them, rotating their secrets without a gap, and what Amazon says about them.

use backend::{
    connections,
    connections::NewConnection,
    lwa_apps::{self, LwaAppError, NewLwaApp},
    store::lwa_app::LwaApp,
    vault::Place,
};
use chrono::Duration;
use model::{
    Environments, Role,
    audit::Action,
    ids::LwaAppId,
    lwa_app::{OLD_SECRET_LIFE, OtherSecret},
};
use sea_orm::ConnectionTrait;
use secrecy::SecretString;
use serde_json::{Value, json};
use server::simulator::{Fault, Part, known::SELLERS};

use crate::{
    browser::Browser,
    house::{Furnished, House, known_app, known_seller, new_app, new_connection, why},
    on_both_databases,
    support::{Stage, reveal},
};

/// A secret of the right shape that Amazon never made.
fn invented() -> SecretString {
    SecretString::from(format!("amzn1.oa2-cs.v1.{}", "0".repeat(64)))
}

async fn app(_house: &House, of: &Furnished) -> LwaApp {
    lwa_apps::get(&of.owner, &of.scope, of.app).await.unwrap()
}

/// What is sealed as the app's current secret.
async fn current(house: &House, of: &Furnished) -> String {
    let portal = &house.stage.portal;
    let place = Place { team: Some(of.team), table: "lwa_app", row: of.app.0, field: "secret" };
    let secret = portal.vault.open(portal.db.reader(), &place, &app(house, of).await.secret).await.unwrap();
    reveal(&secret).to_owned()
}

/// Amazon makes the next secret.
fn rotate(house: &House) -> SecretString {
    SecretString::from(house.simulator.rotate(known_app().client_id).unwrap())
}

async fn stage_secret(house: &House, of: &Furnished, secret: &SecretString) -> Result<bool, LwaAppError> {
    let owner = house.stage.stepped_up(&of.owner);
    lwa_apps::stage_secret(&owner, &of.scope, of.app, secret.clone(), owner.now()).await
}

async fn promote(house: &House, of: &Furnished) -> Result<(), LwaAppError> {
    lwa_apps::promote_secret(&house.stage.stepped_up(&of.owner), &of.scope, of.app).await
}

/// Asks for a credential; gives status, code and how often Amazon was asked for it.
async fn issue(house: &House, of: &Furnished, body: Value) -> (u16, String, u64) {
    let before = house.simulator.token_calls();
    let (status, answer) = house.issue(of, body).await;
    (status, answer["code"].as_str().unwrap_or_default().to_owned(), house.simulator.token_calls() - before)
}

/// Lets the cached token run out, and asks.
async fn issue_cold(house: &House, of: &Furnished) -> (u16, String, u64) {
    house.stage.advance(Duration::seconds(3570));
    issue(house, of, json!({})).await
}

fn ok(calls: u64) -> (u16, String, u64) {
    (200, String::new(), calls)
}

fn rejected(calls: u64) -> (u16, String, u64) {
    (409, "lwa-client-rejected".to_owned(), calls)
}

/// One more seller of the same app, on the gateway's list.
async fn connect_second(house: &House, of: &Furnished) -> model::ids::ConnectionId {
    let new = new_connection(of.app, &SELLERS[1]);
    let second = connections::create(&of.owner, &of.scope, new).await.unwrap();
    backend::gateways::set_connections(&house.stage.stepped_up(&of.owner), &of.scope, of.gateway, &[of.connection, second])
        .await
        .unwrap();
    second
}

on_both_databases!(a_secret_made_in_the_future_is_refused, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let owner = house.stage.person("bob").await;
    let team = house.stage.team(&owner, "Bob's").await;
    let scope = backend::access::enter(&owner, team, model::Permission::ManageLwaApps).await.unwrap();
    let later = owner.now() + Duration::microseconds(1);
    let created = lwa_apps::create(&owner, &scope, new_app(known_app(), later)).await;
    assert_eq!(why(created), "MadeInFuture");
    assert!(lwa_apps::list(&owner, &scope).await.unwrap().is_empty());
    lwa_apps::create(&owner, &scope, new_app(known_app(), owner.now())).await.unwrap();
    let stepped_up = house.stage.stepped_up(&of.owner);
    let staged = lwa_apps::stage_secret(&stepped_up, &of.scope, of.app, rotate(&house), later).await;
    assert_eq!(why(staged), "MadeInFuture");
    assert_eq!(app(&house, &of).await.other, OtherSecret::Empty);
});

on_both_databases!(a_client_id_stands_in_a_team_once, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let again = NewLwaApp { name: "The same again".parse().unwrap(), ..new_app(known_app(), of.owner.now()) };
    assert_eq!(why(lwa_apps::create(&of.owner, &of.scope, again).await), "ClientIdTaken");
    assert_eq!(lwa_apps::list(&of.owner, &of.scope).await.unwrap().len(), 1);
    // Another Team may use the same app.
    let other = house.furnished("bob").await;
    assert_eq!(app(&house, &other).await.client_id, known_app().client_id);
});

on_both_databases!(two_apps_of_one_moment_do_not_share_a_client_id, async |stage: Stage| {
    let house = House::on(stage).await;
    let owner = house.stage.person("ada").await;
    let team = house.stage.team(&owner, "Northwind").await;
    let scope = backend::access::enter(&owner, team, model::Permission::ManageLwaApps).await.unwrap();
    let create = || {
        let (owner, scope) = (owner.clone(), scope.clone());
        tokio::spawn(async move { lwa_apps::create(&owner, &scope, new_app(known_app(), owner.now())).await })
    };
    let (first, second) = tokio::join!(create(), create());
    let results: Vec<Result<LwaAppId, LwaAppError>> = vec![first.unwrap(), second.unwrap()];
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
    assert!(results.iter().any(|result| matches!(result, Err(LwaAppError::ClientIdTaken))), "{results:?}");
});

on_both_databases!(a_rotation_leaves_no_moment_without_a_secret_that_works, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let next = rotate(&house);
    assert!(stage_secret(&house, &of, &next).await.unwrap(), "proved with the connection that is there");
    assert_eq!(app(&house, &of).await.other, OtherSecret::Next { made_at: of.owner.now() });
    // Staged is not promoted: the old secret goes on being the one that is used, and Amazon takes it at once.
    assert_eq!(issue_cold(&house, &of).await, ok(1));
    assert_eq!(current(&house, &of).await, known_app().client_secret);

    promote(&house, &of).await.unwrap();
    let until = house.stage.portal.clock.now() + OLD_SECRET_LIFE;
    let promoted = app(&house, &of).await;
    assert_eq!(promoted.other, OtherSecret::Old { until });
    assert_eq!(promoted.secret_made_at, of.owner.now() - Duration::seconds(3570), "the 180 days begin when Amazon made it");
    assert_eq!(current(&house, &of).await, reveal(&next));
    assert_eq!(issue_cold(&house, &of).await, ok(1));
    for action in [Action::ClientSecretStaged, Action::ClientSecretPromoted] {
        assert_eq!(house.stage.events(&of.scope, action).await.len(), 1);
    }
});

on_both_databases!(a_staged_secret_is_used_when_amazon_has_forgotten_the_current_one, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    stage_secret(&house, &of, &rotate(&house)).await.unwrap();
    house.stage.advance(OLD_SECRET_LIFE);
    assert_eq!(issue_cold(&house, &of).await, ok(2));
    assert!(app(&house, &of).await.rejected.is_none());
});

on_both_databases!(for_seven_days_after_promoting_both_secrets_work_and_then_only_the_new_one, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    stage_secret(&house, &of, &rotate(&house)).await.unwrap();
    promote(&house, &of).await.unwrap();
    // A part of Amazon that has not heard of the new secret yet.
    house.simulator.fail(Part::Lwa, Fault::InvalidClient, 1);
    house.stage.advance(OLD_SECRET_LIFE - Duration::microseconds(1));
    assert_eq!(issue(&house, &of, json!({})).await, ok(2));
    house.stage.advance(Duration::microseconds(1));
    house.simulator.fail(Part::Lwa, Fault::InvalidClient, 1);
    assert_eq!(issue(&house, &of, json!({ "rejected_generation": 2 })).await, rejected(1));
});

on_both_databases!(a_wrong_secret_is_not_staged_while_a_grant_can_prove_it, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let before = app(&house, &of).await;
    let same = SecretString::from(known_app().client_secret);
    assert_eq!(why(stage_secret(&house, &of, &same).await), "SameSecret", "no rotation, whatever day somebody says");
    let refused = why(stage_secret(&house, &of, &invented()).await);
    assert_eq!(refused, "NotProved(Configuration { code: \"invalid_client\" })");
    house.simulator.fail(Part::Lwa, Fault::Status(503), 1);
    assert_eq!(why(stage_secret(&house, &of, &rotate(&house)).await), "NotProved(Unavailable)");
    let after = app(&house, &of).await;
    assert_eq!((after.other, after.version, after.secret), (OtherSecret::Empty, before.version, before.secret));
    assert!(after.other_secret.is_none() && after.rejected.is_none());
    assert!(house.stage.events(&of.scope, Action::ClientSecretStaged).await.is_empty());
});

on_both_databases!(a_withdrawn_grant_says_nothing_against_a_secret, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    house.simulator.revoke(known_seller().seller_id);
    let refused = why(stage_secret(&house, &of, &invented()).await);
    assert_eq!(refused, "NotProved(Configuration { code: \"invalid_client\" })");
    assert!(stage_secret(&house, &of, &rotate(&house)).await.unwrap());
});

on_both_databases!(without_a_grant_a_secret_is_staged_unproved, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let stepped_up = house.stage.stepped_up(&of.owner);
    connections::disconnect(&stepped_up, &of.scope, of.connection, "Shop").await.unwrap();
    let before = house.simulator.token_calls();
    assert!(!stage_secret(&house, &of, &invented()).await.unwrap(), "there was nothing to prove it with");
    assert_eq!(house.simulator.token_calls(), before);
    let event = &house.stage.events(&of.scope, Action::ClientSecretStaged).await[0];
    assert_eq!(event.details, json!({ "proved": false }).to_string());
});

on_both_databases!(a_second_next_secret_waits_until_the_first_is_promoted_or_dropped, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    assert_eq!(why(promote(&house, &of).await), "Rotation(NoNext)");
    let next = rotate(&house);
    stage_secret(&house, &of, &next).await.unwrap();
    assert_eq!(why(stage_secret(&house, &of, &next).await), "Rotation(NextStands)");
    lwa_apps::drop_other_secret(&house.stage.stepped_up(&of.owner), &of.scope, of.app).await.unwrap();
    let dropped = app(&house, &of).await;
    assert!(dropped.other == OtherSecret::Empty && dropped.other_secret.is_none());
    stage_secret(&house, &of, &next).await.unwrap();
    promote(&house, &of).await.unwrap();
    assert_eq!(why(promote(&house, &of).await), "Rotation(NoNext)");
});

on_both_databases!(of_two_promotions_at_once_one_holds, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let next = rotate(&house);
    stage_secret(&house, &of, &next).await.unwrap();
    let promote = || {
        let (owner, scope, app) = (house.stage.stepped_up(&of.owner), of.scope.clone(), of.app);
        tokio::spawn(async move { lwa_apps::promote_secret(&owner, &scope, app).await.is_ok() })
    };
    let (first, second) = tokio::join!(promote(), promote());
    assert!(first.unwrap() ^ second.unwrap(), "else the old secret would be lost");
    assert_eq!(current(&house, &of).await, reveal(&next));
    house.simulator.fail(Part::Lwa, Fault::InvalidClient, 1);
    assert_eq!(issue_cold(&house, &of).await, ok(2));
});

/// How often an address was told that Amazon refuses the app.
async fn told(house: &House, name: &str) -> usize {
    let mails = house.stage.mails_to(&format!("{name}@example.com")).await;
    mails.iter().filter(|mail| mail.subject.contains("Amazon refuses the LWA app")).count()
}

on_both_databases!(a_refused_app_is_marked_once_and_its_managers_are_told_once, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let second = connect_second(&house, &of).await;
    for (name, role) in [("olga", Role::Owner), ("anton", Role::Admin), ("oskar", Role::Operator), ("aud", Role::Auditor)] {
        house.member(&of, name, role, Environments::BOTH).await;
    }
    let stranger = house.furnished("eve").await;
    house.stage.advance(Duration::seconds(3570));
    house.simulator.fail(Part::Lwa, Fault::InvalidClient, 2);
    let ask = |connection| house.issue_at(&house.url, &of.secret, of.team, connection, json!({}));
    for (status, body) in futures::future::join_all([ask(of.connection), ask(second)]).await {
        assert_eq!((status, body["code"].as_str()), (409, Some("lwa-client-rejected")));
    }
    house.simulator.heal();
    let calls = house.simulator.token_calls();
    for connection in [of.connection, second] {
        assert_eq!(ask(connection).await.0, 409, "Amazon is left alone from now on");
    }
    assert_eq!(house.simulator.token_calls(), calls);

    let (since, code) = app(&house, &of).await.rejected.unwrap();
    assert_eq!((since, code.as_str()), (house.stage.portal.clock.now(), "invalid_client"));
    assert!(app(&house, &stranger).await.rejected.is_none(), "another Team's app is another app");
    assert_eq!(house.stage.events(&of.scope, Action::LwaAppRejected).await.len(), 1);
    let mut counts = Vec::new();
    for name in ["ada", "olga", "anton", "oskar", "aud", "eve"] {
        counts.push((name, told(&house, name).await));
    }
    assert_eq!(counts, [("ada", 1), ("olga", 1), ("anton", 1), ("oskar", 0), ("aud", 0), ("eve", 0)]);
});

/// Amazon has forgotten the app's secret, and a gateway has met that.
async fn forgotten(house: &House, of: &Furnished) -> SecretString {
    let next = rotate(house);
    house.stage.advance(OLD_SECRET_LIFE);
    assert_eq!(issue_cold(house, of).await, rejected(1));
    assert!(app(house, of).await.rejected.is_some());
    next
}

/// The mark is off, said once, and gateways are served again.
async fn assert_recovered(house: &House, of: &Furnished) {
    assert!(app(house, of).await.rejected.is_none(), "the mark is still there");
    assert_eq!(house.stage.events(&of.scope, Action::LwaAppRecovered).await.len(), 1);
    assert_eq!(issue_cold(house, of).await.0, 200);
}

on_both_databases!(a_promoted_secret_takes_the_mark_off, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let next = forgotten(&house, &of).await;
    stage_secret(&house, &of, &next).await.unwrap();
    assert!(app(&house, &of).await.rejected.is_some(), "until it is promoted");
    promote(&house, &of).await.unwrap();
    assert_recovered(&house, &of).await;
    // A later refusal is a new one.
    house.simulator.fail(Part::Lwa, Fault::UnauthorizedClient, 1);
    assert_eq!(issue_cold(&house, &of).await, rejected(1));
    assert_eq!(told(&house, "ada").await, 2);
});

/// Amazon refused the app for a moment, for a reason of its own.
async fn refused_for_a_moment(house: &House, of: &Furnished) {
    house.simulator.fail(Part::Lwa, Fault::UnauthorizedClient, 1);
    assert_eq!(issue_cold(house, of).await, rejected(1));
}

on_both_databases!(a_new_connection_that_amazon_accepts_takes_the_mark_off, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    refused_for_a_moment(&house, &of).await;
    connect_second(&house, &of).await;
    assert_recovered(&house, &of).await;
});

on_both_databases!(a_replaced_refresh_token_that_amazon_accepts_takes_the_mark_off, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    refused_for_a_moment(&house, &of).await;
    let NewConnection { refresh_token, .. } = new_connection(of.app, known_seller());
    connections::replace_refresh_token(&house.stage.stepped_up(&of.owner), &of.scope, of.connection, refresh_token)
        .await
        .unwrap();
    assert_recovered(&house, &of).await;
});

on_both_databases!(no_secret_stands_in_the_database_in_clear, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let next = rotate(&house);
    stage_secret(&house, &of, &next).await.unwrap();
    house.stage.advance(Duration::seconds(3570));
    let (_, body) = house.issue(&of, json!({})).await;
    let access_token = body["credential"]["value"].as_str().unwrap();
    promote(&house, &of).await.unwrap();
    for (what, secret) in [
        ("the old client secret", known_app().client_secret),
        ("the new client secret", reveal(&next)),
        ("the refresh token", known_seller().refresh_token),
        ("the access token", access_token),
        ("the gateway key", &*of.secret),
    ] {
        assert!(!house.stage.database_holds(secret.as_bytes()).await, "{what}");
    }
    // The search finds what is there: words, and bytes.
    assert!(house.stage.database_holds(known_app().client_id.as_bytes()).await);
    assert!(house.stage.database_holds(&app(&house, &of).await.secret.0).await);
});

on_both_databases!(an_app_is_removed_once_it_serves_nothing_and_its_secrets_are_gone, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let owner = house.stage.stepped_up(&of.owner);
    let remove = async |typed: &str| lwa_apps::remove(&owner, &of.scope, of.app, typed).await;
    assert_eq!(why(remove("Our apps").await), "NameDiffers");
    assert_eq!(why(remove("Our app").await), "InUse");
    connections::disconnect(&owner, &of.scope, of.connection, "Shop").await.unwrap();
    remove("Our app").await.unwrap();
    assert_eq!(why(lwa_apps::get(&owner, &of.scope, of.app).await), "NotFound");
    assert!(lwa_apps::list(&owner, &of.scope).await.unwrap().is_empty());
    let db = house.stage.portal.db.reader();
    let row = sea_orm::Statement::from_string(db.get_database_backend(), "SELECT secret, other_secret FROM lwa_app");
    let row = db.query_one_raw(row).await.unwrap().unwrap();
    assert!(row.try_get::<Vec<u8>>("", "secret").unwrap().is_empty());
    assert_eq!(row.try_get::<Option<Vec<u8>>>("", "other_secret").unwrap(), None);
    // The page of what it once served still names it, and the client id is free.
    let mut browser = Browser::signed_in_later(&house, "ada@example.com").await;
    let page = browser.get(&format!("/teams/{}/connections/{}", of.team, of.connection)).await;
    assert_eq!(page.status(), 200);
    assert!(page.text().await.unwrap().contains("Our app"));
    let list = browser.get(&format!("/teams/{}/connections", of.team)).await.text().await.unwrap();
    assert!(list.contains("Our app"));
    let anew = house.app(&of.owner, &of.scope).await;
    assert_ne!(anew, of.app);
    let gone = connections::create(&of.owner, &of.scope, new_connection(of.app, known_seller())).await;
    assert_eq!(why(gone), "NoSuchApp");
});
