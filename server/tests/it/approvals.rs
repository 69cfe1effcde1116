//! E7: the gravest acts take two people.

use backend::{
    Cx, TeamScope,
    access::{self, AccessError},
    approvals::{self, ApprovalError, approve, ask, withdraw},
    audit, incidents, teams,
};
use chrono::Duration;
use model::{
    Environments, Permission, Role,
    approval::{ALONE_WITHIN, ASKED_FOR, GIVEN_FOR, GraveAct},
    audit::Action,
    incident::Kind,
};
use reqwest::{Method, StatusCode};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::json;

use crate::{
    browser::Browser,
    house::{Furnished, House},
    on_both_databases,
    support::Stage,
};

const NAME: &str = "Team of ada";
const LOG: GraveAct = GraveAct::ExportLog;
const TEAM: GraveAct = GraveAct::DeleteTeam;

/// A Team of three who may ask for the log, two of them owners.
async fn staffed(stage: Stage) -> (House, Furnished, Cx, Cx) {
    let house = House::on(stage).await;
    let ada = house.furnished("ada").await;
    let bob = house.member(&ada, "bob", Role::Owner, Environments::BOTH).await;
    let eve = house.member(&ada, "eve", Role::Auditor, Environments::BOTH).await;
    house.stage.advance(Duration::seconds(1));
    (house, ada, bob, eve)
}

async fn as_of(house: &House, of: &Furnished, cx: &Cx) -> (Cx, TeamScope) {
    let cx = house.stage.stepped_up(cx);
    let scope = access::enter(&cx, of.team, Permission::ViewTeam).await.unwrap();
    (cx, scope)
}

async fn acts(of: &Furnished) -> u64 {
    backend::store::audit_event::acts(of.owner.portal.db.reader(), &of.scope).await.unwrap()
}

on_both_databases!(nobody_exports_the_whole_log_alone_in_one_piece_or_in_several, async |stage: Stage| {
    let (house, ada, bob, eve) = staffed(stage).await;
    let (eve, of_eve) = as_of(&house, &ada, &eve).await;
    let (bob, of_bob) = as_of(&house, &ada, &bob).await;
    let take = async |cx: &Cx, scope: &TeamScope, wanted| audit::note_export(cx, scope, "csv", wanted).await;
    let refused = |result: Result<(), AccessError>| {
        assert!(matches!(result, Err(AccessError::ApprovalRequired(GraveAct::ExportLog))), "{result:?}");
    };
    let all = acts(&ada).await;
    refused(take(&eve, &of_eve, all).await);
    refused(take(&eve, &of_eve, all / 2 + 2).await);
    // Reading the log, and being refused, make it no longer.
    for _ in 0..60 {
        audit::read(&eve, &of_eve, &Default::default()).await.unwrap();
    }
    refused(take(&eve, &of_eve, all / 2 + 2).await);
    // A half at the same time as another one: one of them alone; and then nobody of the Team takes more.
    let halves = tokio::join!(take(&bob, &of_bob, all / 2), take(&bob, &of_bob, all / 2));
    assert!(halves.0.is_ok() != halves.1.is_ok(), "{halves:?}");
    refused(take(&bob, &of_bob, all / 2).await);
    refused(take(&eve, &of_eve, all / 2).await);

    let asked = ask(&eve, &of_eve, LOG, "").await.unwrap();
    let alone = approve(&eve, &of_eve, LOG, asked, "").await;
    println!("figure E7: {} exports of everything by one person alone", usize::from(alone.is_ok()));
    assert!(matches!(alone, Err(ApprovalError::Alone)));
    refused(take(&eve, &of_eve, all).await);
    // Whoever came after the question is no second person.
    let carol = house.member(&ada, "carol", Role::Owner, Environments::BOTH).await;
    let (carol, of_carol) = as_of(&house, &ada, &carol).await;
    assert!(matches!(approve(&carol, &of_carol, LOG, asked, "").await, Err(ApprovalError::Alone)));
    approve(&bob, &of_bob, LOG, asked, "").await.unwrap();
    assert!(matches!(approve(&bob, &of_bob, LOG, asked, "").await, Err(ApprovalError::Over)));
    let mails = house.stage.mails_to("eve@example.com").await;
    assert!(
        mails.iter().any(|mail| mail.text.contains("bob@example.com approved that you export the whole log of Team of ada"))
    );
    // Asked again, what was given stays.
    ask(&eve, &of_eve, LOG, "").await.unwrap();
    let all = acts(&ada).await;
    take(&eve, &of_eve, all).await.unwrap();
    // It is the asker's alone, and for a day.
    refused(take(&bob, &of_bob, all).await);
    house.stage.advance(GIVEN_FOR);
    let (eve, of_eve) = as_of(&house, &ada, &eve).await;
    refused(take(&eve, &of_eve, all).await);
    // What somebody took a year ago counts no more.
    house.stage.advance(ALONE_WITHIN);
    let (eve, of_eve) = as_of(&house, &ada, &eve).await;
    take(&eve, &of_eve, acts(&ada).await / 2).await.unwrap();
    let took = house.stage.events(&ada.scope, Action::LogExported).await;
    assert_eq!(took.iter().filter(|event| event.details.contains("\"approval\":\"apr_")).count(), 1);
});

