//! Faults that a hostile reading of the code found, each with the test that shows it gone.

use backend::{
    Cx, Portal, access, audit, connections, gateways, jobs,
    login::{self, LoginError},
    mail::{self, read_mailbox},
    store::audit_event::{Filter, Row},
    teams,
};
use chrono::Duration;
use model::engagement::Engagement;
use model::{Environments, Permission, Role, audit::Action};
use reqwest::{Method, header};
use serde_json::json;
use server::simulator::{Fault, Part};

use crate::{
    browser::Browser,
    house::{Furnished, House, why},
    on_both_databases,
    support::Stage,
};

const SANDBOX: Environments = Environments { production: false, sandbox: true };

async fn refusals(house: &House, of: &Furnished, action: Action) -> Vec<String> {
    let events = house.stage.events(&of.scope, action).await;
    events.into_iter().filter_map(|event: Row| event.reason).collect()
}

/// Mails but those about alerts and Reviews, which come beside.
/// But for alerts, and what somebody hears who does not use their account.
async fn mails_to(portal: &Portal, house: &House, email: &str) -> usize {
    for _ in 0..3 {
        mail::deliver_due(portal).await.unwrap();
    }
    let mails = read_mailbox(&house.stage.folder.join("mail")).unwrap().into_iter();
    let beside =
        |subject: &str| subject.starts_with("Team of ") || subject.contains("account") || subject.contains("access");
    mails.filter(|mail| mail.to == email && !beside(&mail.subject)).count()
}

on_both_databases!(what_a_role_an_environment_or_an_old_proof_refuses_is_in_the_log, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let bob = house.member(&of, "bob", Role::Auditor, Environments::BOTH).await;
    let eve = house.member(&of, "eve", Role::Admin, SANDBOX).await;
    assert_eq!(why(access::enter(&bob, of.team, Permission::ManageGateways).await), "NotPermitted(ManageGateways)");
    let scope = access::enter(&eve, of.team, Permission::ManageGateways).await.unwrap();
    assert_eq!(why(gateways::disable(&eve, &scope, of.gateway).await), "Access(EnvironmentClosed(Production))");
    assert!(why(gateways::create_key(&of.owner, &of.scope, of.gateway, 7, None).await).contains("StepUpRequired"));
    let eve = house.stage.stepped_up(&eve);
    let refused =
        teams::invite(&eve, &scope, &"x@example.com".parse().unwrap(), Role::Owner, SANDBOX, Engagement::Employee).await;
    assert_eq!(why(refused), "AboveOwnRole(Owner)");
    let mut reasons = refusals(&house, &of, Action::AccessRefused).await;
    reasons.sort();
    assert_eq!(reasons, ["above-own-role", "environment-closed", "not-permitted", "step-up-required"]);
});

on_both_databases!(every_page_of_the_log_that_is_read_is_an_event, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let newest = audit::read(&of.owner, &of.scope, &Filter::default()).await.unwrap().rows.remove(0);
    let older = Filter { before: Some((newest.at, newest.id)), ..Filter::default() };
    audit::read(&of.owner, &of.scope, &older).await.unwrap();
    assert_eq!(house.stage.events(&of.scope, Action::LogRead).await.len(), 2);
});

on_both_databases!(a_key_that_was_right_and_is_dead_is_in_its_teams_log, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    gateways::revoke_key(&of.owner, &of.scope, of.gateway, of.key).await.unwrap();
    assert_eq!(house.issue(&of, json!({})).await.0, 401);
    let events = house.stage.events(&of.scope, Action::GatewayRefused).await;
    assert_eq!(events.len(), 1);
    assert_eq!((events[0].reason.as_deref(), events[0].credential_id), (Some("key-revoked"), Some(of.key.0)));
    assert_eq!(events[0].actor_id, Some(of.gateway.0));
});

