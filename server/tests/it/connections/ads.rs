//! The Advertising API: an app of its own, a grant that reaches many profiles, and a connection for each that somebody chose.

use backend::{
    connections::{self, NewGrant},
    gateways, incidents, jobs, lwa_apps,
};
use chrono::Duration;
use model::{
    Environment, Role,
    amazon::{Api, ProfileId, Region},
    audit::Action,
    connection::ConnectionState,
    ids::{ConnectionId, ProfileChoiceId},
};
use serde_json::json;
use server::simulator::{
    Fault, Part,
    known::{ADVERTISERS, APPS},
};

use crate::{
    house::{Furnished, House, new_app, why},
    on_both_databases,
    registry::{column_of, new_grant},
    support::Stage,
};

use super::*;

const DE: ProfileId = ProfileId(ADVERTISERS[0].profiles[0].id);
const FR: ProfileId = ProfileId(ADVERTISERS[0].profiles[1].id);
const VENDOR: ProfileId = ProfileId(ADVERTISERS[0].profiles[2].id);

async fn choose(
    of: &Furnished,
    choice: ProfileChoiceId,
    profile: ProfileId,
    name: &str,
) -> Result<ConnectionId, ConnectionError> {
    connections::choose_profile(&of.owner, &of.scope, choice, profile, name.parse().unwrap()).await
}

on_both_databases!(a_profile_is_chosen_and_issued_with_the_headers_that_its_calls_carry, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let app = house.ads_app(&of).await;
    let choice = house.profiles(&of, app).await;
    let open = connections::profile_choice(&of.owner, &of.scope, choice).await.unwrap();
    let told: Vec<_> = open.profiles.iter().map(|one| (one.marketplace.code(), one.account.as_str())).collect();
    assert_eq!(told, [("DE", "A2NORDLICHT7E4"), ("FR", "A2NORDLICHT7E4"), ("UK", "ENTITY2KX7Q9FJORD")]);
    let id = choose(&of, choice, DE, "Nordlicht ads").await.unwrap();
    let made = connections::get(&of.owner, &of.scope, id).await.unwrap();
    assert_eq!((made.api(), made.profile, made.marketplace.code()), (Api::Advertising, Some(DE), "DE"));
    gateways::set_connections(&house.stage.stepped_up(&of.owner), &of.scope, of.gateway, &[of.connection, id])
        .await
        .unwrap();
    let (status, answer) = house.issue_at(&house.url, &of.secret, of.team, id, json!({})).await;
    assert_eq!(status, 200, "{answer}");
    let credential = &answer["credential"];
    assert_eq!(
        (credential["type"].as_str(), credential["header"].as_str()),
        (Some("lwa_access_token"), Some("Authorization"))
    );
    assert!(credential["value"].as_str().unwrap().starts_with("Bearer Atza|"), "{answer}");
    assert_eq!(
        answer["connection"],
        json!({
            "id": id, "api": "ads", "environment": "production", "seller_id": "A2NORDLICHT7E4",
            "profile_id": DE.to_string(), "marketplace": "DE", "marketplace_id": "A1PA6795UKMFR9",
            "marketplace_ids": ["A1PA6795UKMFR9"], "region": "eu", "endpoint": "https://advertising-api-eu.amazon.com",
            "headers": {
                "Amazon-Advertising-API-ClientId": APPS[2].client_id, "Amazon-Advertising-API-Scope": DE.to_string(),
            },
        })
    );
});

on_both_databases!(one_grant_serves_each_of_its_profiles_once, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let app = house.ads_app(&of).await;
    let choice = house.profiles(&of, app).await;
    let first = choose(&of, choice, DE, "Nordlicht ads").await.unwrap();
    assert_eq!(why(choose(&of, choice, DE, "Once more").await), "AlreadyConnected");
    assert_eq!(why(choose(&of, choice, FR, "Nordlicht ads").await), "NameTaken");
    choose(&of, choice, FR, "Nordlicht ads FR").await.unwrap();
    let vendor = choose(&of, choice, VENDOR, "Fjordholz ads").await.unwrap();
    let vendor = connections::get(&of.owner, &of.scope, vendor).await.unwrap();
    assert_eq!((vendor.seller_id.as_str(), vendor.marketplace.code()), ("ENTITY2KX7Q9FJORD", "UK"));
    assert_eq!(why(choose(&of, choice, ProfileId(1), "No such").await), "NoSuchProfile");
    // What is disconnected makes place; nothing of its grant is left to be chosen from, and the receipt says who else has it.
    let owner = house.stage.stepped_up(&of.owner);
    assert_eq!(connections::disconnect(&owner, &of.scope, first, "Nordlicht ads").await.unwrap().also, 2);
    assert_eq!(
        (why(choose(&of, choice, DE, "Nordlicht ads").await), choices(&house).await),
        ("ChoiceOver".to_owned(), "0".to_owned())
    );
    let again = house.profiles(&of, app).await;
    choose(&of, again, DE, "Nordlicht ads").await.unwrap();
    assert_eq!(house.stage.events(&of.scope, Action::ProfilesListed).await.len(), 2);
});

