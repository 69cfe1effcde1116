//! Who can reach what: nobody and nothing that is over is on the map.

use backend::{
    connections, gateways, notifications,
    store::lock::{self, Lock},
};
use chrono::Duration;
use sea_orm::ConnectionTrait;

use super::*;
use crate::house::House;

on_both_databases!(the_map_shows_who_and_which_key_reaches_a_connection_now, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let (ada, now) = (house.stage.stepped_up(&of.owner), of.owner.now());
    let until = Engagement::contractor("Keel & Sons", now + Duration::days(1), now).unwrap();
    let bob = house.member(&of, "bob", Role::Auditor, SANDBOX).await;
    let (second, _) = house.key(&of.owner, &of.scope, of.gateway).await;
    let map = async || teams::reach(&of.owner, &of.scope).await.unwrap();
    let people = |map: &teams::Reach| map.members.iter().map(|one| one.email.to_string()).collect::<Vec<_>>();
    let keys =
        |map: &teams::Reach| map.of(of.connection).flat_map(|(_, keys)| keys.iter().map(|key| key.id)).collect::<Vec<_>>();

    let first = map().await;
    assert_eq!(people(&first), ["ada@example.com", "bob@example.com"]);
    assert_eq!(keys(&first).len(), 2);
    teams::engage(&ada, &of.scope, user(&bob), until).await.unwrap();
    gateways::make_canary_key(&ada, &of.scope, of.gateway, second).await.unwrap();
    assert_eq!(keys(&map().await), [of.key], "a canary opens nothing");
    // A key that a contractor makes ends with their access.
    let now = of.owner.now();
    let week = Engagement::contractor("Keel & Sons", now + Duration::days(7), now).unwrap();
    let kim = house.member(&of, "kim", Role::Operator, Environments::BOTH).await;
    teams::engage(&ada, &of.scope, user(&kim), week).await.unwrap();
    gateways::revoke_key(&ada, &of.scope, of.gateway, second).await.unwrap();
    let made = gateways::create_key(&house.stage.stepped_up(&kim), &of.scope, of.gateway, 90, None).await.unwrap().key;
    assert_eq!(made.expires_at, now + Duration::days(7));
    gateways::revoke_key(&ada, &of.scope, of.gateway, made.id).await.unwrap();
    // From the end of their time on, before any job has run.
    house.stage.advance(Duration::days(1));
    assert_eq!(people(&map().await), ["ada@example.com", "kim@example.com"]);
    // What a lock stops is not on it until it is lifted.
    let (db, now) = (house.stage.portal.db.reader(), of.owner.now());
    for (target_kind, target_id) in [("gateway", of.gateway.0), ("gateway_key", of.key.0), ("user", user(&kim).0)] {
        let id = backend::random::id(now);
        let reason = "suspended".to_owned();
        let lock = Lock { id, target_kind, target_id, reason, author: None, created_at: now, expires_at: None };
        lock::insert(db, &of.scope, lock).await.unwrap();
        let stopped = map().await;
        assert!(
            if target_kind == "user" { people(&stopped).len() == 1 } else { keys(&stopped).is_empty() },
            "{target_kind}"
        );
        lock::lift(db, &of.scope, id, None, now).await.unwrap();
    }
    assert_eq!((people(&map().await).len(), keys(&map().await).is_empty()), (2, false));
    gateways::disable(&ada, &of.scope, of.gateway).await.unwrap();
    assert!(keys(&map().await).is_empty(), "a gateway that is disabled reaches nothing");
    gateways::enable(&ada, &of.scope, of.gateway).await.unwrap();
    gateways::revoke_key(&ada, &of.scope, of.gateway, of.key).await.unwrap();
    assert!(keys(&map().await).is_empty());
    connections::disable(&ada, &of.scope, of.connection).await.unwrap();
    assert!(map().await.connections.is_empty(), "one that is disabled gives nothing");
    connections::enable(&ada, &of.scope, of.connection).await.unwrap();
    assert_eq!(map().await.connections.len(), 1);
    let disabled = "UPDATE \"user\" SET disabled_at = '2026-09-21 14:13:20+00:00' WHERE email = 'kim@example.com'";
    house.stage.portal.db.reader().execute_unprepared(disabled).await.unwrap();
    assert_eq!(people(&map().await), ["ada@example.com"], "an account that is disabled reaches nothing");
    let disconnected = house.stage.stepped_up(&of.owner);
    connections::disconnect(&disconnected, &of.scope, of.connection, "Shop").await.unwrap();
    assert!(map().await.connections.is_empty());
});

on_both_databases!(the_map_says_what_each_may_do_with_which_connections, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    for (name, role, environments) in [
        ("both", Role::Operator, Environments::BOTH),
        ("sand", Role::Admin, SANDBOX),
        ("audits", Role::Auditor, Environments::BOTH),
    ] {
        house.member(&of, name, role, environments).await;
    }
    let mut ada = crate::browser::Browser::signed_in_later(&house, "ada@example.com").await;
    let page = ada.get(&format!("/teams/{}/members/reach", of.team)).await.text().await.unwrap();
    let row = |head: &str| {
        let row = page
            .split("<tr")
            .skip(1)
            .find(|row| row.contains(&format!(">{head}<")))
            .unwrap_or_else(|| panic!("no {head}: {page}"));
        ["Production", "Sandbox"].map(|one| {
            let cell = row.split_once(&format!("data-label=\"{one}\">")).unwrap_or_else(|| panic!("{row}")).1;
            cell.split('<').next().unwrap().to_owned()
        })
    };
    assert_eq!(row("Connections there"), ["Shop", "none"]);
    assert_eq!(row("ada@example.com"), ["Changes", "Changes"]);
    assert_eq!(row("both@example.com"), ["Changes", "Changes"]);
    assert_eq!(row("sand@example.com"), ["Reads", "Changes"]);
    assert_eq!(row("audits@example.com"), ["Reads", "Reads"]);
    // A key that signs notifications is on it too, until it is revoked.
    let owner = house.stage.stepped_up(&of.owner);
    let key = notifications::create_key(&owner, &of.scope, of.connection, None).await.unwrap().id;
    let shows = async |ada: &mut crate::browser::Browser<'_>| {
        ada.get(&format!("/teams/{}/members/reach", of.team)).await.text().await.unwrap().contains(&key.to_string())
    };
    assert!(shows(&mut ada).await);
    notifications::revoke_key(&owner, &of.scope, of.connection, key).await.unwrap();
    assert!(!shows(&mut ada).await);
});
