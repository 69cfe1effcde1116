//! What people do to a connection, and what becomes of it.

use backend::connections::{self, ConnectionError};
use chrono::Duration;
use model::connection::{ConnectionAct, ConnectionState};
use serde_json::json;
use server::simulator::{Fault, Part, known::SELLERS};

use crate::{
    house::{Furnished, House, known_seller, why},
    on_both_databases,
    support::Stage,
};

use super::*;

/// What people do, and what becomes of each state by it; nothing where it is refused.
const ACTS: [ConnectionAct; 5] = [
    ConnectionAct::Disable,
    ConnectionAct::Enable,
    ConnectionAct::ReplaceRefreshToken,
    ConnectionAct::Disconnect,
    ConnectionAct::Test,
];
const TRANSITIONS: [(ConnectionState, [Option<ConnectionState>; 5]); 4] = {
    use ConnectionState::{Active, Disabled, Disconnected, NeedsReauthorization};
    [
        (Active, [Some(Disabled), None, Some(Active), Some(Disconnected), Some(Active)]),
        (Disabled, [None, Some(Active), Some(Disabled), Some(Disconnected), Some(Disabled)]),
        (NeedsReauthorization, [Some(Disabled), None, Some(Active), Some(Disconnected), None]),
        (Disconnected, [None, None, None, None, None]),
    ]
};

pub(super) async fn act(house: &House, of: &Furnished, act: ConnectionAct) -> Result<(), ConnectionError> {
    let owner = house.stage.stepped_up(&of.owner);
    match act {
        ConnectionAct::Disable => connections::disable(&owner, &of.scope, of.connection).await,
        ConnectionAct::Enable => connections::enable(&owner, &of.scope, of.connection).await,
        ConnectionAct::ReplaceRefreshToken => {
            let refresh_token = token(known_seller().refresh_token);
            connections::replace_refresh_token(&house.stage.stepped_up(&owner), &of.scope, of.connection, refresh_token)
                .await
        }
        ConnectionAct::Disconnect => connections::disconnect(&owner, &of.scope, of.connection, "Shop").await.map(|_| ()),
        ConnectionAct::Test => connections::test(&owner, &of.scope, of.connection).await,
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
    let proved = house.stage.stepped_up(&of.owner);
    let wrong = connections::replace_refresh_token(&proved, &of.scope, of.connection, token(SELLERS[1].refresh_token));
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
