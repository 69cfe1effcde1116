//! Gateways and their keys: what people decide here holds on the gateway route at the next request.

mod idle;
mod locks;
mod may;

use backend::{
    Cx,
    access::AccessError,
    connections,
    gateways::{self, GatewayError},
    lwa_apps,
    store::{
        self,
        lease::Of,
        lock::{self, Lock},
    },
};
use chrono::Duration;
use futures::future::join_all;
use model::{
    Environment, Environments, Role, Time,
    audit::Action,
    gateway::{Networks, Scope, Scopes},
    ids::{ConnectionId, GatewayId},
    step_up::DangerousAct,
};
use reqwest::Method;
use serde_json::{Value, json};
use server::simulator::known::{APPS, SANDBOX_SELLER, SELLERS};
use uuid::Uuid;

use crate::{
    house::{Furnished, House, new_app, new_connection, why},
    on_both_databases,
    support::{Stage, reveal},
};

const SANDBOX: Environments = Environments { production: false, sandbox: true };

/// Status and code of an answer.
async fn heard(request: reqwest::RequestBuilder) -> (u16, String) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let body: Value = response.json().await.unwrap_or_default();
    (status, body["code"].as_str().unwrap_or_default().to_owned())
}

fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

fn ok() -> (u16, String) {
    refused(200, "")
}

/// Asks for a credential under this key.
async fn issue(house: &House, of: &Furnished, secret: &str) -> (u16, String) {
    let (status, body) = house.issue_at(&house.url, secret, of.team, of.connection, json!({})).await;
    (status, body["code"].as_str().unwrap_or_default().to_owned())
}

/// A seller's sandbox connection.
async fn sandbox_connection(of: &Furnished) -> ConnectionId {
    let app = lwa_apps::create(&of.owner, &of.scope, new_app(&APPS[1], of.owner.now())).await.unwrap();
    connections::create(&of.owner, &of.scope, new_connection(app, &SANDBOX_SELLER)).await.unwrap()
}

async fn second_connection(of: &Furnished) -> ConnectionId {
    connections::create(&of.owner, &of.scope, new_connection(of.app, &SELLERS[1])).await.unwrap()
}

async fn gateway_in(of: &Furnished, environment: Environment) -> GatewayId {
    let (name, scopes) = ("second".parse().unwrap(), Scopes(Scope::ALL.to_vec()));
    gateways::create(&of.owner, &of.scope, name, environment, scopes, Networks::default()).await.unwrap()
}

on_both_databases!(a_gateway_uses_connections_of_its_own_environment_only, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let (second, sandbox) = (second_connection(&of).await, sandbox_connection(&of).await);
    let mixed =
        gateways::set_connections(&house.stage.stepped_up(&of.owner), &of.scope, of.gateway, &[second, sandbox]).await;
    assert_eq!(why(mixed), "OtherEnvironment");
    let allowed = gateways::allowed(&of.owner, &of.scope, of.gateway).await.unwrap();
    assert_eq!(allowed, [of.connection], "nothing of the refused list was taken");

    let gateway = gateway_in(&of, Environment::Sandbox).await;
    let mixed = gateways::set_connections(&of.owner, &of.scope, gateway, &[of.connection]).await;
    assert_eq!(why(mixed), "OtherEnvironment");
    gateways::set_connections(&of.owner, &of.scope, gateway, &[sandbox]).await.unwrap();
    let (_, secret) = house.key(&of.owner, &of.scope, gateway).await;
    let answer = house.issue_at(&house.url, &secret, of.team, sandbox, json!({})).await;
    assert_eq!((answer.0, answer.1["connection"]["environment"].as_str()), (200, Some("sandbox")));
    assert_eq!(issue(&house, &of, &secret).await, refused(404, "connection-not-found"));
});

on_both_databases!(the_database_itself_does_not_mix_environments, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let sandbox = sandbox_connection(&of).await;
    let gateway = gateways::get(&of.owner, &of.scope, of.gateway).await.unwrap();
    let tx = house.stage.portal.db.begin().await.unwrap();
    assert!(store::gateway::allow(&*tx, &of.scope, &gateway, sandbox).await.is_err());
});

on_both_databases!(a_connection_of_another_team_is_no_connection, async |stage: Stage| {
    let house = House::on(stage).await;
    let (of, other) = (house.furnished("ada").await, house.furnished("bob").await);
    let mixed =
        gateways::set_connections(&house.stage.stepped_up(&of.owner), &of.scope, of.gateway, &[other.connection]).await;
    assert_eq!(why(mixed), "Access(NotFound)");
    let elsewhere = gateways::create_key(&house.stage.stepped_up(&of.owner), &of.scope, other.gateway, 90, None).await;
    assert_eq!(why(elsewhere), "Access(NotFound)");
    let elsewhere = gateways::revoke_key(&of.owner, &of.scope, other.gateway, other.key).await;
    assert_eq!(why(elsewhere), "Access(NotFound)");
    let mixed_up = gateways::revoke_key(&of.owner, &of.scope, of.gateway, other.key).await;
    assert_eq!(why(mixed_up), "Access(NotFound)");
    assert_eq!(issue(&house, &other, &other.secret).await, ok());
});

