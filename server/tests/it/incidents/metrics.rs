use backend::incidents;
use chrono::Duration;
use model::incident::{
    Kind, Severity, Step,
    metrics::{Metric, mean},
};
use sea_orm::ConnectionTrait;

use super::{Case, report};
use crate::{on_both_databases, support::Stage};

on_both_databases!(figures_made_once_more_from_the_log_are_the_same, async |stage: Stage| {
    let case = Case::on(stage).await;
    let (ada, team) = (&case.of.owner, &case.of.scope);
    // Thirty incidents that came as far as chance had it, some restricted, some drills, some dismissed or merged.
    for n in 0..30i64 {
        let restricted = n % 3 == 0;
        let mut new = report(Kind::ALL[(n % 7) as usize], restricted);
        new.drill = n % 6 == 5;
        new.severity = (n % 5 == 3).then_some(Severity::Sev1);
        new.detected_at = Some(ada.now() - Duration::minutes(n * 7));
        let id = incidents::report(ada, team, new).await.unwrap();
        let enter = async || incidents::enter(ada, team, id).await.unwrap();
        let wait = |minutes: i64| case.house.stage.advance(Duration::minutes(minutes));
        wait(n + 1);
        if n % 4 == 1 {
            let began = enter().await.incident().detected_at - Duration::hours(n);
            incidents::set_beginning(ada, &enter().await, began).await.unwrap();
        }
        for step in [Step::Triage, Step::Contain, Step::Eradicate, Step::Recover].into_iter().take((n % 5) as usize) {
            wait(3);
            let at = (n % 2 == 0).then(|| ada.now() - Duration::minutes(1));
            incidents::take_step(ada, &enter().await, step, at, "So it was", None).await.unwrap();
            wait(1);
            incidents::set_severity(ada, &enter().await, Severity::ALL[(n % 4) as usize]).await.unwrap();
        }
        if n % 11 == 10 {
            wait(1);
            // What is restricted goes into what is.
            incidents::set_restricted(ada, &case.scope(ada).await, restricted).await.unwrap();
            incidents::take_step(ada, &enter().await, Step::Merge, None, "The same", Some(case.id)).await.unwrap();
            incidents::set_restricted(ada, &case.scope(ada).await, false).await.unwrap();
        }
        if n % 10 == 5 {
            wait(1);
            let ada = &case.house.stage.stepped_up(ada);
            incidents::take_step(ada, &enter().await, Step::Dismiss, None, "Nothing", None).await.unwrap();
        }
    }
    let found = incidents::courses(ada, team).await.unwrap();
    println!("{} incidents, {} asked of the log, {} differ", found.all.len(), found.asked, found.disputed.len());
    assert_eq!((found.asked, found.all.len()), (31, 26), "all are asked, none that was dismissed or merged counts");
    assert_eq!(found.disputed, Vec::<String>::new());
    let real = || found.all.iter().filter(|course| !course.drill);
    assert!(Metric::ALL.iter().all(|metric| mean(*metric, real()).is_some_and(|mean| mean.of >= 3)));
    assert!(real().count() < found.all.len(), "drills stand apart");
    // Who sees less counts less, and nobody reads there that there is more.
    let carol = case.house.member(&case.of, "carol", model::Role::Operator, model::Environments::BOTH).await;
    let hers = backend::access::enter(&carol, case.of.team, model::Permission::ReportIncident).await.unwrap();
    let seen = incidents::courses(&carol, &hers).await.unwrap();
    assert!(seen.all.len() < found.all.len());
    // The log says when somebody changed the database; also what was taken out of the figures, and what only looks like an event.
    let db = case.house.stage.portal.db.reader();
    let kinds = "UPDATE incident SET state = 'dismissed' WHERE state = 'triaged'";
    db.execute_unprepared(kinds).await.unwrap();
    assert!(!incidents::courses(ada, team).await.unwrap().disputed.is_empty(), "an incident that was dismissed by hand");
    db.execute_unprepared(
        "UPDATE incident SET state = 'triaged' WHERE state = 'dismissed' AND id IN
        (SELECT incident_id FROM incident_step WHERE state = 'triaged') AND id NOT IN
        (SELECT incident_id FROM incident_step WHERE state = 'dismissed')",
    )
    .await
    .unwrap();
    assert_eq!(incidents::courses(ada, team).await.unwrap().disputed, Vec::<String>::new());
    // The log says when somebody changed the database.
    let text = "UPDATE incident_step SET at = reported_at FROM incident
        WHERE incident.id = incident_step.incident_id AND incident_step.state = 'contained'";
    case.house.stage.portal.db.reader().execute_unprepared(text).await.unwrap();
    assert!(!incidents::courses(ada, team).await.unwrap().disputed.is_empty());
});

on_both_databases!(nothing_began_after_it_was_noticed, async |stage: Stage| {
    let case = Case::on(stage).await;
    let (ada, scope) = (&case.of.owner, case.scope(&case.of.owner).await);
    let late = scope.incident().detected_at + Duration::seconds(1);
    assert!(matches!(incidents::set_beginning(ada, &scope, late).await, Err(incidents::IncidentError::Beginning)));
});
