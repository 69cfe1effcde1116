//! Connections: nothing is stored that Amazon did not prove, and nothing stays of what was disconnected.

use std::collections::BTreeSet;

use backend::{
    Actor, Cx, audit,
    connections::{self, CONSENT_LIFE, ConnectionError, NewConnection, Returned},
    cx::SignedIn,
    gateways, lwa_apps,
    store::connection::Connection,
    teams,
};
use chrono::Duration;
use model::{
    Environment, Environments, Permission, Problem, ProblemCode, Role,
    amazon::Marketplace,
    audit::{Action, Outcome},
    connection::{ConnectionAct, ConnectionState, SellerIdSource},
    ids::{ConnectionId, LwaAppId},
};
use sea_orm::ConnectionTrait;
use secrecy::SecretString;
use serde_json::{Value, json};
use server::simulator::{
    Fault, Part,
    known::{APPS, SANDBOX_SELLER, SELLERS, Seller},
};
use url::Url;

use crate::{
    house::{Furnished, House, known_seller, new_app, new_connection, why},
    on_both_databases,
    support::Stage,
};

const PRODUCTION: Environments = Environments { production: true, sandbox: false };
const SANDBOX: Environments = Environments { production: false, sandbox: true };

/// All that a form would show of it.
fn words(error: &ConnectionError) -> String {
    let problem = Problem::from(error);
    let fields = problem.errors.iter().map(|error| error.message.clone());
    std::iter::once(problem.detail).chain(fields).collect::<Vec<_>>().join(" ")
}

/// A Team with an app and no connection.
async fn with_app(house: &House, name: &str) -> (Cx, backend::TeamScope, LwaAppId) {
    let owner = house.stage.person(name).await;
    let team = house.stage.team(&owner, "Northwind").await;
    let scope = backend::access::enter(&owner, team, Permission::ManageConnections).await.unwrap();
    let app = house.app(&owner, &scope).await;
    (owner, scope, app)
}

async fn get(of: &Furnished) -> Connection {
    connections::get(&of.owner, &of.scope, of.connection).await.unwrap()
}

fn token(text: &str) -> SecretString {
    SecretString::from(text)
}

/// What may go wrong at a proof: the word in the log, and what the person is told to do.
const FAILURES: [(Part, Fault, &str, &str); 21] = [
    (Part::Lwa, Fault::InvalidGrant, "invalid_grant", "Authorize again and paste the new one"),
    (Part::Lwa, Fault::InvalidClient, "invalid_client", "Copy both again"),
    (Part::Lwa, Fault::UnauthorizedClient, "unauthorized_client", "Check the app's roles"),
    (Part::Lwa, Fault::InvalidScope, "invalid_scope", "Check the app's roles"),
    (Part::Lwa, Fault::Throttled { retry_after_s: Some(5) }, "throttled", "try again in a minute"),
    (Part::Lwa, Fault::ServerError, "unavailable", "try again in a minute"),
    (Part::Lwa, Fault::TemporarilyUnavailable, "unavailable", "try again in a minute"),
    (Part::Lwa, Fault::Cut, "unavailable", "try again in a minute"),
    (Part::Lwa, Fault::Malformed, "bad_response", "Try again in a minute"),
    (Part::Lwa, Fault::Huge, "bad_response", "Try again in a minute"),
    (Part::Lwa, Fault::MissingAccessToken, "bad_response", "Try again in a minute"),
    (Part::Lwa, Fault::InvalidRequest, "invalid_request", "tell your operator"),
    (Part::Lwa, Fault::UnsupportedGrantType, "unsupported_grant_type", "tell your operator"),
    (Part::SpApi, Fault::SecretExpired, "client_secret_expired", "Rotate the app's client secret"),
    (Part::SpApi, Fault::AccessDenied, "access_denied", "Check that the marketplace is in the region"),
    (Part::SpApi, Fault::TokenExpired, "access_token_expired", "Check that the marketplace is in the region"),
    (Part::SpApi, Fault::Throttled { retry_after_s: None }, "throttled", "try again in a minute"),
    (Part::SpApi, Fault::Status(503), "unavailable", "try again in a minute"),
    (Part::SpApi, Fault::Cut, "unavailable", "try again in a minute"),
    (Part::SpApi, Fault::Malformed, "bad_response", "try again in a minute"),
    (Part::SpApi, Fault::Huge, "bad_response", "try again in a minute"),
];

