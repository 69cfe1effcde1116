//! The seller's consent at Amazon.

use backend::{
    Actor, Cx,
    connections::{self, CONSENT_LIFE, ConnectionError, Returned},
    cx::SignedIn,
    gateways, lwa_apps,
    store::connection::Connection,
    teams,
};
use chrono::Duration;
use model::{
    Environments, Permission, Problem, ProblemCode, Role,
    amazon::Marketplace,
    audit::Action,
    connection::{ConnectionAct, ConnectionState, SellerIdSource},
    ids::ConnectionId,
};
use secrecy::SecretString;
use serde_json::json;
use server::simulator::{
    Fault, Part,
    known::{APPS, SELLERS},
};
use url::Url;

use crate::{
    house::{Furnished, House, new_app, why},
    on_both_databases,
    support::Stage,
};

use super::*;

/// Sets out to connect a seller of Germany.
async fn start(cx: &Cx, of: &Furnished, existing: Option<ConnectionId>) -> Url {
    let scope = backend::access::enter(cx, of.team, Permission::ManageConnections).await.unwrap();
    let marketplace = Marketplace::by_code("DE").unwrap();
    connections::start_consent(cx, &scope, of.app, "Consented".parse().unwrap(), marketplace, existing).await.unwrap()
}

/// The seller reads Amazon's page and chooses, nobody by an empty id; gives what the browser is sent back with.
async fn choose(house: &House, page: &Url, seller_id: &str) -> String {
    let shown = house.http.get(page.clone()).send().await.unwrap();
    assert_eq!(shown.status(), 200);
    let html = shown.text().await.unwrap();
    assert!(html.contains("Lighthouse") && html.contains(seller_id), "{html}");
    let back = house.answer_consent(page.as_str(), seller_id).await;
    assert!(back.starts_with("/consent/return?"), "{back}");
    back
}

fn returned(back: &str) -> Returned {
    let url = Url::parse("http://localhost").unwrap().join(back).unwrap();
    let find = |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    Returned {
        state: find("state").unwrap(),
        selling_partner_id: find("selling_partner_id"),
        code: find("spapi_oauth_code").map(SecretString::from),
    }
}

async fn finish(cx: &Cx, back: &str) -> Result<ConnectionId, ConnectionError> {
    connections::finish_consent(cx, returned(back)).await.map(|(_, id)| id).map_err(|ended| ended.error)
}

/// A Team whose first connection is a seller of America, so that Germany is free.
async fn furnished_for_consent(house: &House) -> Furnished {
    let of = house.furnished("ada").await;
    connections::disconnect(&house.stage.stepped_up(&of.owner), &of.scope, of.connection, "Shop").await.unwrap();
    of
}

async fn living(of: &Furnished) -> Vec<Connection> {
    let all = connections::list(&of.owner, &of.scope).await.unwrap();
    all.into_iter().filter(|connection| connection.state != ConnectionState::Disconnected).collect()
}