on_both_databases!(who_may_touch_only_the_sandbox_changes_no_production_gateway, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let bob = house.member(&of, "bob", Role::Admin, SANDBOX).await;
    let scope = backend::access::enter(&bob, of.team, model::Permission::ManageGateways).await.unwrap();
    let (all, anywhere) = (Scopes(Scope::ALL.to_vec()), Networks::default());
    let name = || "mine".parse().unwrap();
    let production = Environment::Production;
    let bob = house.stage.stepped_up(&bob);
    let refused: Vec<Result<(), GatewayError>> = vec![
        gateways::create(&bob, &scope, name(), production, all.clone(), anywhere.clone()).await.map(|_| ()),
        gateways::change(&bob, &scope, of.gateway, name(), all, anywhere).await,
        gateways::disable(&bob, &scope, of.gateway).await,
        gateways::enable(&bob, &scope, of.gateway).await,
        gateways::set_connections(&bob, &scope, of.gateway, &[]).await,
        gateways::create_key(&bob, &scope, of.gateway, 90, None).await.map(|_| ()),
        gateways::revoke_key(&bob, &scope, of.gateway, of.key).await,
    ];
    for result in refused {
        assert_eq!(why(result), "Access(EnvironmentClosed(Production))");
    }
    assert_eq!(issue(&house, &of, &of.secret).await, ok());
});

on_both_databases!(a_connection_off_the_list_is_not_found_at_the_next_request, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    gateways::set_connections(&of.owner, &of.scope, of.gateway, &[]).await.unwrap();
    assert_eq!(issue(&house, &of, &of.secret).await, refused(404, "connection-not-found"));
    gateways::set_connections(&house.stage.stepped_up(&of.owner), &of.scope, of.gateway, &[of.connection]).await.unwrap();
    assert_eq!(issue(&house, &of, &of.secret).await, ok());
    let changes = house.stage.events(&of.scope, Action::GatewayChanged).await;
    let details: Vec<_> = changes.iter().rev().map(|event| event.details.clone()).collect();
    let of_connection = |word: &str| json!({ word: of.connection }).to_string();
    assert_eq!(details, [of_connection("allowed"), of_connection("disallowed"), of_connection("allowed")]);
});

on_both_databases!(two_live_keys_are_enough_and_dead_ones_do_not_count, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let create = async |days: i64| {
        gateways::create_key(&house.stage.stepped_up(&of.owner), &of.scope, of.gateway, days, None)
            .await
            .map(|new| new.key.id)
    };
    let second = create(7).await.unwrap();
    assert_eq!(why(create(7).await), "TooManyKeys");
    gateways::revoke_key(&of.owner, &of.scope, of.gateway, second).await.unwrap();
    create(7).await.unwrap();
    house.stage.advance(Duration::days(7) - Duration::microseconds(1));
    assert_eq!(why(create(7).await), "TooManyKeys");
    house.stage.advance(Duration::microseconds(1));
    create(7).await.unwrap();
    // Another gateway has two of its own.
    let gateway = gateway_in(&of, Environment::Production).await;
    for _ in 0..2 {
        house.key(&of.owner, &of.scope, gateway).await;
    }
    assert_eq!(gateways::keys(&of.owner, &of.scope, of.gateway).await.unwrap().len(), 4, "dead ones are still listed");
    assert_eq!(why(create(8).await), "KeyLife");
});

on_both_databases!(of_many_keys_asked_for_at_once_two_live, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let tries = join_all((0..8).map(|_| {
        let (owner, scope, gateway) = (house.stage.stepped_up(&of.owner), of.scope.clone(), of.gateway);
        tokio::spawn(async move { gateways::create_key(&owner, &scope, gateway, 90, None).await })
    }));
    let results: Vec<_> = tries.await.into_iter().map(|result| result.unwrap()).collect();
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    let over = results.iter().filter(|result| matches!(result, Err(GatewayError::TooManyKeys))).count();
    assert_eq!(over, 7, "{results:?}");
});

on_both_databases!(a_revoked_key_is_refused_at_the_next_request, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let (_, other) = house.key(&of.owner, &of.scope, of.gateway).await;
    assert_eq!(issue(&house, &of, &of.secret).await, ok());
    gateways::revoke_key(&of.owner, &of.scope, of.gateway, of.key).await.unwrap();
    assert_eq!(issue(&house, &of, &of.secret).await, refused(401, "invalid-gateway-key"));
    assert_eq!(issue(&house, &of, &other).await, ok(), "the other key goes on");
    let again = gateways::revoke_key(&of.owner, &of.scope, of.gateway, of.key).await;
    assert_eq!(why(again), "Access(NotFound)");
    assert_eq!(house.stage.events(&of.scope, Action::GatewayKeyRevoked).await.len(), 1);
});

