use backend::{
    incidents::{self, Report},
    jobs,
    store::incident,
};
use chrono::Duration;
use model::incident::{ClockKind, EntryKind, Kind};
use sea_orm::{ConnectionTrait, Statement};

use super::{Case, report};
use crate::{on_both_databases, support::Stage};

on_both_databases!(
    the_clock_of_amazon_is_told_at_12_20_23_and_24_hours_and_stops_when_it_is_settled,
    async |stage: Stage| {
        let case = Case::on(stage).await;
        let ada = &case.of.owner;
        let told = async || {
            jobs::run_due(&case.house.stage.portal).await.unwrap();
            let mails = case.house.stage.mails_to("bob@example.com").await;
            mails.into_iter().filter(|mail| mail.subject.contains("Tell Amazon")).count()
        };
        let mut seen = Vec::new();
        for hour in 1..=30 {
            case.house.stage.advance(Duration::hours(1));
            let now = told().await;
            if seen.last().is_none_or(|(_, many)| *many != now) {
                seen.push((hour, now));
            }
        }
        assert_eq!(seen, [(1, 0), (12, 1), (20, 2), (23, 3), (24, 4)]);
        // Settled: nothing more is told.
        let other = incidents::report(ada, &case.of.scope, report(Kind::Other, false)).await.unwrap();
        let other = incidents::enter(ada, &case.of.scope, other).await.unwrap();
        case.settle_amazon(&other).await;
        case.house.stage.advance(Duration::hours(25));
        assert_eq!(told().await, 4);
        case.house.stage.advance(Duration::hours(20));
        // Word that was given starts its clock anew.
        let running = case.scope(ada).await.incident().running();
        let due = |running: &model::incident::Running| {
            running.clocks().into_iter().find(|clock| clock.kind == ClockKind::Update).unwrap().due
        };
        assert!(due(&running) < ada.now());
        incidents::write(ada, &case.scope(ada).await, EntryKind::Update, None, "We are at it").await.unwrap();
        assert!(due(&case.scope(ada).await.incident().running()) > ada.now());
    }
);

// Five hundred incidents, reported at odd times; the worker runs at odd times and stands still for hours.
on_both_databases!(no_alarm_of_five_hundred_incidents_is_missed, async |stage: Stage| {
    let case = Case::on(stage).await;
    let (portal, of) = (&case.house.stage.portal, &case.of);
    let start = portal.clock.now();
    for n in 0..500i64 {
        let detected_at = Some(start - Duration::minutes(n * 7 % 600));
        let new = Report { detected_at, ..report(Kind::ALL[n as usize % Kind::ALL.len()], n % 5 == 0) };
        // By the command line: a person reports no five hundred.
        incidents::report_from_command_line(portal, of.team, new, &[]).await.unwrap();
    }
    // Runs between which five minutes to five hours pass.
    let mut passed = 0;
    for n in 0.. {
        let minutes = [5, 40, 300, 11, 90][n % 5];
        case.house.stage.advance(Duration::minutes(minutes));
        jobs::run_due(portal).await.unwrap();
        passed += minutes;
        if passed > 26 * 60 {
            break;
        }
    }
    let db = portal.db.reader();
    let all = incident::all_open(db).await.unwrap();
    let now = portal.clock.now();
    let (mut missed, mut due) = (0, 0);
    for one in &all {
        for clock in one.running().clocks() {
            for at in clock.alarms.iter().filter(|at| **at <= now) {
                due += 1;
                let told = Statement::from_sql_and_values(
                    db.get_database_backend(),
                    "SELECT 1 AS one FROM incident_alarm WHERE incident_id = $1 AND clock = $2 AND alarm_at = $3",
                    [one.id.0.into(), clock.kind.as_str().into(), (*at).into()],
                );
                missed += u32::from(db.query_one_raw(told).await.unwrap().is_none());
            }
        }
    }
    // Every one of them was mailed, alone or with later ones of its clock.
    while backend::mail::deliver_due(portal).await.unwrap() > 0 {}
    let mails = case.house.stage.mails_to("ada@example.com").await;
    for one in &all {
        let code = model::incident::code(one.id);
        for clock in one.running().clocks().iter().filter(|clock| clock.alarms[0] <= now) {
            let told = |mail: &&backend::mail::CapturedMail| {
                mail.subject.contains(&code) && mail.subject.contains(clock.kind.title())
            };
            missed += u32::from(!mails.iter().any(|mail| told(&mail)));
        }
    }
    println!("{:?}: {} incidents, {due} alarms due, {missed} missed", db.get_database_backend(), all.len());
    assert!(all.len() >= 500 && due > 2000, "{} {due}", all.len());
    assert_eq!(missed, 0);
});