on_both_databases!(whatever_fails_at_the_proof_stores_nothing_and_says_what_to_do, async |stage: Stage| {
    let house = House::on(stage).await;
    let (owner, scope, app) = with_app(&house, "ada").await;
    for (part, fault, word, advice) in FAILURES {
        house.stage.advance(Duration::seconds(1));
        house.simulator.fail(part, fault, 1);
        let error = connections::create(&owner, &scope, new_connection(app, known_seller())).await.unwrap_err();
        assert!(matches!(error, ConnectionError::NotProved(_)), "{part:?} {fault:?}: {error:?}");
        assert!(words(&error).contains(advice), "{part:?} {fault:?}: {}", words(&error));
        let event = house.stage.events(&scope, Action::ConnectionProofFailed).await.remove(0);
        assert_eq!((event.outcome, event.reason.as_deref()), (Outcome::Failed, Some(word)), "{part:?} {fault:?}");
        assert!(connections::list(&owner, &scope).await.unwrap().is_empty(), "{part:?} {fault:?}");
    }
    let app = lwa_apps::get(&owner, &scope, app).await.unwrap();
    assert!(app.rejected.is_none() && app.version == 1, "a typo of one form is no verdict on the app");
    // Nothing was wrong with what was entered.
    connections::create(&owner, &scope, new_connection(app.id, known_seller())).await.unwrap();
});

on_both_databases!(a_failed_proof_leaves_a_connection_as_it_was, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let before = get(&of).await;
    for (part, fault, word, _) in FAILURES {
        house.simulator.fail(part, fault, 1);
        let refresh_token = token(known_seller().refresh_token);
        let refused = connections::replace_refresh_token(&of.owner, &of.scope, of.connection, refresh_token).await;
        assert!(matches!(refused, Err(ConnectionError::NotProved(_))), "{word}: {refused:?}");
        let after = get(&of).await;
        assert_eq!(
            (after.version, after.state, &after.refresh_token),
            (before.version, before.state, &before.refresh_token)
        );
    }
    assert_eq!(house.issue(&of, json!({})).await.0, 200);
});

on_both_databases!(a_wrong_pair_of_client_id_and_secret_shows_at_the_first_connection, async |stage: Stage| {
    let house = House::on(stage).await;
    let owner = house.stage.person("ada").await;
    let team = house.stage.team(&owner, "Northwind").await;
    let scope = backend::access::enter(&owner, team, Permission::ManageConnections).await.unwrap();
    let mut new = new_app(&APPS[0], owner.now());
    new.client_secret = token(APPS[1].client_secret);
    let app = lwa_apps::create(&owner, &scope, new).await.unwrap();
    let error = connections::create(&owner, &scope, new_connection(app, known_seller())).await.unwrap_err();
    assert!(words(&error).contains("invalid_client"), "{}", words(&error));
    assert!(connections::list(&owner, &scope).await.unwrap().is_empty());
});

on_both_databases!(a_marketplace_where_the_seller_does_not_sell_is_told_with_those_where_it_does, async |stage: Stage| {
    let house = House::on(stage).await;
    let (owner, scope, app) = with_app(&house, "ada").await;
    for (seller, marketplace, sells) in [(&SELLERS[0], "IT", "DE, FR, ES, UK"), (&SELLERS[1], "BR", "US, CA, MX")] {
        let marketplace = Marketplace::by_code(marketplace).unwrap();
        let new = NewConnection { marketplace, ..new_connection(app, seller) };
        let error = connections::create(&owner, &scope, new).await.unwrap_err();
        let words = words(&error);
        assert!(words.contains(marketplace.name()) && words.contains(&format!("It sells in: {sells}.")), "{words}");
        let event = house.stage.events(&scope, Action::ConnectionProofFailed).await.remove(0);
        assert_eq!(event.reason.as_deref(), Some("not_in_marketplace"));
    }
    assert!(connections::list(&owner, &scope).await.unwrap().is_empty());
});

