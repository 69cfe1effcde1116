use backend::{
    alerts::{self, AlertError},
    jobs,
    store::alert_setting::{Delivery, Setting},
};
use chrono::Duration;
use model::{
    alert::{Rule, Severity},
    audit::Action,
};

use super::Guarded;
use crate::on_both_databases;

on_both_databases!(what_is_open_is_counted_and_an_answer_closes_it, |stage| async move {
    let guarded = Guarded::on(stage).await;
    let (owner, scope) = (&guarded.made.owner, &guarded.made.scope);
    for _ in 0..3 {
        guarded.plant(guarded.event(Action::LogExported)).await;
        assert_eq!(guarded.fired(Rule::LogExported).await.len(), 1);
    }
    let alert = guarded.fired(Rule::LogExported).await.remove(0);
    assert_eq!(alert.occurrences, 3);
    let missing = alerts::acknowledge(owner, scope, alert.id, "  ").await;
    assert!(matches!(missing, Err(AlertError::NoteMissing)), "{missing:?}");
    alerts::acknowledge(owner, scope, alert.id, "Our yearly audit").await.unwrap();
    let twice = alerts::acknowledge(owner, scope, alert.id, "again").await;
    assert!(matches!(twice, Err(AlertError::Answered)), "{twice:?}");
    assert!(guarded.fired(Rule::LogExported).await.is_empty());
    let said = alerts::list(owner, scope).await.unwrap().acknowledged;
    let answer = said.iter().find(|one| one.id == alert.id).unwrap().acknowledged.clone().unwrap();
    assert_eq!((answer.name.as_str(), answer.note.as_str()), ("ada@example.com", "Our yearly audit"));
    guarded.plant(guarded.event(Action::LogExported)).await;
    assert_eq!(guarded.fired(Rule::LogExported).await.len(), 1, "the next one is another alert");
    let raised = guarded.house.stage.events(scope, Action::AlertRaised).await;
    assert_eq!(raised.iter().filter(|event| event.details.contains("log_exported")).count(), 2);
});

on_both_databases!(one_who_answered_is_left_alone_for_an_hour, |stage| async move {
    let guarded = Guarded::on(stage).await;
    let app = backend::audit::Target::lwa_app(guarded.made.app, &"Our app".parse().unwrap());
    let fails = || guarded.plant(guarded.event(Action::LwaAppRejected).on(app.clone()).failed("invalid_client"));
    fails().await;
    let alert = guarded.fired(Rule::AppFailing).await.remove(0);
    alerts::acknowledge(&guarded.made.owner, &guarded.made.scope, alert.id, "rotating").await.unwrap();
    fails().await;
    assert!(guarded.fired(Rule::AppFailing).await.is_empty());
    guarded.house.stage.advance(Duration::minutes(61));
    fails().await;
    assert_eq!(guarded.fired(Rule::AppFailing).await.len(), 1);
});

on_both_databases!(a_team_sets_its_own_thresholds, |stage| async move {
    let guarded = Guarded::on(stage).await;
    let (owner, scope) = (&guarded.house.stage.stepped_up(&guarded.made.owner), &guarded.made.scope);
    let set = |rule, threshold, off| alerts::set_rule(owner, scope, rule, Setting { threshold, off });
    assert!(matches!(set(Rule::RefusedCalls, Some(0), false).await, Err(AlertError::Threshold { least: 1, most: 10_000 })));
    assert!(matches!(set(Rule::CanaryUsed, None, true).await, Err(AlertError::NeverOff)));
    set(Rule::RefusedCalls, Some(1), false).await.unwrap();
    set(Rule::LogExported, None, true).await.unwrap();
    guarded.plant(guarded.event(Action::LogExported)).await;
    let foreign = "con_0190000000007000800000000000dead".parse().unwrap();
    let made = &guarded.made;
    guarded.house.issue_at(&guarded.house.url, &made.secret, made.team, foreign, serde_json::json!({})).await;
    assert_eq!(guarded.fired(Rule::RefusedCalls).await.len(), 1);
    assert!(guarded.fired(Rule::LogExported).await.is_empty());
});

on_both_databases!(quiet_hours_hold_back_all_but_the_gravest, |stage| async move {
    let guarded = Guarded::on(stage).await;
    let (owner, scope, stage) = (&guarded.made.owner, &guarded.made.scope, &guarded.house.stage);
    jobs::run_due(&stage.portal).await.unwrap();
    let before = stage.mails_to("ada@example.com").await.len();
    // The tests' clock begins at 14:13.
    let delivery = Delivery { mail_from: Severity::Notice, quiet: "14-18".parse().ok() };
    alerts::set_delivery(&stage.stepped_up(owner), scope, delivery).await.unwrap();
    // That the telling was changed is told too, whatever was chosen; and waits like any warning.
    assert_eq!(guarded.fired(Rule::WatchChanged).await.len(), 1);
    guarded.plant(guarded.event(Action::LogExported)).await;
    guarded.look().await;
    jobs::run_due(&stage.portal).await.unwrap();
    assert_eq!(stage.mails_to("ada@example.com").await.len(), before, "a notice waits");
    let app = backend::audit::Target::lwa_app(guarded.made.app, &"Our app".parse().unwrap());
    guarded.plant(guarded.event(Action::LwaAppRejected).on(app).failed("invalid_client")).await;
    guarded.look().await;
    jobs::run_due(&stage.portal).await.unwrap();
    let mails = stage.mails_to("ada@example.com").await;
    assert_eq!(mails.len(), before + 1);
    assert_eq!(mails.last().unwrap().subject, "Team of ada: An LWA app fails");
    stage.advance(Duration::hours(4));
    jobs::run_due(&stage.portal).await.unwrap();
    let mails = stage.mails_to("ada@example.com").await;
    assert_eq!(mails.last().unwrap().subject, "Team of ada: What is watched was changed, and 1 more");
    assert!(mails.last().unwrap().text.contains("The log was exported"));
});