on_both_databases!(a_key_lives_to_its_last_microsecond, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let new = gateways::create_key(&house.stage.stepped_up(&of.owner), &of.scope, of.gateway, 7, None).await.unwrap();
    let secret = reveal(&new.secret);
    house.stage.advance(Duration::days(7) - Duration::microseconds(1));
    assert_eq!(issue(&house, &of, secret).await, ok());
    house.stage.advance(Duration::microseconds(1));
    assert_eq!(issue(&house, &of, secret).await, refused(401, "invalid-gateway-key"));
    assert_eq!(issue(&house, &of, &of.secret).await, ok(), "90 days are not over");
});

on_both_databases!(a_disabled_gateway_is_refused_with_all_its_keys_until_it_is_enabled, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let (_, other) = house.key(&of.owner, &of.scope, of.gateway).await;
    gateways::disable(&of.owner, &of.scope, of.gateway).await.unwrap();
    for secret in [&of.secret, &other] {
        assert_eq!(issue(&house, &of, secret).await, refused(401, "invalid-gateway-key"));
        let own = heard(house.ask(Method::GET, secret, "/api/gateway/v1/self")).await;
        assert_eq!(own, refused(401, "invalid-gateway-key"));
    }
    gateways::enable(&of.owner, &of.scope, of.gateway).await.unwrap();
    for secret in [&of.secret, &other] {
        assert_eq!(issue(&house, &of, secret).await, ok());
    }
});

on_both_databases!(the_last_use_of_a_key_is_known, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let (second, _) = house.key(&of.owner, &of.scope, of.gateway).await;
    let use_of = async |key| {
        let keys = gateways::keys(&of.owner, &of.scope, of.gateway).await.unwrap();
        let key = keys.into_iter().find(|found| found.id == key).unwrap();
        (key.last_used_at, key.last_used_address, key.last_used_agent)
    };
    assert_eq!(use_of(of.key).await, (None, None, None));
    for (address, agent) in [("203.0.113.9", "orders-sync/1.2"), ("2001:db8::7", "orders-sync/1.3")] {
        house.stage.advance(Duration::seconds(7));
        let request = house.issue_request(&house.url, &of).header("X-Forwarded-For", address).header("User-Agent", agent);
        assert_eq!(heard(request).await, ok());
        let used = (Some(house.stage.portal.clock.now()), Some(address.to_owned()), Some(agent.to_owned()));
        assert_eq!(use_of(of.key).await, used);
    }
    // A refused request is a use too; a request with a wrong secret is none.
    house.stage.advance(Duration::seconds(7));
    may::change(&house, &of, &[Scope::FeedbackWrite], "").await;
    assert_eq!(issue(&house, &of, &of.secret).await, refused(403, "scope-missing"));
    let refused_at = house.stage.portal.clock.now();
    assert_eq!(use_of(of.key).await.0, Some(refused_at));
    house.stage.advance(Duration::seconds(7));
    let wrong = format!("{}{}", &of.secret[..of.secret.len() - 1], if of.secret.ends_with('A') { 'B' } else { 'A' });
    assert_eq!(issue(&house, &of, &wrong).await, refused(401, "invalid-gateway-key"));
    assert_eq!(use_of(of.key).await.0, Some(refused_at));
    assert_eq!(use_of(second).await, (None, None, None));
});

on_both_databases!(leases_are_listed_by_gateway_and_connection_until_they_end, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let second = second_connection(&of).await;
    let gateway = gateway_in(&of, Environment::Production).await;
    gateways::set_connections(&of.owner, &of.scope, gateway, &[of.connection, second]).await.unwrap();
    let (key, secret) = house.key(&of.owner, &of.scope, gateway).await;
    let connected_at = house.stage.portal.clock.now();
    for _ in 0..2 {
        assert_eq!(issue(&house, &of, &of.secret).await, ok());
        assert_eq!(issue(&house, &of, &secret).await, ok());
    }
    assert_eq!(house.issue_at(&house.url, &secret, of.team, second, json!({})).await.0, 200);
    let held = async |by: Of| {
        let leases = gateways::leases(&of.owner, &of.scope, by).await.unwrap();
        let mut held: Vec<_> = leases.iter().map(|lease| (lease.gateway, lease.key, lease.connection)).collect();
        assert!(leases.iter().all(|lease| lease.expires_at == connected_at + Duration::hours(1)));
        held.sort();
        held
    };
    let (first, other, third) = ((of.gateway, of.key, of.connection), (gateway, key, of.connection), (gateway, key, second));
    let sorted = |mut leases: Vec<(GatewayId, model::ids::GatewayKeyId, ConnectionId)>| {
        leases.sort();
        leases
    };
    assert_eq!(held(Of::Gateway(of.gateway)).await, [first]);
    assert_eq!(held(Of::Gateway(gateway)).await, sorted(vec![other, third]));
    assert_eq!(held(Of::Connection(of.connection)).await, sorted(vec![first, other]));
    assert_eq!(held(Of::Team).await, sorted(vec![first, other, third]));
    let stranger = house.furnished("eve").await;
    assert!(gateways::leases(&stranger.owner, &stranger.scope, Of::Gateway(gateway)).await.unwrap().is_empty());

    house.stage.advance(Duration::hours(1) - Duration::microseconds(1));
    assert_eq!(held(Of::Team).await.len(), 3);
    house.stage.advance(Duration::microseconds(1));
    assert!(held(Of::Team).await.is_empty());
});