on_both_databases!(what_is_wrong_with_a_grant_is_told_and_nothing_of_it_is_kept, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let app = house.ads_app(&of).await;
    let list = async |app, region, text: &str| {
        let new = NewGrant { refresh_token: token(text), ..new_grant(&of, app, region, 0) };
        let error = connections::list_profiles(&of.owner, &of.scope, new).await.unwrap_err();
        (words(&error), house.stage.events(&of.scope, Action::ConnectionProofFailed).await)
    };
    let blauwal = ADVERTISERS[0].refresh_token;
    let (told, events) = list(app, Region::Na, blauwal).await;
    assert!(told.contains("reaches no profile in North America"), "{told}");
    assert_eq!(events[0].reason.as_deref(), Some("no_profiles"));
    assert!(list(of.app, Region::Eu, blauwal).await.0.contains("Choose one of the Team's LWA apps"));
    let (told, events) = list(app, Region::Eu, server::simulator::known::SELLERS[0].refresh_token).await;
    assert!(told.contains("It may belong to another app"), "{told}");
    assert_eq!(events[0].reason.as_deref(), Some("invalid_grant"));
    for (fault, word, advice) in [
        (Fault::AccessDenied, "access_denied", "approved for the Advertising API"),
        (Fault::Throttled { retry_after_s: Some(5) }, "throttled", "try again in a minute"),
        (Fault::Status(503), "unavailable", "try again in a minute"),
        (Fault::Malformed, "bad_response", "try again in a minute"),
        (Fault::Huge, "bad_response", "try again in a minute"),
    ] {
        house.stage.advance(Duration::seconds(1));
        house.simulator.fail(Part::Ads, fault, 1);
        let (told, events) = list(app, Region::Eu, blauwal).await;
        assert!(told.contains(advice), "{fault:?}: {told}");
        assert_eq!(events[0].reason.as_deref(), Some(word), "{fault:?}");
    }
    // Between the list and the choice the grant may end, or lose the profile.
    let choice = house.profiles(&of, app).await;
    house.simulator.fail(Part::Ads, Fault::AccessDenied, 1);
    let told = words(&choose(&of, choice, DE, "Nordlicht ads").await.unwrap_err());
    assert!(told.contains("approved for the Advertising API"), "{told}");
    house.simulator.revoke(ADVERTISERS[0].id);
    let told = words(&choose(&of, choice, DE, "Nordlicht ads").await.unwrap_err());
    assert!(told.contains("invalid_grant"), "{told}");
    assert_eq!(connections::list(&of.owner, &of.scope).await.unwrap().len(), 1);
});

on_both_databases!(a_choice_is_open_for_half_an_hour_to_whoever_brought_the_grant, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let app = house.ads_app(&of).await;
    let choice = house.profiles(&of, app).await;
    let bob = house.member(&of, "bob", Role::Admin, PRODUCTION).await;
    let scope = backend::access::enter(&bob, of.team, Permission::ManageConnections).await.unwrap();
    assert_eq!(why(connections::profile_choice(&bob, &scope, choice).await), "ChoiceOver");
    let other = house.furnished("eve").await;
    assert_eq!(why(connections::profile_choice(&other.owner, &other.scope, choice).await), "ChoiceOver");
    house.stage.advance(connections::CHOICE_LIFE);
    assert_eq!(why(choose(&of, choice, DE, "Late").await), "ChoiceOver");
    jobs::run_due(&house.stage.portal).await.unwrap();
    assert_eq!(choices(&house).await, "0", "the token does not outlive the choice");
    // Nor does it the app.
    house.profiles(&of, app).await;
    lwa_apps::remove(&house.stage.stepped_up(&of.owner), &of.scope, app, "Lighthouse Ads").await.unwrap();
    assert_eq!(choices(&house).await, "0");
});

