use backend::incidents::{self, IncidentError, Line};
use chrono::Duration;
use futures::{StreamExt, stream};
use model::{
    Problem, Role,
    audit::Action,
    incident::{Duty, EntryKind, Kind, MeasureKind, Severity, State, Step, Unready},
};
use sea_orm::{ConnectionTrait, Statement};

use super::{Case, report};
use crate::{on_both_databases, support::Stage};

on_both_databases!(an_incident_goes_its_way_step_by_step, async |stage: Stage| {
    let case = Case::on(stage).await;
    let ada = &case.of.owner;
    let mails = case.house.stage.mails_to("bob@example.com").await;
    assert!(mails.iter().any(|mail| mail.subject.contains("was reported: A key in a repository")), "{mails:?}");
    // No step is skipped, none is taken before the one before it, none in the future.
    assert!(matches!(case.step(Step::Contain).await, Err(IncidentError::Step(_))));
    let scope = case.scope(ada).await;
    for at in [ada.now() - Duration::hours(1), ada.now() + Duration::seconds(1)] {
        assert!(incidents::take_step(ada, &scope, Step::Triage, Some(at), "Because", None).await.is_err());
    }
    assert!(incidents::take_step(ada, &scope, Step::Triage, None, "  ", None).await.is_err(), "a judgement has its reason");
    case.step(Step::Triage).await.unwrap();
    // Whoever acts on what they saw before is told so.
    assert!(matches!(
        incidents::take_step(ada, &scope, Step::Triage, None, "Because", None).await,
        Err(IncidentError::Changed)
    ));
    assert_eq!(case.scope(ada).await.duties()[0].duty, Duty::Commander, "who judges commands");
    // What is under way keeps it from being contained.
    incidents::order(ada, &case.scope(ada).await, MeasureKind::RotateSecret, case.of.app.0).await.unwrap();
    assert!(matches!(case.step(Step::Contain).await, Err(IncidentError::Unready(Unready::Measures(1)))));
    let tx = case.house.stage.portal.db.begin().await.unwrap();
    tx.execute_unprepared("UPDATE measure SET state = 'done'").await.unwrap();
    tx.commit().await.unwrap();
    for step in [Step::Contain, Step::Eradicate, Step::Recover, Step::Review, Step::Close] {
        case.house.stage.advance(Duration::minutes(5));
        if step == Step::Review {
            case.learn().await;
            case.settle_tasks().await;
        }
        if step == Step::Close {
            assert!(matches!(case.step(step).await, Err(IncidentError::Unready(Unready::Amazon))));
            case.settle_amazon(&case.scope(ada).await).await;
        }
        case.step(step).await.unwrap();
    }
    let scope = case.scope(ada).await;
    assert_eq!(scope.incident().progress.state, State::Closed);
    assert_eq!(scope.incident().progress.reached.len(), 7);
    assert!(matches!(incidents::write(ada, &scope, EntryKind::Note, None, "Too late").await, Err(IncidentError::Over)));
    assert!(matches!(incidents::set_severity(ada, &scope, Severity::Sev1).await, Err(IncidentError::Over)));
});

on_both_databases!(one_incident_goes_on_as_a_part_of_another, async |stage: Stage| {
    let case = Case::on(stage).await;
    let ada = &case.of.owner;
    let other = incidents::report(ada, &case.of.scope, report(Kind::LostDevice, false)).await.unwrap();
    let scope = case.scope(ada).await;
    for into in [None, Some(case.id)] {
        let refused = incidents::take_step(ada, &scope, Step::Merge, None, "The same", into).await;
        assert!(matches!(refused, Err(IncidentError::NoTarget)));
    }
    let early = ada.now() - Duration::hours(20);
    let tx = case.house.stage.portal.db.begin().await.unwrap();
    let moved = backend::store::incident::Incident { detected_at: early, ..scope.incident().clone() };
    backend::store::incident::write(&*tx, &scope, &moved).await.unwrap();
    tx.commit().await.unwrap();
    incidents::take_step(ada, &scope, Step::Merge, None, "The same", Some(other)).await.unwrap();
    let into = incidents::enter(ada, &case.of.scope, other).await.unwrap();
    assert_eq!(into.incident().detected_at, early, "Amazon's clock does not begin anew");
    assert_eq!(case.scope(ada).await.incident().merged_into, Some(other));
    let over = incidents::enter(ada, &case.of.scope, other).await.unwrap();
    assert!(incidents::take_step(ada, &over, Step::Merge, None, "Round", Some(case.id)).await.is_err(), "it is over");
});