on_both_databases!(a_consent_at_amazon_connects_the_seller_whom_amazon_names, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = furnished_for_consent(&house).await;
    let page = start(&of.owner, &of, None).await;
    assert_eq!(page.query_pairs().find(|(key, _)| key == "application_id").unwrap().1, APPS[0].application_id);
    let state = page.query_pairs().find(|(key, _)| key == "state").unwrap().1.into_owned();
    assert!(state.len() >= 43 && !house.stage.database_holds(state.as_bytes()).await, "it is stored hashed");
    let back = choose(&house, &page, SELLERS[0].seller_id).await;
    let (team, id) = connections::finish_consent(&of.owner, returned(&back)).await.unwrap();
    assert_eq!(team, of.team);
    let connected = connections::get(&of.owner, &of.scope, id).await.unwrap();
    assert_eq!((connected.seller_id.as_str(), connected.seller_id_source), (SELLERS[0].seller_id, SellerIdSource::Amazon));
    assert_eq!((connected.name.as_str(), connected.state), ("Consented", ConnectionState::Active));
    let event = house.stage.events(&of.scope, Action::ConnectionCreated).await.remove(0);
    assert!(event.details.contains(r#""seller_id_from":"amazon""#), "{}", event.details);
    assert_eq!(house.stage.events(&of.scope, Action::ConsentStarted).await.len(), 1);
    // It serves, and is refreshed with the token that came with the consent.
    gateways::set_connections(&house.stage.stepped_up(&of.owner), &of.scope, of.gateway, &[id]).await.unwrap();
    house.stage.advance(Duration::seconds(3570));
    let (status, body) = house.issue_at(&house.url, &of.secret, of.team, id, json!({})).await;
    assert_eq!((status, body["generation"].as_i64()), (200, Some(2)));
});

on_both_databases!(a_state_is_used_once_however_many_come_back_with_it, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = furnished_for_consent(&house).await;
    let page = start(&of.owner, &of, None).await;
    let back = choose(&house, &page, SELLERS[0].seller_id).await;
    let tries = futures::future::join_all((0..8).map(|_| {
        let (owner, back) = (of.owner.clone(), back.clone());
        tokio::spawn(async move { finish(&owner, &back).await })
    }));
    let results: Vec<_> = tries.await.into_iter().map(|result| result.unwrap()).collect();
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
    let over = results.iter().filter(|result| matches!(result, Err(ConnectionError::ConsentOver))).count();
    assert_eq!((over, living(&of).await.len()), (7, 1), "{results:?}");
    assert_eq!(why(finish(&of.owner, &back).await), "ConsentOver");
});

on_both_databases!(a_state_waits_half_an_hour, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = furnished_for_consent(&house).await;
    assert_eq!(CONSENT_LIFE, Duration::minutes(30));
    let (early, late) = (start(&of.owner, &of, None).await, start(&of.owner, &of, None).await);
    house.stage.advance(CONSENT_LIFE - Duration::microseconds(1));
    let (early, late) =
        (choose(&house, &early, SELLERS[0].seller_id).await, choose(&house, &late, SELLERS[0].seller_id).await);
    finish(&of.owner, &early).await.unwrap();
    house.stage.advance(Duration::microseconds(1));
    let over = finish(&of.owner, &late).await.unwrap_err();
    assert!(matches!(over, ConnectionError::ConsentOver), "{over:?}");
    assert!(words(&over).contains("Start again"), "{}", words(&over));
    assert_eq!(why(finish(&of.owner, "/consent/return?state=invented").await), "ConsentOver");
});

on_both_databases!(a_state_belongs_to_the_session_that_set_out, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = furnished_for_consent(&house).await;
    let bob = house.member(&of, "bob", Role::Admin, Environments::BOTH).await;
    let page = start(&of.owner, &of, None).await;
    let session = house.another_session(&of.owner).await;
    let person = of.owner.signed_in().unwrap().clone();
    let elsewhere = Cx { actor: Actor::User(SignedIn { session, ..person }), ..of.owner.clone() };
    let back = choose(&house, &page, SELLERS[0].seller_id).await;
    for other in [&elsewhere, &bob] {
        assert_eq!(why(finish(other, &back).await), "ConsentOver");
    }
    assert_eq!(why(finish(&house.stage.visitor("192.0.2.1"), &back).await), "Access(SignInRequired)");
    assert!(living(&of).await.is_empty());
    finish(&of.owner, &back).await.unwrap();
});

on_both_databases!(a_seller_who_says_no_leaves_nothing, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = furnished_for_consent(&house).await;
    let before = house.simulator.token_calls();
    let page = start(&of.owner, &of, None).await;
    let back = choose(&house, &page, "").await;
    let denied = finish(&of.owner, &back).await.unwrap_err();
    assert!(matches!(denied, ConnectionError::ConsentDenied), "{denied:?}");
    assert_eq!(Problem::from(&denied).code, ProblemCode::ProofFailed);
    assert!(words(&denied).contains("did not agree") && words(&denied).contains("Nothing was stored"));
    assert_eq!((living(&of).await.len(), house.simulator.token_calls()), (0, before));
    assert_eq!(why(finish(&of.owner, &back).await), "ConsentOver", "the state is spent");
});

