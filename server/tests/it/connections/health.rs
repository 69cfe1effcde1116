//! A grant is tested when somebody asks, and once a day: what a page calls healthy is.

use backend::{audit, connections, jobs, store::audit_event::Filter};
use chrono::Duration;
use model::{audit::Action, connection::ConnectionState};
use serde_json::json;
use server::simulator::{Fault, Part, known::SELLERS};

use crate::{
    house::{Furnished, House, known_seller, new_connection, why},
    on_both_databases,
    support::Stage,
};

use super::*;

async fn tests(of: &Furnished) -> Vec<(Option<String>, String)> {
    let filter = Filter { actions: vec![Action::ConnectionTested], ..Filter::default() };
    let page = audit::read(&of.owner, &of.scope, &filter).await.unwrap();
    page.rows.into_iter().map(|row| (row.reason, row.actor_name)).collect()
}

on_both_databases!(a_test_asks_amazon_and_leaves_what_gateways_hold_alone, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let (_, held) = house.issue(&of, json!({})).await;
    house.stage.advance(Duration::minutes(10));
    let calls = house.simulator.token_calls();
    connections::test(&of.owner, &of.scope, of.connection).await.unwrap();
    assert_eq!(house.simulator.token_calls(), calls + 1);
    let tested = get(&of).await;
    assert_eq!((tested.proved_at, tested.state, &tested.test_failure), (of.owner.now(), ConnectionState::Active, &None));
    let (_, still) = house.issue(&of, json!({})).await;
    assert_eq!(still["credential"]["value"], held["credential"]["value"]);
    assert_eq!(tests(&of).await, [(None, "ada@example.com".to_owned())]);
});

on_both_databases!(what_a_failed_test_says_stands_on_the_connection_until_one_succeeds, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    house.simulator.fail(Part::SpApi, Fault::Status(500), 1);
    let refused = connections::test(&of.owner, &of.scope, of.connection).await.unwrap_err();
    assert!(words(&refused).contains("Amazon did not answer properly"), "{}", words(&refused));
    let failed = get(&of).await;
    assert_eq!(failed.test_failure.as_ref().map(|(at, _)| *at), Some(of.owner.now()));
    assert_eq!((failed.state, failed.failure), (ConnectionState::Active, None), "gateways go on");
    connections::test(&of.owner, &of.scope, of.connection).await.unwrap();
    assert_eq!(get(&of).await.test_failure, None);
});

on_both_databases!(a_failed_test_is_made_again_within_hours_and_a_used_connection_is_tested_too, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    // A gateway fetches every hour: LWA goes on, and says nothing of SP-API.
    for _ in 0..25 {
        house.stage.advance(Duration::hours(1));
        assert_eq!(house.issue(&of, json!({})).await.0, 200);
    }
    house.simulator.fail(Part::SpApi, Fault::AccessDenied, 1);
    jobs::run_due(&house.stage.portal).await.unwrap();
    assert!(get(&of).await.test_failure.is_some());
    house.stage.advance(Duration::minutes(61));
    jobs::run_due(&house.stage.portal).await.unwrap();
    assert_eq!(get(&of).await.test_failure, None);
    assert_eq!(tests(&of).await.len(), 2);
});

on_both_databases!(a_test_of_a_grant_that_was_replaced_says_nothing_of_the_new_one, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    // Loaded while another grant stood there.
    let old = backend::store::connection::Connection { grant_mac: Some(vec![7; 32]), ..get(&of).await };
    let tx = house.stage.portal.db.begin().await.unwrap();
    let now = of.owner.now();
    backend::store::connection::test_failed(&*tx, &of.scope, &old, "invalid_grant", now).await.unwrap();
    assert!(!backend::store::connection::proved(&*tx, &of.scope, &old, &[], None, now).await.unwrap());
    tx.commit().await.unwrap();
    let new = get(&of).await;
    assert_eq!((new.test_failure, new.marketplace_ids.is_empty()), (None, false));
});

on_both_databases!(a_refused_grant_found_by_a_test_is_one_found_by_a_gateway, async |stage: Stage| {
    let house = House::on(stage).await;
    let (of, stopped) = (house.furnished("ada").await, house.furnished("bob").await);
    connections::disable(&stopped.owner, &stopped.scope, stopped.connection).await.unwrap();
    house.simulator.revoke(known_seller().seller_id);
    for of in [&of, &stopped] {
        let refused = connections::test(&of.owner, &of.scope, of.connection).await.unwrap_err();
        assert!(words(&refused).contains("invalid_grant"), "{}", words(&refused));
    }
    assert_eq!(get(&of).await.state, ConnectionState::NeedsReauthorization);
    let mails = house.stage.mails_to("ada@example.com").await;
    assert_eq!(mails.iter().filter(|mail| mail.subject.contains("must be authorized again")).count(), 1);
    assert_eq!(get(&stopped).await.state, ConnectionState::Disabled, "what a person stopped stays stopped");
});