on_both_databases!(amazons_own_refusal_counts_for_more_than_a_gateways_report, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let path = format!("/api/gateway/v1/teams/{}/connections/{}/feedback", of.team, of.connection);
    let report = |generation: i64| {
        let detail = "The LWA secret token you provided has expired";
        json!({ "generation": generation, "sp_api_status": 403, "sp_api_code": "Unauthorized", "sp_api_detail": detail })
    };
    let send = async |generation| house.ask(Method::POST, &of.secret, &path).json(&report(generation)).send().await.unwrap();
    assert_eq!(send(0).await.status(), 204);
    assert!(house.stage.events(&of.scope, Action::LwaAppRejected).await.is_empty(), "an older token says nothing");
    assert_eq!(send(1).await.status(), 204);
    assert_eq!(refusals(&house, &of, Action::LwaAppRejected).await, ["client_secret_expired"]);
    house.simulator.fail(Part::Lwa, Fault::InvalidClient, 1000);
    house.stage.advance(Duration::hours(2));
    let before = house.simulator.token_calls();
    for _ in 0..10 {
        assert_eq!(house.issue(&of, json!({})).await.1["code"], "lwa-client-rejected");
    }
    assert_eq!(house.simulator.token_calls() - before, 1, "Amazon is asked once");
    assert_eq!(refusals(&house, &of, Action::LwaAppRejected).await.len(), 2);
});

on_both_databases!(a_gateway_that_hangs_up_loses_nothing, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    house.stage.advance(Duration::minutes(59));
    house.simulator.fail(Part::Lwa, Fault::Slow { ms: 1000 }, 1);
    let impatient = house.issue_request(&house.url, &of).timeout(std::time::Duration::from_millis(300));
    assert!(impatient.send().await.unwrap_err().is_timeout());
    tokio::time::sleep(std::time::Duration::from_millis(1500)).await;
    let calls = house.simulator.token_calls();
    let (status, body) = house.issue(&of, json!({})).await;
    assert_eq!((status, &body["generation"], &body["refreshed"]), (200, &json!(2), &json!(false)), "{body}");
    assert_eq!(house.simulator.token_calls(), calls);
});

on_both_databases!(who_leaves_takes_their_invitations_with_them, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let eve = house.stage.stepped_up(&house.member(&of, "eve", Role::Admin, Environments::BOTH).await);
    let scope = access::enter(&eve, of.team, Permission::ManageMembers).await.unwrap();
    teams::invite(&eve, &scope, &"eve2@example.com".parse().unwrap(), Role::Admin, Environments::BOTH, Engagement::Employee)
        .await
        .unwrap();
    let kept = house.invite(&of, "carl@example.com", Role::Auditor, Environments::BOTH).await;
    let owner = house.stage.stepped_up(&of.owner);
    teams::remove_member(&owner, &of.scope, eve.signed_in().unwrap().user).await.unwrap();
    let open = teams::invitations(&owner, &of.scope).await.unwrap();
    assert_eq!(open.iter().map(|open| open.id).collect::<Vec<_>>(), [kept]);
    assert_eq!(house.stage.events(&of.scope, Action::InvitationRevoked).await.len(), 1);
});

on_both_databases!(a_team_keeps_an_owner_of_each_environment, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let owner = house.stage.stepped_up(&of.owner);
    let ada = owner.signed_in().unwrap().user;
    let change = async |cx: &Cx, who, role, environments| teams::change_member(cx, &of.scope, who, role, environments).await;
    assert_eq!(why(change(&owner, ada, Role::Owner, SANDBOX).await), "LastOwnerOf(Production)");
    let bob = house.member(&of, "bob", Role::Owner, SANDBOX).await;
    assert_eq!(why(change(&owner, ada, Role::Admin, Environments::BOTH).await), "LastOwnerOf(Production)");
    // Nobody takes from others what is closed to themselves.
    let scope = access::enter(&bob, of.team, Permission::ManageMembers).await.unwrap();
    let taken = teams::change_member(&house.stage.stepped_up(&bob), &scope, ada, Role::Owner, SANDBOX).await;
    assert_eq!(why(taken), "Access(EnvironmentClosed(Production))");
});

