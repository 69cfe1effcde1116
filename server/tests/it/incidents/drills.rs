use backend::{
    alerts,
    incidents::{self, IncidentError},
    jobs,
    store::alert::Alert,
};
use chrono::Duration;
use model::{
    alert::Rule,
    incident::{DrillKind, EvidenceKind, State},
};

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
    assert_eq!(drills.len(), 2);
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
    assert!(incidents::courses(ada, team).await.unwrap().all.iter().filter(|course| course.drill).count() == 2);
    assert_eq!(case.house.issue(&case.of, serde_json::json!({})).await.0, 200);
    // A few at once.
    for _ in 0..2 {
        incidents::ask_drill(ada, team, DrillKind::RevokeKey).await.unwrap();
    }
    let many = incidents::ask_drill(ada, team, DrillKind::RevokeKey).await;
    assert!(matches!(many, Err(IncidentError::TooMany(_))), "{many:?}");
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
    case.house.stage.advance(Duration::days(2));
    assert!(case.told(Rule::PlanOverdue).await.is_empty());
    let overdue = case.told(Rule::DrillOverdue).await;
    assert_eq!(overdue.len(), 1, "{overdue:?}");
    assert!(overdue[0].finding.contains(DrillKind::RotateSecret.title()), "{overdue:?}");
});