on_both_databases!(production_and_sandbox_do_not_mix, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let sandbox = lwa_apps::create(&of.owner, &of.scope, new_app(&APPS[1], of.owner.now())).await.unwrap();
    for (app, seller) in [(of.app, &SANDBOX_SELLER), (sandbox, &SELLERS[0])] {
        let error = connections::create(&of.owner, &of.scope, new_connection(app, seller)).await.unwrap_err();
        assert!(words(&error).contains("It may belong to another app"), "{}", words(&error));
    }
    // Amazon's static sandbox answers with its own sample seller, so the marketplace is not held against it.
    let marketplace = Marketplace::by_code("JP").unwrap();
    let new = NewConnection { marketplace, ..new_connection(sandbox, &SANDBOX_SELLER) };
    let id = connections::create(&of.owner, &of.scope, new).await.unwrap();
    let connected = connections::get(&of.owner, &of.scope, id).await.unwrap();
    assert_eq!(connected.environment, Environment::Sandbox);
    assert_eq!(get(&of).await.environment, Environment::Production);
});

on_both_databases!(who_may_touch_one_environment_connects_and_changes_only_there, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let bob = house.member(&of, "bob", Role::Admin, SANDBOX).await;
    let bob = house.stage.stepped_up(&bob);
    let scope = backend::access::enter(&bob, of.team, Permission::ManageConnections).await.unwrap();
    let before = house.simulator.token_calls();
    let name = || "Mine".parse().unwrap();
    let marketplace = Marketplace::by_code("DE").unwrap();
    let new = || new_connection(of.app, &SELLERS[1]);
    let refused: Vec<Result<(), ConnectionError>> = vec![
        connections::create(&bob, &scope, new()).await.map(|_| ()),
        connections::start_consent(&bob, &scope, of.app, name(), marketplace, None).await.map(|_| ()),
        connections::disable(&bob, &scope, of.connection).await,
        connections::enable(&bob, &scope, of.connection).await,
        connections::replace_refresh_token(&bob, &scope, of.connection, new().refresh_token).await,
        connections::disconnect(&bob, &scope, of.connection, "Shop").await.map(|_| ()),
    ];
    for result in refused {
        assert_eq!(why(result), "Access(EnvironmentClosed(Production))");
    }
    assert_eq!(house.simulator.token_calls(), before, "Amazon is not asked either");
    let sandbox = lwa_apps::create(&of.owner, &of.scope, new_app(&APPS[1], of.owner.now())).await.unwrap();
    connections::create(&bob, &scope, new_connection(sandbox, &SANDBOX_SELLER)).await.unwrap();
});

on_both_databases!(a_pasted_token_connects_a_declared_seller, async |stage: Stage| {
    let house = House::on(stage).await;
    let (owner, scope, app) = with_app(&house, "ada").await;
    let seller = known_seller();
    let id = connections::create(&owner, &scope, new_connection(app, seller)).await.unwrap();
    let connected = connections::get(&owner, &scope, id).await.unwrap();
    assert_eq!((connected.seller_id.as_str(), connected.seller_id_source), (seller.seller_id, SellerIdSource::Declared));
    assert_eq!((connected.state, connected.environment), (ConnectionState::Active, Environment::Production));
    assert_eq!(connected.marketplace.code(), "DE");
    let sells: BTreeSet<_> =
        seller.marketplaces.iter().map(|code| Marketplace::by_code(code).unwrap().marketplace_id().to_owned()).collect();
    assert_eq!(connected.marketplace_ids[0], connected.marketplace.marketplace_id(), "the chosen one comes first");
    assert_eq!(connected.marketplace_ids.iter().cloned().collect::<BTreeSet<_>>(), sells);
    let access = connected.access.unwrap();
    assert_eq!((access.cached.generation, access.life_assumed), (1, false));
    assert_eq!(access.cached.expires_at, owner.now() + Duration::hours(1));
    let event = house.stage.events(&scope, Action::ConnectionCreated).await.remove(0);
    let details: Value = serde_json::from_str(&event.details).unwrap();
    assert_eq!(details, json!({ "environment": "production", "marketplace": "DE", "seller_id_from": "declared" }));
    assert_eq!(event.target_id, Some(id.0));
});