on_both_databases!(a_thousand_who_take_over_at_once_leave_one_commander, async |stage: Stage| {
    let case = Case::on(stage).await;
    let mut people = vec![case.of.owner.clone(), case.bob.clone()];
    for n in 0..6 {
        people.push(case.house.member(&case.of, &format!("admin-{n}"), Role::Admin, model::Environments::BOTH).await);
    }
    let scope = case.scope(&case.of.owner).await;
    let taken = stream::iter(0..1000).map(|n| {
        let (cx, scope) = (&people[n % people.len()], &scope);
        async move { incidents::give_duty(cx, scope, Duty::Commander, cx.signed_in().unwrap().user).await.is_ok() }
    });
    let taken = taken.buffer_unordered(32).filter(|done| std::future::ready(*done)).count().await;
    let db = case.house.stage.portal.db.reader();
    let count = Statement::from_string(
        db.get_database_backend(),
        "SELECT COUNT(*) AS n FROM incident_duty WHERE duty = 'commander'",
    );
    let commanders: i64 = db.query_one_raw(count).await.unwrap().unwrap().try_get("", "n").unwrap();
    println!("{:?}: 1000 take-overs, {taken} done, {commanders} commander", db.get_database_backend());
    assert_eq!((taken, commanders), (1000, 1));
    let given = case.house.stage.events(&case.of.scope, Action::IncidentDutyGiven).await;
    assert_eq!(given.len(), 1000, "each is in the log");
});

on_both_databases!(the_timeline_holds_what_the_log_and_people_say, async |stage: Stage| {
    let case = Case::on(stage).await;
    let (ada, bob) = (&case.of.owner, &case.bob);
    let scope = case.scope(ada).await;
    let first =
        incidents::write(ada, &scope, EntryKind::Note, Some(ada.now() - Duration::hours(2)), "Seen at ten\nby Eve").await;
    let first = first.unwrap();
    for (body, word) in [("", "Write a few words"), (&"x".repeat(4001), "At most 4000")] {
        let refused = incidents::write(ada, &scope, EntryKind::Note, None, body).await.unwrap_err();
        assert!(Problem::from(&refused).message_for("body").unwrap().contains(word));
    }
    let secret = format!("It was {}", case.of.secret);
    let refused = incidents::write(ada, &scope, EntryKind::Note, None, &secret).await.unwrap_err();
    assert!(Problem::from(&refused).message_for("body").unwrap().contains("seems to hold a secret"));
    incidents::correct(bob, &scope, first, "It was eleven").await.unwrap();
    incidents::pin(bob, &scope, first, true).await.unwrap();
    incidents::order(ada, &scope, MeasureKind::LockConnection, case.of.connection.0).await.unwrap();
    case.house.issue(&case.of, serde_json::json!({})).await;
    let lines = incidents::timeline(ada, &case.scope(ada).await).await.unwrap();
    let entry = lines.iter().find_map(|line| match line {
        Line::Entry(entry, corrections) => Some((entry, corrections)),
        _ => None,
    });
    let (entry, corrections) = entry.unwrap();
    assert_eq!((entry.body.as_str(), entry.pinned, corrections.len()), ("Seen at ten\nby Eve", true, 1));
    assert_eq!(corrections[0].body, "It was eleven");
    let recorded = |action: Action| lines.iter().any(|line| matches!(line, Line::Event(row) if row.action == action));
    for action in [Action::MeasureOrdered, Action::LockPlaced, Action::ConnectionCreated] {
        assert!(recorded(action), "{action:?}");
    }
    assert!(!recorded(Action::IncidentWritten), "what is written stands there as itself");
    assert!(lines.windows(2).all(|pair| pair[0].at() >= pair[1].at()), "the newest first");
});

on_both_databases!(two_browsers_are_kept_in_step, async |stage: Stage| {
    use crate::{browser::Browser, live::until};
    let case = Case::on(stage).await;
    let mut browser = Browser::signed_in_later(&case.house, "bob@example.com").await;
    let address = |part: &str, id: &str| format!("/live/teams/{}/incidents/{id}/{part}", case.of.team);
    let mut timeline = browser.get(&address("timeline", &case.id.to_string())).await;
    let mut holders = browser.get(&address("holders", &case.id.to_string())).await;
    until(&mut timeline, "Reported").await;
    // Before anything is locked, who holds a token is nothing odd.
    until(&mut holders, "part").await;
    case.house.issue(&case.of, serde_json::json!({})).await;
    let scope = case.scope(&case.of.owner).await;
    incidents::write(&case.of.owner, &scope, EntryKind::Note, None, "Seen by both").await.unwrap();
    until(&mut timeline, "Seen by both").await;
    incidents::order(&case.of.owner, &scope, MeasureKind::LockConnection, case.of.connection.0).await.unwrap();
    until(&mut timeline, "Lock the connection").await;
    until(&mut holders, "Who still holds a token").await;
    // Nothing of it to those who have no part in a restricted one, as of one that does not exist.
    let restricted = incidents::report(&case.of.owner, &case.of.scope, report(Kind::Other, true)).await.unwrap();
    for id in [restricted.to_string(), "inc_0190000000007000800000000000dead".to_owned()] {
        for part in ["timeline", "holders"] {
            assert_eq!(browser.get(&address(part, &id)).await.status(), 404);
        }
    }
});