on_both_databases!(a_consent_that_fails_at_its_proof_stores_nothing, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = furnished_for_consent(&house).await;
    for (part, fault, word) in [
        (Part::Lwa, Fault::InvalidClient, "invalid_client"),
        (Part::Lwa, Fault::Cut, "unavailable"),
        (Part::Lwa, Fault::MissingRefreshToken, "bad_response"),
        (Part::SpApi, Fault::AccessDenied, "access_denied"),
        (Part::SpApi, Fault::SecretExpired, "client_secret_expired"),
    ] {
        house.stage.advance(Duration::seconds(1));
        let page = start(&of.owner, &of, None).await;
        let back = choose(&house, &page, SELLERS[0].seller_id).await;
        house.simulator.fail(part, fault, 1);
        let failed = finish(&of.owner, &back).await;
        assert!(matches!(failed, Err(ConnectionError::NotProved(_))), "{word}: {failed:?}");
        let event = house.stage.events(&of.scope, Action::ConnectionProofFailed).await.remove(0);
        assert_eq!(event.reason.as_deref(), Some(word));
        assert_eq!(why(finish(&of.owner, &back).await), "ConsentOver", "the state is spent");
        assert!(living(&of).await.is_empty());
    }
    // Amazon's code lives five minutes.
    let page = start(&of.owner, &of, None).await;
    let back = choose(&house, &page, SELLERS[0].seller_id).await;
    house.stage.advance(Duration::minutes(5));
    assert_eq!(why(finish(&of.owner, &back).await), "NotProved(Lwa(Permanent))");
    // A seller who agreed, but does not sell in the chosen marketplace.
    let page = start(&of.owner, &of, None).await;
    let back = choose(&house, &page, SELLERS[1].seller_id).await;
    assert!(words(&finish(&of.owner, &back).await.unwrap_err()).contains("It sells in: US, CA, MX."));
    assert!(living(&of).await.is_empty());
});

on_both_databases!(an_app_without_an_application_id_cannot_ask_for_consent, async |stage: Stage| {
    let house = House::on(stage).await;
    let owner = house.stage.person("ada").await;
    let team = house.stage.team(&owner, "Northwind").await;
    let scope = backend::access::enter(&owner, team, Permission::ManageConnections).await.unwrap();
    let mut new = new_app(&APPS[0], owner.now());
    new.application_id = None;
    let app = lwa_apps::create(&owner, &scope, new).await.unwrap();
    let marketplace = Marketplace::by_code("DE").unwrap();
    let consent = || connections::start_consent(&owner, &scope, app, "Mine".parse().unwrap(), marketplace, None);
    assert!(words(&consent().await.unwrap_err()).contains("add it to the app first"));
    let application = APPS[0].application_id.parse().unwrap();
    lwa_apps::change(&house.stage.stepped_up(&owner), &scope, app, "Renamed".parse().unwrap(), Some(application), true)
        .await
        .unwrap();
    assert!(consent().await.unwrap().as_str().contains("version=beta"), "a draft's own address");
    assert_eq!(house.stage.events(&scope, Action::LwaAppChanged).await.len(), 1);
});

on_both_databases!(a_connection_is_authorized_again_by_its_own_seller_only, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    act(&house, &of, ConnectionAct::GrantRefused).await.unwrap();
    let before = get(&of).await;
    let page = start(&of.owner, &of, Some(of.connection)).await;
    let back = other_seller_agrees(&house, &page).await;
    let refused = finish(&of.owner, &back).await.unwrap_err();
    assert!(matches!(refused, ConnectionError::OtherSeller), "{refused:?}");
    assert!(words(&refused).contains("Sign in to Seller Central as the right one"), "{}", words(&refused));
    let after = get(&of).await;
    assert_eq!((after.version, after.state, after.refresh_token), (before.version, before.state, before.refresh_token));

    let page = start(&of.owner, &of, Some(of.connection)).await;
    let back = choose(&house, &page, SELLERS[0].seller_id).await;
    assert_eq!(finish(&of.owner, &back).await.unwrap(), of.connection);
    let again = get(&of).await;
    assert_eq!((again.state, again.access.unwrap().cached.generation), (ConnectionState::Active, 2));
    assert_eq!((again.authorized_at, again.failure), (of.owner.now(), None));
    assert_eq!(house.issue(&of, json!({})).await.0, 200);
});