on_both_databases!(an_export_of_all_leads_to_the_page_that_asks_for_it, async |stage: Stage| {
    let (house, ada, bob, _) = staffed(stage).await;
    house.sequence().await;
    let path = format!("/teams/{}/log/export", ada.team);
    let mut browser = Browser::confirmed(&house, "ada@example.com").await;
    let mut post = async |action: &str| {
        let request = browser.request(Method::POST, &path).form(&[("format", "csv"), ("action", action)]);
        browser.send(request.header("Sec-Fetch-Site", "same-origin")).await
    };
    let asked = post("").await;
    assert_eq!(asked.status(), StatusCode::SEE_OTHER);
    let page = asked.headers()["location"].to_str().unwrap().to_owned();
    assert_eq!(page, format!("/teams/{}/approvals?for=export", ada.team));
    assert_eq!(post("gateway_key.").await.status(), StatusCode::OK);
    let response = browser.post("ask_export", &[("team", &ada.team.to_string())]).await;
    assert_eq!(response.status(), StatusCode::OK);
    let shown = browser.get(&page).await.text().await.unwrap();
    assert!(shown.contains("This export takes two people") && shown.contains("Waits"));
    let (bob, of_bob) = as_of(&house, &ada, &bob).await;
    let one = approvals::list(&bob, &of_bob).await.unwrap().remove(0).id;
    approve(&bob, &of_bob, LOG, one, "").await.unwrap();
    let request = browser.request(Method::POST, &path).form(&[("format", "csv"), ("action", "")]);
    let file = browser.send(request.header("Sec-Fetch-Site", "same-origin")).await;
    assert!(file.text().await.unwrap().contains("team.created"));
});