on_both_databases!(an_app_of_the_advertising_api_is_for_nothing_else, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let create = async |change: fn(&mut lwa_apps::NewLwaApp)| {
        let mut new = new_app(&APPS[2], of.owner.now());
        change(&mut new);
        lwa_apps::create(&of.owner, &of.scope, new).await
    };
    assert_eq!(why(create(|new| new.environment = Environment::Sandbox).await), "NoSandbox");
    let application = |new: &mut lwa_apps::NewLwaApp| new.application_id = APPS[0].application_id.parse().ok();
    assert_eq!(why(create(application).await), "NoApplicationId");
    let app = create(|_| ()).await.unwrap();
    let changed =
        lwa_apps::change(&of.owner, &of.scope, app, "Ads".parse().unwrap(), APPS[0].application_id.parse().ok(), false);
    assert_eq!(why(changed.await), "NoApplicationId");
    let seller = crate::house::new_connection(app, &server::simulator::known::SELLERS[1]);
    assert_eq!(why(connections::create(&of.owner, &of.scope, seller).await), "NoSuchApp");
});

on_both_databases!(a_profile_is_tested_renewed_and_authorized_like_any_grant, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let app = house.ads_app(&of).await;
    let id = {
        let choice = house.profiles(&of, app).await;
        choose(&of, choice, DE, "Nordlicht ads").await.unwrap()
    };
    let test = async || connections::test(&of.owner, &of.scope, id).await;
    test().await.unwrap();
    house.simulator.fail(Part::Ads, Fault::AccessDenied, 1);
    house.stage.advance(Duration::minutes(5));
    assert!(words(&test().await.unwrap_err()).contains("the Advertising API of this region refuses it"));
    house.stage.advance(Duration::minutes(5));
    house.simulator.revoke(ADVERTISERS[0].id);
    assert!(words(&test().await.unwrap_err()).contains("Authorize again"));
    let connection = connections::get(&of.owner, &of.scope, id).await.unwrap();
    assert_eq!(connection.state, ConnectionState::NeedsReauthorization);
    // Another advertiser's grant does not reach the profile; a new one of its own does.
    let replace = async |text: &str| {
        connections::replace_refresh_token(&house.stage.stepped_up(&of.owner), &of.scope, id, token(text)).await
    };
    let other = words(&replace(ADVERTISERS[1].refresh_token).await.unwrap_err());
    assert!(other.contains("does not reach the profile"), "{other}");
    let fresh = house.simulator.grant(APPS[2].client_id, ADVERTISERS[0].id);
    replace(&fresh).await.unwrap();
    let connection = connections::get(&of.owner, &of.scope, id).await.unwrap();
    assert_eq!((connection.state, connection.profile), (ConnectionState::Active, Some(DE)));
    let consent =
        connections::start_consent(&of.owner, &of.scope, app, "x".parse().unwrap(), connection.marketplace, Some(id));
    assert_eq!(why(consent.await), "NoApplicationId");
});

async fn choices(house: &House) -> String {
    column_of(&house.stage.portal.db, "SELECT CAST(COUNT(*) AS TEXT) AS row FROM profile_choice").await.remove(0)
}

on_both_databases!(a_lock_on_one_profile_stops_every_profile_of_its_grant, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let app = house.ads_app(&of).await;
    let choice = house.profiles(&of, app).await;
    let locked = choose(&of, choice, DE, "Nordlicht ads").await.unwrap();
    let vendor = choose(&of, choice, VENDOR, "Fjordholz ads").await.unwrap();
    gateways::set_connections(&house.stage.stepped_up(&of.owner), &of.scope, of.gateway, &[of.connection, locked, vendor])
        .await
        .unwrap();
    let issue = async |id| house.issue_at(&house.url, &of.secret, of.team, id, json!({})).await.0;
    assert_eq!((issue(locked).await, issue(vendor).await), (200, 200));
    // The token of the one reaches the other: Amazon makes it good for the whole grant.
    let report = incidents::Report::of(model::incident::Kind::LeakedSecret, "A token was seen");
    let incident = incidents::report(&of.owner, &of.scope, report).await.unwrap();
    let incident = incidents::enter(&of.owner, &of.scope, incident).await.unwrap();
    let lock = model::incident::MeasureKind::LockConnection;
    incidents::order(&house.stage.stepped_up(&of.owner), &incident, lock, locked.0).await.unwrap();
    assert_eq!((issue(locked).await, issue(vendor).await, issue(of.connection).await), (423, 423, 200));
    // Nor does another profile of the grant lead round it.
    assert_eq!(why(choose(&of, choice, FR, "Nordlicht FR").await), "SellerLocked");
    connections::disconnect(&house.stage.stepped_up(&of.owner), &of.scope, vendor, "Fjordholz ads").await.unwrap();
    let choice = house.profiles(&of, app).await;
    assert_eq!(why(choose(&of, choice, VENDOR, "Fjordholz ads").await), "SellerLocked");
});