on_both_databases!(one_connection_is_tested_three_times_then_every_twenty_seconds, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let test = async || connections::test(&of.owner, &of.scope, of.connection).await;
    for _ in 0..3 {
        test().await.unwrap();
    }
    assert_eq!(why(test().await), "TestedTooOften { wait_s: 21 }");
    house.stage.advance(Duration::seconds(20));
    test().await.unwrap();
});

on_both_databases!(grants_that_nobody_used_for_a_day_are_tested_once_by_whichever_worker, async |stage: Stage| {
    let house = House::on(stage).await;
    let (of, refused) = (house.furnished("ada").await, house.furnished("bob").await);
    house.simulator.fail(Part::Lwa, Fault::InvalidClient, 1);
    house.stage.advance(Duration::hours(2));
    assert_eq!(house.issue(&refused, json!({})).await.0, 409);
    jobs::run_due(&house.stage.portal).await.unwrap();
    assert!(tests(&of).await.is_empty(), "a proof counts for a day");
    house.stage.advance(Duration::hours(23));
    let other = house.stage.replica().await;
    let (one, two) = tokio::join!(jobs::run_due(&house.stage.portal), jobs::run_due(&other));
    assert!(one.is_ok() && two.is_ok());
    assert_eq!(tests(&of).await, [(None, "proofs".to_owned())]);
    assert!(tests(&refused).await.is_empty(), "that Amazon refuses the app is known");
    assert_eq!(get(&of).await.proved_at, of.owner.now());
});

on_both_databases!(one_grant_is_one_connection_whatever_seller_id_is_declared, async |stage: Stage| {
    let house = House::on(stage).await;
    // Two Teams of one seller: each has its own.
    let (of, _) = (house.furnished("ada").await, house.furnished("bob").await);
    let declared = |name: &str| connections::NewConnection {
        name: name.parse().unwrap(),
        seller_id: SELLERS[1].seller_id.parse().unwrap(),
        ..new_connection(of.app, known_seller())
    };
    let again = connections::create(&of.owner, &of.scope, declared("Another")).await;
    assert_eq!(why(again), "AlreadyConnected");
    let owner = house.stage.stepped_up(&of.owner);
    connections::disconnect(&owner, &of.scope, of.connection, "Shop").await.unwrap();
    connections::create(&of.owner, &of.scope, declared("Another")).await.unwrap();
});

on_both_databases!(two_connections_of_an_environment_do_not_share_a_name, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let named =
        |name: &str| connections::NewConnection { name: name.parse().unwrap(), ..new_connection(of.app, &SELLERS[1]) };
    assert_eq!(why(connections::create(&of.owner, &of.scope, named("SHOP")).await), "NameTaken");
    let market = named("x").marketplace;
    let asked = connections::start_consent(&of.owner, &of.scope, of.app, "shop".parse().unwrap(), market, None).await;
    assert_eq!(why(asked), "NameTaken", "before the seller is asked");
    connections::create(&of.owner, &of.scope, named("Shop 2")).await.unwrap();
});

on_both_databases!(a_good_test_lifts_what_was_said_of_the_app, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    house.stage.advance(Duration::hours(2));
    house.simulator.fail(Part::Lwa, Fault::UnauthorizedClient, 1);
    connections::test(&of.owner, &of.scope, of.connection).await.unwrap_err();
    assert_eq!(house.issue(&of, json!({})).await.1["code"], "lwa-client-rejected");
    connections::test(&of.owner, &of.scope, of.connection).await.unwrap();
    assert_eq!(house.issue(&of, json!({})).await.0, 200);
});

on_both_databases!(two_old_connections_of_one_grant_both_go_on, async |stage: Stage| {
    use sea_orm::ConnectionTrait;
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    // As they were before one grant was one connection: no hash, and the same refresh token twice.
    let db = house.stage.portal.db.reader();
    db.execute_unprepared("UPDATE connection SET grant_mac = NULL").await.unwrap();
    let declared = connections::NewConnection {
        name: "Again".parse().unwrap(),
        seller_id: SELLERS[1].seller_id.parse().unwrap(),
        ..new_connection(of.app, known_seller())
    };
    let again = connections::create(&of.owner, &of.scope, declared).await.unwrap();
    db.execute_unprepared("UPDATE connection SET grant_mac = NULL").await.unwrap();
    let both = [of.connection, again];
    backend::gateways::set_connections(&house.stage.stepped_up(&of.owner), &of.scope, of.gateway, &both).await.unwrap();
    for _ in 0..2 {
        house.stage.advance(Duration::hours(2));
        for connection in both {
            let of =
                Furnished { connection, owner: of.owner.clone(), scope: of.scope.clone(), secret: of.secret.clone(), ..of };
            assert_eq!(house.issue(&of, json!({})).await.0, 200);
        }
    }
});