on_both_databases!(a_team_is_deleted_by_two_owners_and_its_log_stays, async |stage: Stage| {
    let (house, ada, bob, eve) = staffed(stage).await;
    let hook = secrecy::SecretString::from("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    let (owner, scope) = as_of(&house, &ada, &ada.owner).await;
    for of in [backend::webhooks::For::Alerts, backend::webhooks::For::Gateway(ada.gateway)] {
        backend::webhooks::set(&owner, &scope, of, "http://127.0.0.1:9/hook", hook.clone(), None).await.unwrap();
    }
    house.invite(&ada, "frank@example.com", Role::Admin, Environments::BOTH).await;
    // An incident that is over, and something that follows; a Review that nobody signed; a rehearsal that nobody began.
    follows(&house, &ada).await;
    house.a_review(ada.team).await;
    incidents::ask_drill(&owner, &scope, model::incident::DrillKind::RevokeKey).await.unwrap();
    assert_eq!(house.issue(&ada, json!({})).await.0, 200);
    let (bob, of_bob) = as_of(&house, &ada, &bob).await;
    let (eve, _) = as_of(&house, &ada, &eve).await;

    let differs = ask(&owner, &scope, TEAM, "Team of bob").await;
    assert!(matches!(differs, Err(ApprovalError::NameDiffers)));
    let asked = ask(&owner, &scope, TEAM, NAME).await.unwrap();
    let alone = approve(&owner, &scope, TEAM, asked, NAME).await;
    println!("figure E7: {} Teams deleted by one person alone", usize::from(alone.is_ok()));
    assert!(matches!(alone, Err(ApprovalError::Alone)));
    assert!(matches!(approve(&bob, &of_bob, TEAM, asked, "").await, Err(ApprovalError::NameDiffers)));
    let other = approve(&bob, &of_bob, LOG, asked, "").await;
    assert!(matches!(other, Err(ApprovalError::Access(AccessError::NotFound))));
    assert_eq!(house.issue(&ada, json!({})).await.0, 200, "nothing has happened");
    approve(&bob, &of_bob, TEAM, asked, NAME).await.unwrap();

    let (status, body) = house.issue(&ada, json!({})).await;
    assert_eq!((status, body["code"].as_str()), (401, Some("invalid-gateway-key")));
    for cx in [&owner, &bob, &eve] {
        assert!(teams::mine(cx).await.unwrap().is_empty());
        assert!(matches!(access::enter(cx, ada.team, Permission::ViewTeam).await, Err(AccessError::NotFound)));
    }
    assert!(teams::my_invitations(&house.stage.person("frank").await).await.unwrap().is_empty());
    let secrets = "SELECT (SELECT COUNT(*) FROM connection WHERE refresh_token IS NOT NULL OR access_token IS NOT NULL)
        + (SELECT COUNT(*) FROM lwa_app WHERE length(secret) > 0 OR other_secret IS NOT NULL)
        + (SELECT COUNT(*) FROM webhook) + (SELECT COUNT(*) FROM member) AS n";
    let db = house.stage.portal.db.reader();
    let left = db.query_one_raw(Statement::from_string(db.get_database_backend(), secrets)).await.unwrap().unwrap();
    assert_eq!(left.try_get::<i64>("", "n").unwrap(), 0);
    // The log is all there, and says who asked.
    assert_eq!(house.stage.events(&ada.scope, Action::TeamCreated).await.len(), 1);
    let deleted = house.stage.events(&ada.scope, Action::TeamDeleted).await;
    assert_eq!(deleted[0].actor_name, "bob@example.com");
    assert!(deleted[0].details.contains(&owner.signed_in().unwrap().user.to_string()));
    for who in ["ada", "bob", "eve"] {
        let mails = house.stage.mails_to(&format!("{who}@example.com")).await;
        assert_eq!(mails.iter().filter(|mail| mail.subject.contains("A Team was deleted")).count(), 1, "{who}");
    }
    // Whoever was inside when it ended makes nothing in it any more, and no job opens anything for it.
    let known = crate::house::known_app();
    let late = backend::lwa_apps::NewLwaApp {
        name: "Late".parse().unwrap(),
        api: model::amazon::Api::SellingPartner,
        environment: model::Environment::Production,
        client_id: known.client_id.parse().unwrap(),
        client_secret: secrecy::SecretString::from(known.client_secret),
        application_id: None,
        is_draft: false,
        secret_made_at: owner.now(),
    };
    assert!(backend::lwa_apps::create(&owner, &scope, late).await.is_err());
    let late = incidents::report(&owner, &scope, incidents::Report::of(Kind::Other, "Late")).await;
    assert!(late.is_err() && audit::place_hold(&owner, &scope, "Late").await.is_err());
    let before = acts(&ada).await;
    for _ in 0..4 {
        house.stage.advance(Duration::days(40));
        backend::jobs::run_due(&house.stage.portal).await.unwrap();
    }
    assert_eq!(acts(&ada).await, before);
    // What was to be done in it keeps nobody else's from being told.
    let carol = house.furnished("carol").await;
    let other = follows(&house, &carol).await;
    house.stage.advance(Duration::days(2));
    for _ in 0..2 {
        backend::jobs::run_due(&house.stage.portal).await.unwrap();
    }
    assert!(house.stage.mails_to("carol@example.com").await.iter().any(|mail| mail.subject.contains(other)));
});

/// An incident that is over, of which something is still to be done; answers what.
async fn follows(house: &House, of: &Furnished) -> &'static str {
    let what = "Scan for keys";
    let (owner, scope) = as_of(house, of, &of.owner).await;
    let id = incidents::report(&owner, &scope, incidents::Report::of(Kind::Other, "Something odd")).await.unwrap();
    let incident = incidents::enter(&owner, &scope, id).await.unwrap();
    let soon = owner.now() + Duration::days(1);
    incidents::add_action_item(&owner, &incident, what, owner.signed_in().unwrap().user, soon).await.unwrap();
    let over = "UPDATE incident SET state = 'closed'";
    house.stage.portal.db.reader().execute_unprepared(over).await.unwrap();
    what
}