on_both_databases!(answers_that_lack_what_may_be_lacking_are_taken, async |stage: Stage| {
    let house = House::on(stage).await;
    let (owner, scope, app) = with_app(&house, "ada").await;
    for (seller, fault, assumed) in
        [(&SELLERS[0], Fault::MissingExpiresIn, true), (&SELLERS[1], Fault::MissingRefreshToken, false)]
    {
        house.simulator.fail(Part::Lwa, fault, 1);
        let id = connections::create(&owner, &scope, new_connection(app, seller)).await.unwrap();
        let access = connections::get(&owner, &scope, id).await.unwrap().access.unwrap();
        assert_eq!(access.life_assumed, assumed);
        assert_eq!(access.cached.expires_at, owner.now() + Duration::hours(1));
    }
});

on_both_databases!(a_seller_is_connected_once_through_an_app_in_a_region, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let new = |marketplace: &str| {
        let marketplace = Marketplace::by_code(marketplace).unwrap();
        NewConnection { marketplace, ..new_connection(of.app, known_seller()) }
    };
    for marketplace in ["DE", "FR"] {
        assert_eq!(why(connections::create(&of.owner, &of.scope, new(marketplace)).await), "AlreadyConnected");
    }
    assert_eq!(connections::list(&of.owner, &of.scope).await.unwrap().len(), 1);
    connections::disconnect(&house.stage.stepped_up(&of.owner), &of.scope, of.connection, "Shop").await.unwrap();
    connections::create(&of.owner, &of.scope, new("FR")).await.unwrap();
});

on_both_databases!(an_app_of_another_team_connects_nothing, async |stage: Stage| {
    let house = House::on(stage).await;
    let (of, other) = (house.furnished("ada").await, house.furnished("bob").await);
    let before = house.simulator.token_calls();
    let error = connections::create(&of.owner, &of.scope, new_connection(other.app, &SELLERS[1])).await;
    assert_eq!(why(error), "NoSuchApp");
    let marketplace = Marketplace::by_code("DE").unwrap();
    let consent =
        connections::start_consent(&of.owner, &of.scope, other.app, "Mine".parse().unwrap(), marketplace, None).await;
    assert_eq!(why(consent), "NoSuchApp");
    assert_eq!(house.simulator.token_calls(), before);
});

/// What people do, and what becomes of each state by it; nothing where it is refused.
const ACTS: [ConnectionAct; 4] =
    [ConnectionAct::Disable, ConnectionAct::Enable, ConnectionAct::ReplaceRefreshToken, ConnectionAct::Disconnect];
const TRANSITIONS: [(ConnectionState, [Option<ConnectionState>; 4]); 4] = {
    use ConnectionState::{Active, Disabled, Disconnected, NeedsReauthorization};
    [
        (Active, [Some(Disabled), None, Some(Active), Some(Disconnected)]),
        (Disabled, [None, Some(Active), Some(Disabled), Some(Disconnected)]),
        (NeedsReauthorization, [Some(Disabled), None, Some(Active), Some(Disconnected)]),
        (Disconnected, [None, None, None, None]),
    ]
};

async fn act(house: &House, of: &Furnished, act: ConnectionAct) -> Result<(), ConnectionError> {
    let owner = house.stage.stepped_up(&of.owner);
    match act {
        ConnectionAct::Disable => connections::disable(&owner, &of.scope, of.connection).await,
        ConnectionAct::Enable => connections::enable(&owner, &of.scope, of.connection).await,
        ConnectionAct::ReplaceRefreshToken => {
            let refresh_token = token(known_seller().refresh_token);
            connections::replace_refresh_token(&owner, &of.scope, of.connection, refresh_token).await
        }
        ConnectionAct::Disconnect => connections::disconnect(&owner, &of.scope, of.connection, "Shop").await.map(|_| ()),
        ConnectionAct::GrantRefused => {
            house.stage.advance(Duration::seconds(3570));
            house.simulator.fail(Part::Lwa, Fault::InvalidGrant, 1);
            let (_, body) = house.issue(of, json!({})).await;
            assert_eq!(body["code"], "reauthorization-required");
            Ok(())
        }
    }
}