/// Another seller of the same marketplace: the simulator has none, so its id stands for one.
async fn other_seller_agrees(house: &House, page: &Url) -> String {
    choose(house, page, SELLERS[0].seller_id).await.replace(SELLERS[0].seller_id, "A2ANOTHERSHOP1")
}

on_both_databases!(a_seller_who_authorizes_again_at_amazon_is_declared_no_more, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    assert_eq!(get(&of).await.seller_id_source, SellerIdSource::Declared);
    let page = start(&of.owner, &of, Some(of.connection)).await;
    let back = choose(&house, &page, SELLERS[0].seller_id).await;
    finish(&of.owner, &back).await.unwrap();
    assert_eq!(get(&of).await.seller_id_source, SellerIdSource::Amazon);
});

on_both_databases!(a_consent_that_amazon_accepts_takes_the_mark_off_the_app, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    house.stage.advance(Duration::seconds(3570));
    house.simulator.fail(Part::Lwa, Fault::UnauthorizedClient, 1);
    assert_eq!(house.issue(&of, json!({})).await.1["code"], "lwa-client-rejected");
    let page = start(&of.owner, &of, Some(of.connection)).await;
    let back = choose(&house, &page, SELLERS[0].seller_id).await;
    finish(&of.owner, &back).await.unwrap();
    assert!(lwa_apps::get(&of.owner, &of.scope, of.app).await.unwrap().rejected.is_none());
    house.stage.advance(Duration::seconds(3570));
    assert_eq!(house.issue(&of, json!({})).await.0, 200);
});

on_both_databases!(a_consent_works_with_the_next_secret_when_amazon_has_forgotten_the_current_one, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let next = SecretString::from(house.simulator.rotate(APPS[0].client_id).unwrap());
    let stepped_up = house.stage.stepped_up(&of.owner);
    lwa_apps::stage_secret(&stepped_up, &of.scope, of.app, next, of.owner.now()).await.unwrap();
    house.stage.advance(model::lwa_app::OLD_SECRET_LIFE);
    // Refreshing does, so asking for consent does too.
    assert_eq!(house.issue(&of, json!({})).await.0, 200);
    let page = start(&of.owner, &of, Some(of.connection)).await;
    let back = choose(&house, &page, SELLERS[0].seller_id).await;
    finish(&of.owner, &back).await.unwrap();
});

on_both_databases!(who_lost_the_role_or_the_environment_meanwhile_finishes_no_consent, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = furnished_for_consent(&house).await;
    let changes = [
        ("bob", Role::Auditor, Environments::BOTH, "Access(NotPermitted(ManageConnections))"),
        ("carol", Role::Operator, SANDBOX, "Access(EnvironmentClosed(Production))"),
    ];
    for (name, role, environments, refusal) in changes {
        let person = house.member(&of, name, Role::Operator, PRODUCTION).await;
        let page = start(&person, &of, None).await;
        let back = choose(&house, &page, SELLERS[0].seller_id).await;
        let owner = house.stage.stepped_up(&of.owner);
        teams::change_member(&owner, &of.scope, person.signed_in().unwrap().user, role, environments).await.unwrap();
        assert_eq!(why(finish(&person, &back).await), refusal, "{name}");
        assert!(living(&of).await.is_empty(), "{name}");
    }
});

on_both_databases!(a_connection_of_another_team_is_not_authorized_again, async |stage: Stage| {
    let house = House::on(stage).await;
    let (of, other) = (house.furnished("ada").await, house.furnished("bob").await);
    let before = get(&other).await;
    let marketplace = Marketplace::by_code("DE").unwrap();
    let name = "Mine".parse().unwrap();
    let started = connections::start_consent(&of.owner, &of.scope, of.app, name, marketplace, Some(other.connection)).await;
    if let Ok(page) = started {
        let back = choose(&house, &page, SELLERS[0].seller_id).await;
        assert_eq!(why(finish(&of.owner, &back).await), "Access(NotFound)");
    }
    assert_eq!(get(&other).await.version, before.version);
});