on_both_databases!(the_log_leaves_as_evidence_no_more_than_as_an_export, async |stage: Stage| {
    let (house, ada, bob, _) = staffed(stage).await;
    let (owner, scope) = as_of(&house, &ada, &ada.owner).await;
    house.sequence().await;
    let report = incidents::Report {
        detected_at: Some(owner.now() - Duration::days(900)),
        ..incidents::Report::of(Kind::Other, "Old")
    };
    let id = incidents::report(&owner, &scope, report).await.unwrap();
    let incident = incidents::enter(&owner, &scope, id).await.unwrap();
    incidents::take_evidence(&owner, &incident).await.unwrap();
    let pieces = incidents::locker(&owner, &incident).await.unwrap();
    let log = pieces.iter().find(|(piece, _)| piece.name.ends_with("-log.jsonl")).unwrap().0.id;
    let other = pieces.iter().find(|(piece, _)| piece.name.ends_with("how-things-stood.json")).unwrap().0.id;
    incidents::copy_evidence(&owner, &incident, other).await.unwrap();
    let alone = incidents::copy_evidence(&owner, &incident, log).await;
    assert!(format!("{alone:?}").contains("ApprovalRequired"), "{alone:?}");
    let asked = ask(&owner, &scope, LOG, "").await.unwrap();
    let (bob, of_bob) = as_of(&house, &ada, &bob).await;
    approve(&bob, &of_bob, LOG, asked, "").await.unwrap();
    incidents::copy_evidence(&owner, &incident, log).await.unwrap();
    assert_eq!(house.stage.events(&ada.scope, Action::LogExported).await.len(), 1);
    // Where nobody else could approve, an incident does not wait for them.
    let carol = house.furnished("carol").await;
    let (carol_cx, of_carol) = as_of(&house, &carol, &carol.owner).await;
    house.sequence().await;
    let id = incidents::report(&carol_cx, &of_carol, incidents::Report::of(Kind::Other, "Mine")).await.unwrap();
    let incident = incidents::enter(&carol_cx, &of_carol, id).await.unwrap();
    incidents::take_evidence(&carol_cx, &incident).await.unwrap();
    let pieces = incidents::locker(&carol_cx, &incident).await.unwrap();
    let log = pieces.iter().find(|(piece, _)| piece.name.ends_with("-log.jsonl")).unwrap().0.id;
    let carol_cx = house.stage.stepped_up(&carol_cx);
    incidents::copy_evidence(&carol_cx, &incident, log).await.unwrap();
});

on_both_databases!(who_may_not_touch_both_environments_approves_no_end, async |stage: Stage| {
    let house = House::on(stage).await;
    let ada = house.furnished("ada").await;
    house.member(&ada, "bob", Role::Owner, Environments { production: true, sandbox: false }).await;
    house.stage.advance(Duration::seconds(1));
    let (owner, scope) = as_of(&house, &ada, &ada.owner).await;
    assert!(matches!(ask(&owner, &scope, TEAM, NAME).await, Err(ApprovalError::NobodyElse)));
    // Mails to others have a limit.
    for _ in 0..4 {
        ask(&owner, &scope, LOG, "").await.unwrap();
    }
    assert!(matches!(ask(&owner, &scope, LOG, "").await, Err(ApprovalError::TooMany { .. })));
});