on_both_databases!(strangers_cannot_pause_a_persons_confirmation, async |stage: Stage| {
    let house = House::on(stage).await;
    let ada = house.stage.person("ada").await;
    for round in 0..6 {
        house.stage.advance(Duration::hours(25));
        let stranger = house.stage.visitor(&house.stage.next_address());
        let asked = login::ask(&stranger, "ada@example.com").await.unwrap();
        for _ in 0..5 {
            let _ = login::sign_in(&stranger, asked.challenge, "00000000").await;
        }
        assert!(round < 10);
    }
    let stranger = house.stage.visitor(&house.stage.next_address());
    house.stage.advance(Duration::minutes(2));
    let asked = login::ask(&stranger, "ada@example.com").await.unwrap();
    let paused = login::sign_in(&stranger, asked.challenge, "00000000").await;
    assert!(matches!(paused, Err(LoginError::Paused { .. })), "{paused:?}");
    house.stage.advance(Duration::minutes(1));
    let asked = login::ask_step_up(&ada, None).await.unwrap();
    let code = house.stage.code_for("ada@example.com").await;
    login::step_up(&ada, asked.challenge, &code).await.unwrap();
});

on_both_databases!(invitations_are_no_way_to_flood_a_mailbox, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let owner = house.stage.stepped_up(&of.owner);
    let email = "stranger@example.com".parse().unwrap();
    let mut sent = 0;
    for _ in 0..20 {
        sent += usize::from(
            teams::invite(&owner, &of.scope, &email, Role::Auditor, SANDBOX, Engagement::Employee).await.is_ok(),
        );
    }
    assert_eq!((sent, mails_to(&house.stage.portal, &house, "stranger@example.com").await), (3, 3));
});

on_both_databases!(one_holder_of_ipv6_addresses_counts_once, async |stage: Stage| {
    let house = House::on(stage).await;
    let limited = async |n: u32| {
        let cx = house.stage.visitor(&format!("2001:db8:1:2::{n:x}"));
        matches!(login::ask(&cx, &format!("p{n}@example.com")).await, Err(LoginError::TooManyAsks { .. }))
    };
    let mut refused = 0;
    for n in 1..100 {
        refused += usize::from(limited(n).await);
    }
    assert!(refused > 50, "{refused}");
    let neighbour = house.stage.visitor("2001:db8:1:3::1");
    login::ask(&neighbour, "neighbour@example.com").await.unwrap();
});

on_both_databases!(a_noisy_key_does_not_fill_the_log, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let (mut good, mut limited) = (0, 0);
    for _ in 0..400 {
        let response = house.issue_request(&house.url, &of).send().await.unwrap();
        let headers = response.headers().clone();
        assert!(headers.contains_key("ratelimit-policy"), "every answer to a key tells of its limit");
        match response.status().as_u16() {
            200 => good += 1,
            429 => {
                limited += 1;
                assert_eq!(headers["ratelimit"], "\"key\";r=0");
                assert!(headers.contains_key(header::RETRY_AFTER));
            }
            other => panic!("{other}"),
        }
    }
    assert_eq!((good, limited), (300, 100), "the clock stands still");
    let recorded = refusals(&house, &of, Action::CredentialIssued).await;
    assert_eq!(recorded, ["rate-limited"], "one of each interval");
});

on_both_databases!(a_batch_and_a_refusal_tell_of_the_limit, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let path = format!("/api/gateway/v1/teams/{}/credentials:batch", of.team);
    let body = json!({ "items": [{ "connection_id": of.connection.to_string() }] });
    let batch = house.ask(Method::POST, &of.secret, &path).json(&body).send().await.unwrap();
    assert_eq!(batch.headers()["ratelimit"], "\"key\";r=299");
    let nowhere =
        format!("/api/gateway/v1/teams/{}/connections/{}/credentials", of.team, model::ids::ConnectionId(of.key.0));
    let refused = house.ask(Method::POST, &of.secret, &nowhere).json(&json!({})).send().await.unwrap();
    assert_eq!((refused.status().as_u16(), &refused.headers()["ratelimit"]), (404, &"\"key\";r=298".parse().unwrap()));
    assert_eq!(refused.headers()["content-security-policy"], "default-src 'none'; frame-ancestors 'none'");
    for bare in ["/api/gateway/v1", "/api/gateway/v1/", "/api/gateway/v1/nothing"] {
        let nothing = house.ask(Method::GET, &of.secret, bare).send().await.unwrap();
        assert_eq!(
            (nothing.status().as_u16(), &nothing.headers()["content-type"]),
            (404, &"application/problem+json".parse().unwrap())
        );
    }
});