/// Brings a new connection into a state.
async fn bring(house: &House, of: &Furnished, state: ConnectionState) {
    match state {
        ConnectionState::Active => {}
        ConnectionState::Disabled => act(house, of, ConnectionAct::Disable).await.unwrap(),
        ConnectionState::NeedsReauthorization => act(house, of, ConnectionAct::GrantRefused).await.unwrap(),
        ConnectionState::Disconnected => act(house, of, ConnectionAct::Disconnect).await.unwrap(),
    }
    assert_eq!(get(of).await.state, state);
}

on_both_databases!(every_act_leads_to_its_state_or_is_refused, async |stage: Stage| {
    let house = House::on(stage).await;
    for (state, next) in TRANSITIONS {
        for (done, expected) in ACTS.into_iter().zip(next) {
            let of = house.furnished(&format!("{}-{done:?}", state.as_str().replace('_', "-")).to_lowercase()).await;
            bring(&house, &of, state).await;
            let (version, calls) = (get(&of).await.version, house.simulator.token_calls());
            let result = act(&house, &of, done).await;
            let after = get(&of).await;
            match expected {
                Some(expected) => {
                    assert!(result.is_ok(), "{state:?} {done:?}: {result:?}");
                    assert_eq!(after.state, expected, "{state:?} {done:?}");
                }
                None => {
                    let refused = format!("NotPossible(NotPossible {{ state: {state:?} }})");
                    assert_eq!(why(result), refused, "{done:?}");
                    assert_eq!((after.state, after.version), (state, version), "{state:?} {done:?}");
                    assert_eq!(house.simulator.token_calls(), calls, "Amazon is not asked for what is refused anyway");
                }
            }
        }
    }
});

on_both_databases!(a_gateway_hears_of_a_change_at_the_next_request, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let heard = async || {
        let (status, body) = house.issue(&of, json!({})).await;
        (status, body["code"].as_str().unwrap_or_default().to_owned())
    };
    let refused = |status: u16, code: &str| (status, code.to_owned());
    let ok = refused(200, "");
    assert_eq!(heard().await, ok);
    act(&house, &of, ConnectionAct::Disable).await.unwrap();
    assert_eq!(heard().await, refused(409, "connection-disabled"));
    act(&house, &of, ConnectionAct::ReplaceRefreshToken).await.unwrap();
    assert_eq!(heard().await, refused(409, "connection-disabled"), "a new token is no way around a person's stop");
    act(&house, &of, ConnectionAct::Enable).await.unwrap();
    assert_eq!(heard().await, ok);
    act(&house, &of, ConnectionAct::GrantRefused).await.unwrap();
    assert_eq!(heard().await, refused(409, "reauthorization-required"));
    act(&house, &of, ConnectionAct::ReplaceRefreshToken).await.unwrap();
    assert_eq!(heard().await, ok);
    assert!(get(&of).await.failure.is_none());
    act(&house, &of, ConnectionAct::Disconnect).await.unwrap();
    assert_eq!(heard().await, refused(404, "connection-not-found"));
});

on_both_databases!(a_replaced_token_begins_the_next_generation, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let before = get(&of).await;
    let (_, first) = house.issue(&of, json!({})).await;
    house.stage.advance(Duration::minutes(5));
    act(&house, &of, ConnectionAct::ReplaceRefreshToken).await.unwrap();
    let (_, second) = house.issue(&of, json!({ "known_generation": 1 })).await;
    assert_eq!(second["generation"], 2);
    assert_ne!(first["credential"]["value"], second["credential"]["value"]);
    let after = get(&of).await;
    assert_ne!(after.refresh_token, before.refresh_token, "sealed anew");
    assert_eq!(after.authorized_at, before.authorized_at + Duration::minutes(5));
    // The token of a seller who sells elsewhere is not this connection's.
    let wrong = connections::replace_refresh_token(&of.owner, &of.scope, of.connection, token(SELLERS[1].refresh_token));
    assert!(words(&wrong.await.unwrap_err()).contains("this seller does not sell in Germany"));
    assert_eq!(get(&of).await.version, after.version);
});

