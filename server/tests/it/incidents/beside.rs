//! What people do on other pages while an incident is open: it goes round no lock, and destroys nothing that was not taken in.

use backend::{
    connections::{self, ConnectionError, NewConnection},
    gateways, incidents, lwa_apps, teams,
};
use chrono::Duration;
use model::incident::{EvidenceKind, MeasureKind};
use sea_orm::ConnectionTrait;
use secrecy::SecretString;
use server::simulator::known::SELLERS;

use super::Case;
use crate::{
    house::{known_app, known_seller, new_connection},
    on_both_databases,
    support::Stage,
};

on_both_databases!(who_disconnects_and_connects_again_goes_round_no_lock, async |stage: Stage| {
    let case = Case::on(stage).await;
    let (of, scope) = (&case.of, case.scope(&case.of.owner).await);
    incidents::order(&of.owner, &scope, MeasureKind::LockConnection, of.connection.0).await.unwrap();
    let ada = case.house.stage.stepped_up(&of.owner);
    connections::disconnect(&ada, &of.scope, of.connection, "Shop").await.unwrap();
    let again = async || connections::create(&ada, &of.scope, new_connection(of.app, known_seller())).await;
    let refused = again().await.unwrap_err();
    assert!(matches!(refused, ConnectionError::SellerLocked), "{refused:?}");
    let lock = incidents::measures(&ada, &scope).await.unwrap().remove(0);
    incidents::lift(&case.house.stage.stepped_up(&case.bob), &scope, lock.id).await.unwrap();
    again().await.unwrap();
});

on_both_databases!(while_a_connection_is_locked_nobody_says_alone_whose_a_grant_is, async |stage: Stage| {
    let case = Case::on(stage).await;
    let (of, scope) = (&case.of, case.scope(&case.of.owner).await);
    let ada = case.house.stage.stepped_up(&of.owner);
    // Another seller of the same countries: a token of the locked one's fits its connection.
    let neighbour = SELLERS.iter().skip(1).find(|seller| seller.marketplaces[0] == "FR").unwrap();
    let other = connections::create(&ada, &of.scope, new_connection(of.app, neighbour)).await.unwrap();
    incidents::order(&of.owner, &scope, MeasureKind::LockConnection, of.connection.0).await.unwrap();
    // The locked seller's token under another seller's id, on a new connection and on one that is there.
    let fresh = case.house.simulator.grant(known_app().client_id, known_seller().seller_id);
    let token = || SecretString::from(fresh.clone());
    let name = "Once more".parse().unwrap();
    let seller_id = SELLERS[2].seller_id.parse().unwrap();
    let new = NewConnection { name, seller_id, refresh_token: token(), ..new_connection(of.app, known_seller()) };
    let refused = connections::create(&ada, &of.scope, new).await.unwrap_err();
    assert!(matches!(refused, ConnectionError::OthersLocked), "{refused:?}");
    let refused = connections::replace_refresh_token(&ada, &of.scope, other, token()).await.unwrap_err();
    assert!(matches!(refused, ConnectionError::OthersLocked), "{refused:?}");
    // What leaked is replaced on the locked connection itself, which stays locked.
    connections::replace_refresh_token(&ada, &of.scope, of.connection, token()).await.unwrap();
    assert_eq!(case.house.issue(of, serde_json::json!({})).await.0, 423);
});

on_both_databases!(what_is_destroyed_on_its_own_page_is_taken_in_first_while_an_incident_is_open, async |stage: Stage| {
    let case = Case::on(stage).await;
    let of = &case.of;
    let kept = async || {
        let all = incidents::locker(&of.owner, &case.scope(&of.owner).await).await.unwrap();
        all.iter().filter(|(piece, _)| piece.kind == EvidenceKind::Snapshot).count()
    };
    let db = case.house.stage.portal.db.reader();
    let ada = case.house.stage.stepped_up(&of.owner);
    let revoke = async || gateways::revoke_key(&ada, &of.scope, of.gateway, of.key).await;
    db.execute_unprepared("ALTER TABLE evidence RENAME TO elsewhere").await.unwrap();
    assert!(revoke().await.is_err(), "what cannot be kept is not destroyed");
    db.execute_unprepared("ALTER TABLE elsewhere RENAME TO evidence").await.unwrap();
    assert!(gateways::keys(&ada, &of.scope, of.gateway).await.unwrap()[0].revoked_at.is_none());

    revoke().await.unwrap();
    assert_eq!(kept().await, 1);
    lwa_apps::drop_other_secret(&ada, &of.scope, of.app).await.unwrap();
    assert_eq!(kept().await, 2);
    connections::disconnect(&ada, &of.scope, of.connection, "Shop").await.unwrap();
    assert_eq!(kept().await, 3);
    lwa_apps::remove(&ada, &of.scope, of.app, "Our app").await.unwrap();
    assert_eq!(kept().await, 4);
    teams::remove_member(&ada, &of.scope, case.bob.signed_in().unwrap().user).await.unwrap();
    assert_eq!(kept().await, 5);
    // Of what is over nothing more is taken in.
    case.house.stage.advance(Duration::minutes(1));
    case.step(model::incident::Step::Dismiss).await.unwrap();
    case.house.key(&of.owner, &of.scope, of.gateway).await;
    let (key, _) = case.house.key(&of.owner, &of.scope, of.gateway).await;
    gateways::revoke_key(&ada, &of.scope, of.gateway, key).await.unwrap();
    assert_eq!(kept().await, 5);
});
