use backend::{
    alerts,
    incidents::{self, IncidentError, Report},
    jobs,
    store::alert::Alert,
};
use chrono::Duration;
use model::{
    alert::Rule,
    incident::{DrillKind, EvidenceKind, Kind, State},
};
use sea_orm::ConnectionTrait;

use super::Case;
use crate::{on_both_databases, support::Stage};

impl Case {
    async fn told(&self, rule: Rule) -> Vec<Alert> {
        jobs::run_due(&self.house.stage.portal).await.unwrap();
        let open = alerts::list(&self.of.owner, &self.of.scope).await.unwrap().open;
        open.into_iter().filter(|alert| alert.rule == rule).collect()
    }
}

on_both_databases!(each_drill_is_run_and_kept_as_an_incident_of_its_own, async |stage: Stage| {
    let case = Case::on(stage).await;
    let (ada, team) = (&case.of.owner, &case.of.scope);
    let gateways = backend::gateways::list(ada, team).await.unwrap().len();
    for kind in DrillKind::ALL {
        incidents::ask_drill(ada, team, *kind).await.unwrap();
    }
    server::drill::run_asked(case.house.stage.portal.clone()).await.unwrap();
    let drills = incidents::drills(ada, team).await.unwrap();
    assert_eq!(drills.len(), DrillKind::ALL.len());
    for drill in drills {
        let ended = drill.ended.unwrap();
        assert!(ended.passed, "{}", ended.report);
        assert!(ended.report.lines().filter(|line| line.starts_with("ok")).count() >= 6, "{}", ended.report);
        println!("{}", ended.report);
        let incident = incidents::enter(ada, team, ended.incident.unwrap()).await.unwrap();
        assert!(incident.incident().drill && incident.incident().progress.state == State::Closed);
        let kinds: Vec<_> = incidents::locker(ada, &incident).await.unwrap().iter().map(|(piece, _)| piece.kind).collect();
        assert_eq!(kinds, [EvidenceKind::File, EvidenceKind::Bundle]);
    }
    // Nothing of the Team was touched, and its figures count no drill.
    assert_eq!(backend::gateways::list(ada, team).await.unwrap().len(), gateways);
    let courses = incidents::courses(ada, team).await.unwrap().all;
    assert_eq!(courses.iter().filter(|course| course.drill).count(), DrillKind::ALL.len());
    assert_eq!(case.house.issue(&case.of, serde_json::json!({})).await.0, 200);
    // A few at once: four.
    for _ in DrillKind::ALL.len()..4 {
        incidents::ask_drill(ada, team, DrillKind::RevokeKey).await.unwrap();
    }
    let many = incidents::ask_drill(ada, team, DrillKind::RevokeKey).await;
    assert!(matches!(many, Err(IncidentError::TooMany(_))), "{many:?}");
});

on_both_databases!(a_drill_that_was_cut_off_is_kept_once, async |stage: Stage| {
    let case = Case::on(stage).await;
    let (portal, db) = (&case.house.stage.portal, case.house.stage.portal.db.reader());
    let drill = incidents::begin_drill(portal, case.of.team, DrillKind::RevokeKey).await.unwrap();
    let keep =
        async || incidents::keep_drill(portal, &drill, incidents::Rehearsed { passed: true, report: "ok".to_owned() }).await;
    let kept = async || {
        let all = incidents::list(&case.of.owner, &case.of.scope).await.unwrap().into_iter();
        all.filter(|one| one.drill).map(|one| one.progress.state).collect::<Vec<_>>()
    };
    db.execute_unprepared("ALTER TABLE evidence RENAME TO elsewhere").await.unwrap();
    keep().await.unwrap_err();
    assert_eq!(kept().await, [State::Reported]);
    db.execute_unprepared("ALTER TABLE elsewhere RENAME TO evidence").await.unwrap();
    keep().await.unwrap();
    assert_eq!(kept().await, [State::Closed]);
});

on_both_databases!(what_people_rehearse_is_told_them_and_planned, async |stage: Stage| {
    let case = Case::on(stage).await;
    let before = case.house.stage.mails_to("bob@example.com").await.len();
    let portal = &case.house.stage.portal;
    let drill = Report { drill: true, ..Report::of(Kind::LeakedSecret, "A key in a repository") };
    let about = [case.of.key.to_string(), case.of.connection.to_string()];
    let id = incidents::report_from_command_line(portal, case.of.team, drill.clone(), &about).await.unwrap();
    let scope = incidents::enter(&case.of.owner, &case.of.scope, id).await.unwrap();
    let named = incidents::targets(&case.of.owner, &scope).await.unwrap();
    assert_eq!(named.len(), 2, "{named:?}");
    assert!(!incidents::tasks(&case.of.owner, &scope).await.unwrap().is_empty());
    let mails = case.house.stage.mails_to("bob@example.com").await;
    assert_eq!(mails.len() - before, 1);
    assert!(mails.last().unwrap().subject.contains("Drill: "), "{}", mails.last().unwrap().subject);
    let nothing = ["con_00000000000000000000000000".to_owned()];
    assert!(incidents::report_from_command_line(portal, case.of.team, drill, &nothing).await.is_err());
});

on_both_databases!(an_old_plan_and_an_overdue_drill_are_told, async |stage: Stage| {
    let case = Case::on(stage).await;
    let (ada, team) = (&case.of.owner, &case.of.scope);
    case.house.stage.advance(Duration::days(91));
    assert!(case.told(Rule::DrillOverdue).await.is_empty() && case.told(Rule::PlanOverdue).await.is_empty());
    case.house.stage.advance(Duration::days(2));
    assert_eq!(case.told(Rule::DrillOverdue).await.len(), DrillKind::ALL.len());
    assert!(case.told(Rule::PlanOverdue).await.is_empty());
    case.house.stage.advance(Duration::days(91));
    assert_eq!(case.told(Rule::PlanOverdue).await.len(), 1);
    // What was done counts from then on; one that failed does not.
    for alert in alerts::list(ada, team).await.unwrap().open {
        alerts::acknowledge(ada, team, alert.id, "We do it now").await.unwrap();
    }
    assert!(incidents::review_plan(ada, team, " ").await.is_err(), "what was looked at is said");
    incidents::review_plan(ada, team, "Contact, playbooks, drills").await.unwrap();
    let portal = &case.house.stage.portal;
    let passed = incidents::begin_drill(portal, case.of.team, DrillKind::RevokeKey).await.unwrap();
    let went = |passed| incidents::Rehearsed { passed, report: "ok".to_owned() };
    incidents::keep_drill(portal, &passed, went(true)).await.unwrap();
    let failed = incidents::begin_drill(portal, case.of.team, DrillKind::RotateSecret).await.unwrap();
    incidents::keep_drill(portal, &failed, went(false)).await.unwrap();
    let replayed = incidents::begin_drill(portal, case.of.team, DrillKind::ReplayNotification).await.unwrap();
    incidents::keep_drill(portal, &replayed, went(true)).await.unwrap();
    let restored = incidents::begin_drill(portal, case.of.team, DrillKind::RestoreBackup).await.unwrap();
    incidents::keep_drill(portal, &restored, went(true)).await.unwrap();
    case.house.stage.advance(Duration::days(2));
    assert!(case.told(Rule::PlanOverdue).await.is_empty());
    let overdue = case.told(Rule::DrillOverdue).await;
    assert_eq!(overdue.len(), 1, "{overdue:?}");
    assert!(overdue[0].finding.contains(DrillKind::RotateSecret.title()), "{overdue:?}");
});
