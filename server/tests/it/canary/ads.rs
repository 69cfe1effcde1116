//! A grant of the Advertising API: brought, kept for a while, chosen from, and issued.

use backend::{Cx, TeamScope, vault::Place};
use model::ids::{ConnectionId, ProfileChoiceId};
use server::simulator::known::{ADVERTISERS, APPS};

use crate::{browser::Browser, support::reveal};

use super::*;

/// All that a person does with it in their Team.
pub(super) async fn advertise(walk: &mut Walk<'_>, ada: &mut Browser<'_>, person: &Cx, scope: &TeamScope) {
    let (house, team) = (walk.house, scope.team());
    let of = team.to_string();
    let secret = house.simulator.rotate(APPS[2].client_id).unwrap();
    walk.cage.add("client secret of the Advertising API", &secret);
    let app = [
        ("team", &*of),
        ("name", "Our ads"),
        ("api", "ads"),
        ("environment", "production"),
        ("client_id", APPS[2].client_id),
        ("client_secret", &secret),
    ];
    let made = ada.post("create_lwa_app", &app).await;
    let app = id(&walk.done("create_lwa_app for ads", made, &[]).await);
    let token = house.simulator.grant(APPS[2].client_id, ADVERTISERS[0].id);
    walk.cage.add("advertising refresh token", &token);
    let fields =
        |region| [("team", &*of), ("lwa_app", &*app), ("region", region), ("refresh_token", &*token), ("page", "/account")];
    let elsewhere = ada.submit("list_profiles", &fields("fe")).await;
    assert_eq!(elsewhere.status(), 422);
    walk.note("list_profiles in another region", elsewhere, &[]).await;
    let listed = ada.post("list_profiles", &fields("eu")).await;
    let choice = id(&walk.done("list_profiles", listed, &[]).await);
    walk.cage.used("client secret of the Advertising API");
    let page = ada.get(&format!("/teams/{of}/connections/profiles/{choice}")).await;
    walk.done("the page of a choice", page, &[]).await;
    let read = ada.post("profile_choice", &[("team", &of), ("choice", &choice)]).await;
    walk.done("profile_choice", read, &[]).await;
    let profile = ADVERTISERS[0].profiles[0].id.to_string();
    let choose = [("team", &*of), ("choice", &*choice), ("profile", &*profile), ("name", "Shop ads")];
    let chosen = ada.post("choose_profile", &choose).await;
    let connection = id(&walk.done("choose_profile", chosen, &[]).await);
    let again = ada.submit("choose_profile", &[&choose[..], &[("page", "/account")]].concat()).await;
    assert_eq!(again.status(), 422);
    walk.note("choose_profile twice", again, &[]).await;

    // Both as they lie sealed: in the choice, and with the connection.
    let (vault, db) = (&house.stage.portal.vault, house.stage.portal.db.reader());
    let person = person.signed_in().unwrap().user;
    let choice: ProfileChoiceId = choice.parse().unwrap();
    let now = house.stage.portal.clock.now();
    let kept = backend::store::profile_choice::open(db, scope, choice, person, now).await.unwrap().unwrap();
    let place = |table, row, field| Place { team: Some(team), table, row, field };
    let opened = vault.open(db, &place("profile_choice", choice.0, "refresh_token"), &kept.refresh_token).await.unwrap();
    assert_eq!(reveal(&opened), token);
    let connection: ConnectionId = connection.parse().unwrap();
    let stored = backend::store::connection::by_id(db, scope, connection).await.unwrap().unwrap();
    let access = stored.access.unwrap().token;
    let access = vault.open(db, &place("connection", connection.0, "access_token"), &access).await.unwrap();
    walk.cage.add("advertising access token", reveal(&access));
    walk.cage.used("advertising access token");
    walk.cage.used("advertising refresh token");
    let page = ada.get(&format!("/teams/{of}/connections/{connection}")).await;
    walk.done("the page of a profile", page, &[]).await;
}
