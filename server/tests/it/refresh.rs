//! One refresh for all who wait: in one process, over two, and when the refresher dies.

use backend::{
    Portal,
    credentials::{Credentials, Flights},
    store,
};
use chrono::Duration;
use futures::future::join_all;
use model::{credential::REFRESH_LEASE, ids::ConnectionId};
use serde_json::json;
use server::simulator::{Fault, Part};

use crate::{
    house::{self, House},
    on_both_databases,
    support::Stage,
};

/// Lets the cached token run out.
fn cool(house: &House) {
    house.stage.advance(Duration::minutes(59));
}

on_both_databases!(two_hundred_issues_on_a_cold_connection_make_one_call, async |stage: Stage| {
    let house = House::on(stage).await;
    let team = house.furnished("ada").await;
    cool(&house);
    let before = house.simulator.token_calls();
    let answers = join_all((0..200).map(|_| house.issue(&team, json!({})))).await;
    assert_eq!(house.simulator.token_calls() - before, 1);
    assert!(answers.iter().all(|(status, _)| *status == 200), "{:?}", answers.iter().find(|a| a.0 != 200));
    assert!(answers.iter().all(|(_, body)| body["credential"]["value"] == answers[0].1["credential"]["value"]));
    assert!(answers.iter().all(|(_, body)| body["generation"] == 2));
});

/// Another process on the same database: its own connections, flights and recorder.
async fn replica(house: &House) -> (Credentials, String) {
    let portal = Portal { db: house.stage.replica().await.db, ..house.stage.portal.clone() };
    let recorder = backend::audit::Recorder::start(&portal);
    let credentials = Credentials { portal, recorder, flights: Flights::default(), limits: house.credentials.limits };
    let url = house::serve(&house.stage, &credentials).await;
    (credentials, url)
}

#[tokio::test(flavor = "multi_thread")]
async fn two_replicas_make_one_call() {
    let house = House::on(Stage::postgres().await).await;
    let team = house.furnished("ada").await;
    let (_, other) = replica(&house).await;
    cool(&house);
    let before = house.simulator.token_calls();
    let urls = [house.url.as_str(), other.as_str()];
    let answers =
        join_all((0..200).map(|n| house.issue_at(urls[n % 2], &team.secret, team.team, team.connection, json!({})))).await;
    assert_eq!(house.simulator.token_calls() - before, 1);
    assert!(
        answers.iter().all(|(status, body)| *status == 200 && body["generation"] == 2),
        "{:?}",
        answers.iter().find(|a| a.0 != 200)
    );
}

on_both_databases!(an_abandoned_refresh_is_taken_over_after_its_lease, async |stage: Stage| {
    let house = House::on(stage).await;
    let team = house.furnished("ada").await;
    cool(&house);
    // A refresher takes the lease and dies.
    let tx = house.stage.portal.db.begin().await.unwrap();
    let (now, holder) = (house.stage.portal.clock.now(), backend::random::uuid(house.stage.portal.clock.now()));
    let won =
        store::refresh::take_lease(&*tx, &team.scope, team.connection, 1, holder, now, REFRESH_LEASE, false).await.unwrap();
    tx.commit().await.unwrap();
    assert!(won);
    // A minute is left of the old token, which is what the gateway is served meanwhile.
    house.stage.advance(REFRESH_LEASE + Duration::seconds(1));
    let (status, body) = house.issue(&team, json!({})).await;
    assert_eq!((status, body["generation"].as_i64(), body["refreshed"].as_bool()), (200, Some(2), Some(true)));
});

on_both_databases!(who_waits_for_another_refresh_is_answered_in_ten_seconds, async |stage: Stage| {
    let house = House::on(stage).await;
    let team = house.furnished("ada").await;
    let _flight = house.credentials.flights.board(team.connection).await;
    // While the old token lives, it is served to those who wait in vain; then there is nothing to serve.
    for (passed, expected) in [(59, (200, None)), (2, (503, Some("refresh-in-progress")))] {
        house.stage.advance(Duration::minutes(passed));
        let since = std::time::Instant::now();
        let (status, body) = house.issue(&team, json!({})).await;
        assert_eq!((status, body["code"].as_str()), expected);
        let patience = model::credential::REFRESH_WAIT.to_std().unwrap();
        assert!(since.elapsed() >= patience && since.elapsed() < patience * 2, "{:?}", since.elapsed());
    }
});

on_both_databases!(a_token_that_is_still_valid_is_served_while_amazon_fails, async |stage: Stage| {
    let house = House::on(stage).await;
    let team = house.furnished("ada").await;
    house.stage.advance(Duration::minutes(57));
    house.simulator.fail(Part::Lwa, Fault::ServerError, 1);
    let (status, body) = house.issue(&team, json!({})).await;
    assert_eq!((status, body["generation"].as_i64()), (200, Some(1)));
    assert_eq!(body["warnings"][0]["code"], "stale_served");
});

on_both_databases!(a_refused_grant_is_remembered_and_amazon_is_left_alone, async |stage: Stage| {
    let house = House::on(stage).await;
    let team = house.furnished("ada").await;
    cool(&house);
    house.simulator.revoke(house::known_seller().seller_id);
    for _ in 0..3 {
        let (status, body) = house.issue(&team, json!({})).await;
        assert_eq!((status, body["code"].as_str()), (409, Some("reauthorization-required")));
    }
    assert_eq!(house.simulator.token_calls(), 2, "the proof at connecting, and one refused refresh");
});

on_both_databases!(a_forced_refresh_happens_once_a_minute_and_only_for_the_current_generation, async |stage: Stage| {
    let house = House::on(stage).await;
    let team = house.furnished("ada").await;
    let forced = |generation: i64| json!({ "rejected_generation": generation });
    let answers = join_all((0..100).map(|_| house.issue(&team, forced(1)))).await;
    assert!(
        answers.iter().all(|(status, body)| *status == 200 && body["generation"] == 2),
        "{:?}",
        answers.iter().find(|a| a.0 != 200)
    );
    assert_eq!(house.simulator.token_calls(), 2);
    let (status, body) = house.issue(&team, forced(2)).await;
    assert_eq!((status, body["code"].as_str()), (429, Some("force-refresh-cooldown")));
    assert!(body["retry_after_s"].as_i64().is_some_and(|wait| (1..=60).contains(&wait)));
    house.stage.advance(Duration::seconds(61));
    let (status, body) = house.issue(&team, forced(2)).await;
    assert_eq!((status, body["generation"].as_i64()), (200, Some(3)));
});

on_both_databases!(a_token_refreshed_during_a_disable_does_not_leave, async |stage: Stage| {
    let house = House::on(stage).await;
    let team = house.furnished("ada").await;
    cool(&house);
    house.simulator.fail(Part::Lwa, Fault::Slow { ms: 600 }, 1);
    let disable = async {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        backend::connections::disable(&team.owner, &team.scope, team.connection).await.unwrap();
    };
    let ((status, body), ()) = tokio::join!(house.issue(&team, json!({})), disable);
    assert_eq!((status, body["code"].as_str()), (409, Some("connection-disabled")));
    let id: ConnectionId = team.connection;
    let stored = backend::connections::get(&team.owner, &team.scope, id).await.unwrap();
    assert_eq!(stored.access.unwrap().cached.generation, 1, "the token that came too late was not stored");
});