on_both_databases!(a_withdrawn_consent_is_told_once_for_all_of_its_profiles, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let app = house.ads_app(&of).await;
    let choice = house.profiles(&of, app).await;
    let mut ids = Vec::new();
    for (profile, name) in [(DE, "Nordlicht DE"), (FR, "Nordlicht FR"), (VENDOR, "Fjordholz")] {
        ids.push(choose(&of, choice, profile, name).await.unwrap());
    }
    house.simulator.revoke(ADVERTISERS[0].id);
    connections::test(&of.owner, &of.scope, ids[1]).await.unwrap_err();
    for id in &ids {
        let state = connections::get(&of.owner, &of.scope, *id).await.unwrap().state;
        assert_eq!(state, ConnectionState::NeedsReauthorization);
    }
    assert_eq!(house.stage.events(&of.scope, Action::ReauthorizationRequired).await.len(), 3);
    let mails = house.stage.mails_to("ada@example.com").await;
    let told: Vec<_> = mails.iter().filter(|mail| mail.subject.contains("must be authorized again")).collect();
    assert_eq!(told.len(), 1);
    assert!(told[0].text.contains("Nordlicht DE") && told[0].text.contains("Fjordholz"), "{}", told[0].text);
    house.watch().await;
    let open = backend::alerts::list(&of.owner, &of.scope).await.unwrap().open;
    assert!(open.iter().all(|alert| alert.rule != model::alert::Rule::AppFailing), "{open:?}");
});

on_both_databases!(a_grant_counts_from_the_day_of_its_consent_however_often_it_is_entered, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let app = house.ads_app(&of).await;
    let list = async |days| connections::list_profiles(&of.owner, &of.scope, new_grant(&of, app, Region::Eu, days)).await;
    assert_eq!(why(list(-1).await), "ConsentedInFuture");
    let first = list(300).await.unwrap();
    let first = choose(&of, first, DE, "Nordlicht DE").await.unwrap();
    let later = list(0).await.unwrap();
    let later = choose(&of, later, FR, "Nordlicht FR").await.unwrap();
    let since = async |id| connections::get(&of.owner, &of.scope, id).await.unwrap().authorized_at;
    let began = of.owner.now() - Duration::days(300);
    assert_eq!((since(first).await, since(later).await), (began, began));
    connections::replace_refresh_token(
        &house.stage.stepped_up(&of.owner),
        &of.scope,
        first,
        token(ADVERTISERS[0].refresh_token),
    )
    .await
    .unwrap();
    assert_eq!(since(first).await, began);
    let fresh = house.simulator.grant(APPS[2].client_id, ADVERTISERS[0].id);
    connections::replace_refresh_token(&house.stage.stepped_up(&of.owner), &of.scope, first, token(&fresh)).await.unwrap();
    assert_eq!(since(first).await, of.owner.now());
});

on_both_databases!(an_older_portal_finds_no_profile_that_it_would_take_for_a_seller, async |stage: Stage| {
    use migrations::{Migrator, MigratorTrait};
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let app = house.ads_app(&of).await;
    let choice = house.profiles(&of, app).await;
    let vendor = choose(&of, choice, VENDOR, "Fjordholz").await.unwrap();
    gateways::set_connections(&house.stage.stepped_up(&of.owner), &of.scope, of.gateway, &[of.connection, vendor])
        .await
        .unwrap();
    let db = &house.stage.portal.db;
    let newer = Migrator::migrations().into_iter().skip_while(|one| one.name() != "m0032_advertising").count();
    Migrator::down(db.reader(), u32::try_from(newer).ok()).await.unwrap();
    let read = async |text: &str| column_of(db, text).await.join(" ");
    // What the parser of its time took: an A, then letters and digits.
    assert_eq!(read("SELECT seller_id AS row FROM connection WHERE state = 'disconnected'").await, "AFROMADVERTISING");
    let live = "SELECT CAST(COUNT(*) AS TEXT) AS row FROM";
    assert_eq!(read(&format!("{live} gateway_connection")).await, "1");
    assert_eq!(read(&format!("{live} connection WHERE refresh_token IS NOT NULL")).await, "1");
    assert_eq!(read(&format!("{live} lwa_app WHERE length(secret) > 0 AND removed_at IS NULL")).await, "1");
    Migrator::up(db.reader(), None).await.unwrap();
    assert_eq!(house.issue(&of, json!({})).await.0, 200);
    assert_eq!(connections::list(&of.owner, &of.scope).await.unwrap().len(), 2);
});