on_both_databases!(a_refused_old_token_says_nothing_against_the_one_that_replaced_it, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    house.stage.advance(Duration::seconds(3570));
    // A refresher has asked with the old token, and hears Amazon's refusal when a person has replaced it already.
    let (now, holder) = (of.owner.now(), backend::random::uuid(of.owner.now()));
    let tx = house.stage.portal.db.begin().await.unwrap();
    let life = model::credential::REFRESH_LEASE;
    let took = backend::store::refresh::take_lease(&*tx, &of.scope, of.connection, 1, holder, now, life, false).await;
    assert!(took.unwrap());
    tx.commit().await.unwrap();
    act(&house, &of, ConnectionAct::ReplaceRefreshToken).await.unwrap();
    let tx = house.stage.portal.db.begin().await.unwrap();
    backend::store::refresh::fail(&*tx, &of.scope, of.connection, holder, "invalid_grant", now, None).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(get(&of).await.failure, None);
});

on_both_databases!(a_disconnect_needs_the_name_as_it_is_written, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let owner = house.stage.stepped_up(&of.owner);
    for typed in ["", "shop", "Shops", "Sho p"] {
        let refused = connections::disconnect(&owner, &of.scope, of.connection, typed).await;
        assert_eq!(why(refused), "NameDiffers", "{typed:?}");
    }
    assert_eq!(get(&of).await.state, ConnectionState::Active);
    connections::disconnect(&owner, &of.scope, of.connection, " Shop\n").await.unwrap();
});

on_both_databases!(a_disconnect_shreds_the_tokens_and_its_receipt_names_the_event, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let owner = house.stage.stepped_up(&of.owner);
    let receipt = connections::disconnect(&owner, &of.scope, of.connection, "Shop").await.unwrap();
    let gone = get(&of).await;
    assert!(gone.refresh_token.is_none() && gone.access.is_none(), "{gone:?}");
    assert_eq!((gone.state, gone.disconnected_at), (ConnectionState::Disconnected, Some(owner.now())));
    assert_eq!((receipt.connection, receipt.at), (of.connection, owner.now()));
    let event = audit::read_one(&owner, &of.scope, receipt.event).await.unwrap();
    assert_eq!((event.action, event.outcome), (Action::ConnectionDisconnected, Outcome::Ok));
    assert_eq!((event.target_id, event.target_name.as_deref()), (Some(of.connection.0), Some("Shop")));
    assert_eq!((event.at, event.actor_name.as_str()), (receipt.at, "ada@example.com"));
    assert!(gateways::allowed(&owner, &of.scope, of.gateway).await.unwrap().is_empty());

    let path = format!("/api/gateway/v1/teams/{}/connections/{}", of.team, of.connection);
    let batch = format!("/api/gateway/v1/teams/{}/credentials:batch", of.team);
    let items = json!({ "items": [{ "connection_id": of.connection }] });
    let get = reqwest::Method::GET;
    assert_eq!(house.issue(&of, json!({ "known_generation": 1 })).await.0, 404);
    assert_eq!(house.ask(get, &of.secret, &path).send().await.unwrap().status(), 404);
    let answer = house.ask(reqwest::Method::POST, &of.secret, &batch).json(&items).send().await.unwrap();
    assert_eq!(answer.json::<Value>().await.unwrap()["items"][0]["status"], 404);
});

on_both_databases!(a_token_that_comes_after_a_disconnect_is_not_stored, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    house.stage.advance(Duration::seconds(3570));
    house.simulator.fail(Part::Lwa, Fault::Slow { ms: 500 }, 1);
    let asked = house.simulator.token_calls() + 1;
    let disconnect = async {
        while house.simulator.token_calls() < asked {
            tokio::task::yield_now().await;
        }
        act(&house, &of, ConnectionAct::Disconnect).await.unwrap();
    };
    let ((status, body), ()) = tokio::join!(house.issue(&of, json!({})), disconnect);
    assert_eq!((status, body["code"].as_str()), (404, Some("connection-not-found")));
    let gone = get(&of).await;
    assert!(gone.refresh_token.is_none() && gone.access.is_none(), "{gone:?}");
});

