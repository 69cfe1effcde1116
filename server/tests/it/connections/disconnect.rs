//! Nothing stays of what was disconnected.

use backend::{
    audit,
    connections::{self, NewConnection},
    gateways,
    store::connection::Connection,
};
use chrono::Duration;
use model::{
    audit::{Action, Outcome},
    connection::{ConnectionAct, ConnectionState},
};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use server::simulator::{Fault, Part};

use crate::{
    house::{House, known_app, known_seller, new_connection, why},
    on_both_databases,
    support::Stage,
};

use super::*;

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
    let another_grant = || token(&house.simulator.grant(known_app().client_id, known_seller().seller_id));
    // Enough rows around it that pages were split and rows were moved.
    let mut ids = vec![of.connection];
    for n in 0..40 {
        let seller_id = format!("A2NORDLICHT{n:03}").parse().unwrap();
        let name = format!("Shop {n}").parse().unwrap();
        let new =
            NewConnection { seller_id, name, refresh_token: another_grant(), ..new_connection(of.app, known_seller()) };
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
        connections::replace_refresh_token(&house.stage.stepped_up(&of.owner), &of.scope, *id, another_grant())
            .await
            .unwrap();
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