on_both_databases!(what_is_looked_into_keeps_the_team, async |stage: Stage| {
    let (house, ada, bob, _) = staffed(stage).await;
    let (owner, scope) = as_of(&house, &ada, &ada.owner).await;
    let (bob, of_bob) = as_of(&house, &ada, &bob).await;
    let asked = ask(&owner, &scope, TEAM, NAME).await.unwrap();
    let held = audit::place_hold(&owner, &scope, "Case 4711").await.unwrap();
    let keeps = |result: Result<(), ApprovalError>| {
        assert!(matches!(result, Err(ApprovalError::NotEnded(teams::NotEnded::LookedInto))), "{result:?}");
    };
    keeps(approve(&bob, &of_bob, TEAM, asked, NAME).await);
    audit::lift_hold(&owner, &scope, held).await.unwrap();
    incidents::report(&owner, &scope, incidents::Report::of(Kind::Other, "Something odd")).await.unwrap();
    keeps(approve(&bob, &of_bob, TEAM, asked, NAME).await);
    let again = ask(&owner, &scope, TEAM, NAME).await;
    assert!(matches!(again, Err(ApprovalError::NotEnded(_))), "{again:?}");
    assert_eq!(house.issue(&ada, json!({})).await.0, 200);
});

on_both_databases!(a_question_ends_with_a_week_with_its_asker_and_when_it_is_withdrawn, async |stage: Stage| {
    let (house, ada, bob, eve) = staffed(stage).await;
    let (owner, scope) = as_of(&house, &ada, &ada.owner).await;
    let (bob_now, of_bob) = as_of(&house, &ada, &bob).await;
    let (eve, of_eve) = as_of(&house, &ada, &eve).await;
    let first = ask(&eve, &of_eve, LOG, "").await.unwrap();
    // Asked again, the first one is over.
    let second = ask(&eve, &of_eve, LOG, "").await.unwrap();
    assert!(matches!(approve(&bob_now, &of_bob, LOG, first, "").await, Err(ApprovalError::Over)));
    withdraw(&eve, &of_eve, second).await.unwrap();
    assert!(matches!(approve(&bob_now, &of_bob, LOG, second, "").await, Err(ApprovalError::Over)));
    assert!(matches!(withdraw(&eve, &of_eve, second).await, Err(ApprovalError::Over)));
    // What was given is taken back by whoever could give it, not by everybody.
    let third = ask(&eve, &of_eve, LOG, "").await.unwrap();
    approve(&bob_now, &of_bob, LOG, third, "").await.unwrap();
    let oscar = house.member(&ada, "oscar", Role::Operator, Environments::BOTH).await;
    let (oscar, of_oscar) = as_of(&house, &ada, &oscar).await;
    assert!(matches!(withdraw(&oscar, &of_oscar, third).await, Err(ApprovalError::Access(AccessError::NotFound))));
    withdraw(&owner, &scope, third).await.unwrap();
    let whole = audit::note_export(&eve, &of_eve, "csv", acts(&ada).await).await;
    assert!(matches!(whole, Err(AccessError::ApprovalRequired(_))));

    // Questions have a limit.
    house.stage.advance(Duration::hours(5));
    let (owner, scope) = as_of(&house, &ada, &ada.owner).await;
    let (bob_now, of_bob) = as_of(&house, &ada, &bob).await;
    let (eve, of_eve) = as_of(&house, &ada, &eve).await;
    let fourth = ask(&eve, &of_eve, LOG, "").await.unwrap();
    teams::change_member(&owner, &scope, eve.signed_in().unwrap().user, Role::Operator, Environments::BOTH).await.unwrap();
    assert!(matches!(approve(&bob_now, &of_bob, LOG, fourth, "").await, Err(ApprovalError::AskerGone)));
    let seen = house.stage.events(&ada.scope, Action::AccessRefused).await;
    assert!(seen.iter().any(|event| event.reason.as_deref() == Some("second-person")));
    let fifth = ask(&owner, &scope, LOG, "").await.unwrap();
    house.stage.advance(ASKED_FOR);
    let (bob, of_bob) = as_of(&house, &ada, &bob).await;
    assert!(matches!(approve(&bob, &of_bob, LOG, fifth, "").await, Err(ApprovalError::Over)));
});

on_both_databases!(alone_in_a_team_there_is_nobody_to_ask, async |stage: Stage| {
    let house = House::on(stage).await;
    let ada = house.furnished("ada").await;
    let (owner, scope) = as_of(&house, &ada, &ada.owner).await;
    for act in GraveAct::ALL {
        assert!(matches!(ask(&owner, &scope, act, NAME).await, Err(ApprovalError::NobodyElse)));
    }
});