/// A number that a PRAGMA answers.
async fn pragma(stage: &Stage, text: &str, column: &str) -> i64 {
    let statement = sea_orm::Statement::from_string(sea_orm::DbBackend::Sqlite, format!("PRAGMA {text}"));
    let row = stage.portal.db.reader().query_one_raw(statement).await.unwrap().unwrap();
    row.try_get::<i64>("", column).unwrap()
}

/// The end of each sealed value: unlike its beginning, no two have it in common.
fn ends(connection: &Connection) -> Vec<Vec<u8>> {
    let access = connection.access.as_ref().map(|access| &access.token);
    let sealed = connection.refresh_token.iter().chain(access);
    sealed.map(|sealed| sealed.0[sealed.0.len() - 24..].to_vec()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_disconnected_account_no_byte_stays_in_the_file_of_sqlite() {
    let house = House::on(Stage::sqlite().await).await;
    let of = house.furnished("ada").await;
    // Enough rows around it that pages were split and rows were moved.
    let mut ids = vec![of.connection];
    for n in 0..40 {
        let seller_id = format!("A2NORDLICHT{n:03}").parse().unwrap();
        let name = format!("Shop {n}").parse().unwrap();
        let new = NewConnection { seller_id, name, ..new_connection(of.app, known_seller()) };
        ids.push(connections::create(&of.owner, &of.scope, new).await.unwrap());
    }
    let victims = [ids[0], ids[1], ids[20], ids[40]];
    let mut old: Vec<Vec<u8>> = Vec::new();
    let keep = async |old: &mut Vec<Vec<u8>>| {
        for id in victims {
            old.extend(ends(&connections::get(&of.owner, &of.scope, id).await.unwrap()));
        }
    };
    keep(&mut old).await;
    // One is refreshed, all are replaced: older sealed values are to go too.
    house.stage.advance(Duration::seconds(3570));
    assert_eq!(house.issue(&of, json!({})).await.1["generation"], 2);
    keep(&mut old).await;
    for id in &ids {
        let refresh_token = token(known_seller().refresh_token);
        connections::replace_refresh_token(&of.owner, &of.scope, *id, refresh_token).await.unwrap();
    }
    keep(&mut old).await;
    let owner = house.stage.stepped_up(&of.owner);
    for id in victims {
        let name = connections::get(&owner, &of.scope, id).await.unwrap().name;
        connections::disconnect(&owner, &of.scope, id, name.as_str()).await.unwrap();
    }
    assert_eq!(pragma(&house.stage, "secure_delete", "secure_delete").await, 1);
    assert_eq!(pragma(&house.stage, "wal_checkpoint(TRUNCATE)", "busy").await, 0);
    let mut left = 0;
    for end in &old {
        left += usize::from(house.stage.database_holds(end).await);
    }
    assert_eq!((left, old.len()), (0, 24), "sealed values are left in the file");
    assert!(!house.stage.database_holds(known_seller().refresh_token.as_bytes()).await);
    // The search finds what is there.
    let living = connections::get(&owner, &of.scope, ids[2]).await.unwrap();
    for end in ends(&living) {
        assert!(house.stage.database_holds(&end).await);
    }
}

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
    connections::finish_consent(cx, returned(back)).await.map(|(_, id)| id)
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
    gateways::set_connections(&of.owner, &of.scope, of.gateway, &[id]).await.unwrap();
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
    let error = connections::start_consent(&owner, &scope, app, "Mine".parse().unwrap(), marketplace, None).await;
    assert!(words(&error.unwrap_err()).contains("add it to the app first"));
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

#[test]
fn the_sellers_of_the_simulator_are_where_these_tests_need_them() {
    let places = |seller: &Seller| seller.marketplaces.join(" ");
    assert_eq!((places(&SELLERS[0]).as_str(), places(&SELLERS[1]).as_str()), ("DE FR ES UK", "US CA MX"));
}
