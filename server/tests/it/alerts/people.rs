use backend::{audit::Event, login, teams};
use chrono::Duration;
use model::{Environments, Permission, Role, alert::Rule, audit::Action};

use super::Guarded;
use crate::on_both_databases;

on_both_databases!(codes_guessed_for_a_member, |stage| async move {
    let guarded = Guarded::on(stage).await;
    guarded.house.stage.advance(Duration::minutes(2));
    let visitor = guarded.house.stage.visitor("203.0.113.9");
    let asked = login::ask(&visitor, "ada@example.com").await.unwrap();
    for guess in 0..4 {
        login::sign_in(&visitor, asked.challenge, &format!("0000000{guess}")).await.unwrap_err();
    }
    assert!(guarded.fired(Rule::SignInRefused).await.is_empty());
    login::sign_in(&visitor, asked.challenge, "00000009").await.unwrap_err();
    let fired = guarded.fired(Rule::SignInRefused).await;
    assert_eq!(fired.len(), 1);
    assert_eq!(fired[0].subject.as_ref().unwrap().name, "ada@example.com");
    assert!(
        !fired[0].finding.contains("203.0.113.9"),
        "what happens outside the Team has no address in it: {}",
        fired[0].finding
    );
});

on_both_databases!(confirmations_that_fail, |stage| async move {
    let guarded = Guarded::on(stage).await;
    for _ in 0..2 {
        guarded.plant(Event::new(Action::StepUpRefused).refused("wrong_code")).await;
    }
    assert!(guarded.fired(Rule::StepUpRefused).await.is_empty());
    guarded.plant(Event::new(Action::StepUpRefused).refused("wrong_code")).await;
    assert_eq!(guarded.fired(Rule::StepUpRefused).await.len(), 1);
});

on_both_databases!(a_member_before_closed_doors, |stage| async move {
    let guarded = Guarded::on(stage).await;
    let auditor = guarded.house.member(&guarded.made, "eve", Role::Auditor, Environments::BOTH).await;
    for _ in 0..9 {
        backend::access::enter(&auditor, guarded.made.team, Permission::ManageMembers).await.unwrap_err();
    }
    assert!(guarded.fired(Rule::AccessRefused).await.is_empty());
    backend::access::enter(&auditor, guarded.made.team, Permission::ManageMembers).await.unwrap_err();
    let fired = guarded.fired(Rule::AccessRefused).await;
    assert_eq!(fired[0].subject.as_ref().unwrap().name, "eve@example.com");
});

on_both_databases!(a_member_who_becomes_an_owner, |stage| async move {
    let guarded = Guarded::on(stage).await;
    let member = guarded.house.member(&guarded.made, "bob", Role::Operator, Environments::BOTH).await;
    let user = member.signed_in().unwrap().user;
    let owner = guarded.house.stage.stepped_up(&guarded.made.owner);
    teams::change_member(&owner, &guarded.made.scope, user, Role::Admin, Environments::BOTH).await.unwrap();
    assert!(guarded.fired(Rule::OwnerMade).await.is_empty());
    teams::change_member(&owner, &guarded.made.scope, user, Role::Owner, Environments::BOTH).await.unwrap();
    let fired = guarded.fired(Rule::OwnerMade).await;
    assert_eq!(fired.len(), 1);
    assert_eq!(fired[0].subject.as_ref().unwrap().name, "bob@example.com");
    assert!(fired[0].finding.contains("ada@example.com"), "{}", fired[0].finding);
});

on_both_databases!(a_dormant_user_who_comes_back, |stage| async move {
    let guarded = Guarded::on(stage).await;
    guarded.house.stage.advance(Duration::days(29));
    guarded.house.another_session(&guarded.made.owner).await;
    assert!(guarded.fired(Rule::DormantUser).await.is_empty());
    guarded.house.stage.advance(Duration::days(31));
    guarded.house.another_session(&guarded.made.owner).await;
    let fired = guarded.fired(Rule::DormantUser).await;
    assert_eq!(fired.len(), 1);
    assert!(fired[0].finding.contains("31 days"), "{}", fired[0].finding);
});

on_both_databases!(a_secret_that_is_shown, |stage| async move {
    let guarded = Guarded::on(stage).await;
    assert!(guarded.fired(Rule::SecretShown).await.is_empty());
    guarded.house.key(&guarded.made.owner, &guarded.made.scope, guarded.made.gateway).await;
    let fired = guarded.fired(Rule::SecretShown).await;
    assert_eq!(fired.len(), 1);
    assert!(fired[0].finding.contains("Made a key of orders-sync"), "{}", fired[0].finding);
});

on_both_databases!(a_log_that_is_exported, |stage| async move {
    let guarded = Guarded::on(stage).await;
    guarded.plant(guarded.event(Action::LogRead)).await;
    assert!(guarded.fired(Rule::LogExported).await.is_empty());
    guarded.plant(guarded.event(Action::LogExported)).await;
    assert_eq!(guarded.fired(Rule::LogExported).await.len(), 1);
});

on_both_databases!(a_dormant_user_is_not_hidden_by_signing_in_twice, |stage| async move {
    let guarded = Guarded::on(stage).await;
    guarded.house.stage.advance(Duration::days(40));
    for _ in 0..2 {
        guarded.house.another_session(&guarded.made.owner).await;
    }
    assert_eq!(guarded.fired(Rule::DormantUser).await.len(), 1);
});

on_both_databases!(what_is_watched_is_changed, |stage| async move {
    let guarded = Guarded::on(stage).await;
    let owner = guarded.house.stage.stepped_up(&guarded.made.owner);
    assert!(guarded.fired(Rule::WatchChanged).await.is_empty());
    let off = backend::store::alert_setting::Setting { threshold: None, off: true };
    backend::alerts::set_rule(&owner, &guarded.made.scope, Rule::LogExported, off).await.unwrap();
    assert_eq!(guarded.fired(Rule::WatchChanged).await.len(), 1);
    let never = backend::alerts::set_rule(&owner, &guarded.made.scope, Rule::WatchChanged, off).await;
    assert!(never.is_err(), "whoever changes it is told of");
});
