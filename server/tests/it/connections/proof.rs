//! What Amazon must prove before anything is stored.

use std::collections::BTreeSet;

use backend::{
    connections::{self, ConnectionError, NewConnection},
    lwa_apps,
};
use chrono::Duration;
use model::{
    Environment, Permission, Role,
    amazon::Marketplace,
    audit::{Action, Outcome},
    connection::{ConnectionState, SellerIdSource},
};
use serde_json::{Value, json};
use server::simulator::{
    Fault, Part,
    known::{APPS, SANDBOX_SELLER, SELLERS},
};

use crate::{
    house::{House, known_seller, new_app, new_connection, why},
    on_both_databases,
    support::Stage,
};

use super::*;

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
        let refused =
            connections::replace_refresh_token(&house.stage.stepped_up(&of.owner), &of.scope, of.connection, refresh_token)
                .await;
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
        connections::replace_refresh_token(&house.stage.stepped_up(&bob), &scope, of.connection, new().refresh_token).await,
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
    assert_eq!(
        details,
        json!({ "api": "sp_api", "environment": "production", "marketplace": "DE", "seller_id_from": "declared" })
    );
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