on_both_databases!(a_refused_status_is_no_refused_credential, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let nothing = format!("/api/gateway/v1/teams/{}/connections/{}", of.team, model::ids::ConnectionId(of.key.0));
    assert_eq!(house.ask(Method::GET, &of.secret, &nothing).send().await.unwrap().status(), 404);
    assert!(house.stage.events(&of.scope, Action::CredentialRefused).await.is_empty());
    assert_eq!(refusals(&house, &of, Action::GatewayRefused).await, ["connection-not-found"]);
});

on_both_databases!(a_browser_that_was_ended_does_not_come_back, async |stage: Stage| {
    let house = House::on(stage).await;
    let mut ada = Browser::signed_in(&house, "ada@example.com").await;
    let before = ada.cookie.clone();
    ada.step_up("ada@example.com").await;
    let now = std::mem::replace(&mut ada.cookie, before);
    // With the cookie from before the step-up: asked for by two at once, neither may revive it.
    let (one, two) = tokio::join!(
        ada.request(Method::POST, "/act/ask_confirmation").header("Sec-Fetch-Site", "same-origin").send(),
        ada.request(Method::GET, "/account").send()
    );
    assert_eq!(one.unwrap().status(), 401);
    assert_eq!(two.unwrap().status(), 303);
    ada.cookie = now;
    assert_eq!(ada.get("/account").await.status(), 200);
});

on_both_databases!(people_are_told_before_a_key_ends_and_when_a_grant_is_refused, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let portal = &house.stage.portal;
    let before = mails_to(portal, &house, "ada@example.com").await;
    for _ in 0..100 {
        jobs::run_due(portal).await.unwrap();
        jobs::run_due(&house.stage.replica().await).await.unwrap();
        house.stage.advance(Duration::days(1));
    }
    assert_eq!(mails_to(portal, &house, "ada@example.com").await - before, 3);
    assert_eq!(house.stage.events(&of.scope, Action::GatewayKeyEndAnnounced).await.len(), 3);
    let (_, secret) = house.key(&of.owner, &of.scope, of.gateway).await;
    house.simulator.fail(Part::Lwa, Fault::InvalidGrant, 1);
    assert_eq!(
        house.issue_at(&house.url, &secret, of.team, of.connection, json!({})).await.1["code"],
        "reauthorization-required"
    );
    assert_eq!(mails_to(portal, &house, "ada@example.com").await - before, 4);
    let connection = connections::get(&of.owner, &of.scope, of.connection).await.unwrap();
    assert_eq!(connection.state, model::connection::ConnectionState::NeedsReauthorization);
});

on_both_databases!(a_changed_role_gives_the_browser_a_new_id, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let bob = house.member(&of, "bob", Role::Auditor, Environments::BOTH).await;
    let mut browser = Browser::signed_in_later(&house, "bob@example.com").await;
    assert_eq!(browser.get("/account").await.status(), 200);
    let before = browser.cookie.clone();
    let owner = house.stage.stepped_up(&of.owner);
    teams::change_member(&owner, &of.scope, bob.signed_in().unwrap().user, Role::Admin, Environments::BOTH).await.unwrap();
    assert_eq!(browser.get("/account").await.status(), 200);
    let after = browser.cookie.clone();
    assert_ne!(before, after);
    assert_eq!(browser.get("/account").await.status(), 200);
    assert_eq!(browser.cookie, after, "once");
    browser.cookie = before;
    assert_eq!(browser.get("/account").await.status(), 303, "the old one is worth nothing");
});
