//! The log is kept for thirteen months and not a day less, holds keep it longer, and what was pruned can be proved (C7).

use std::io::Cursor;

use backend::{
    audit::{
        self, Fault, Horizon, PruneError,
        export::{Disbelief, End, Export, Which, check},
    },
    incidents::{self, Report},
    store::{audit_horizon, audit_watch},
    teams,
};
use chrono::{Duration, Months};
use model::{
    Permission,
    ids::TeamId,
    incident::{Kind, Step},
};
use sea_orm::{ConnectionTrait, Statement};

use crate::{
    log::{BETWEEN, EVENTS, Log, event_at, record},
    on_both_databases,
    support::Stage,
};

impl Log {
    /// The watch has read everything: what it has not read is not pruned.
    async fn watched(&self) {
        let db = self.stage.portal.db.reader();
        let (next, end) = (audit_watch::next(db).await.unwrap(), audit_watch::end(db, 0, 1_000_000).await.unwrap());
        assert!(audit_watch::advance(db, next, end).await.unwrap());
    }

    /// Months later, with an event of each.
    async fn ages(&mut self, months: u32) {
        for _ in 0..months {
            let clock = &self.stage.portal.clock;
            let now = clock.now();
            clock.advance(now.checked_add_months(Months::new(1)).unwrap() - now);
            record(&self.stage.visitor("192.0.2.1"), 1).await;
            self.sequencer.run().await.unwrap();
            self.witness.push(self.newest().await);
        }
        self.watched().await;
    }

    async fn count(&self, table: &str) -> i64 {
        let db = self.stage.portal.db.reader();
        let all = Statement::from_string(db.get_database_backend(), format!("SELECT COUNT(*) AS n FROM {table}"));
        db.query_one_raw(all).await.unwrap().unwrap().try_get("", "n").unwrap()
    }

    async fn export(&self, which: Which) -> String {
        let mut export = Export::begin(self.stage.portal.db.reader(), which, None).await.unwrap();
        let mut lines = vec![serde_json::to_string(&export.header()).unwrap()];
        let mut events = 0;
        loop {
            let page = export.page().await.unwrap();
            if page.is_empty() {
                lines.push(serde_json::to_string(&End { events }).unwrap());
                return lines.join("\n");
            }
            events += page.len() as u64;
            lines.extend(page.iter().map(|(_, proved)| serde_json::to_string(proved).unwrap()));
        }
    }
}

on_both_databases!(a_log_of_fourteen_months_begins_thirteen_months_ago_and_is_proved_as_before, async |stage: Stage| {
    let mut log = Log::on(stage).await;
    let verifier = log.sequencer.key.verifier().to_owned();
    let old = log.export(Which::default()).await;
    log.ages(12).await;
    // Not a day too early, whatever is asked for.
    assert_eq!(log.sequencer.prune().await.unwrap(), 0);
    log.ages(1).await;
    log.stage.advance(Duration::hours(1));
    assert_eq!(log.sequencer.prune().await.unwrap(), EVENTS);
    assert_eq!(log.sequencer.prune().await.unwrap(), 0, "all that is old is gone");
    assert_eq!(log.count("audit_leaf").await, 13);
    // Nobody else can delete anything.
    for table in ["audit_event", "audit_leaf", "audit_checkpoint", "audit_horizon"] {
        let all = format!("DELETE FROM {table}");
        assert!(log.stage.portal.db.reader().execute_unprepared(&all).await.is_err(), "{table}");
    }
    log.go_on().await.unwrap();
    let report = log.verify().await;
    assert_eq!((report.findings, report.begins, report.size), (vec![], EVENTS, EVENTS + 15));
    assert_eq!(log.verify_alone().await.findings, []);

    // What was exported before goes on being proved; what is exported now says where the log begins.
    assert!(check(Cursor::new(&old), &verifier).unwrap().complete);
    let new = log.export(Which::default()).await;
    let checked = check(Cursor::new(&new), &verifier).unwrap();
    assert_eq!((checked.begins, checked.events, checked.complete), (EVENTS, 15, true));
    assert_eq!(new.matches("log.pruned").count(), 2, "in turns");
    let mut lines: Vec<&str> = new.lines().collect();
    lines.remove(1);
    let end = serde_json::to_string(&End { events: 14 }).unwrap();
    *lines.last_mut().unwrap() = &end;
    let missing = check(Cursor::new(lines.join("\n")), &verifier).unwrap_err();
    assert_eq!(missing.to_string(), Disbelief::Missing.to_string());
});

on_both_databases!(a_legal_hold_keeps_what_comes_behind_it_until_it_is_lifted, async |stage: Stage| {
    let mut log = Log::on(stage).await;
    let ada = log.stage.person("ada").await;
    let team: TeamId = teams::create(&ada, &"Northwind".parse().unwrap()).await.unwrap();
    let before = EVENTS as i64 + 4;
    let ada = log.stage.stepped_up(&ada);
    let scope = backend::access::enter(&ada, team, Permission::HoldLog).await.unwrap();
    record(&log.stage.visitor("192.0.2.1"), BETWEEN).await;
    assert!(audit::place_hold(&ada, &scope, " ").await.is_err());
    let hold = audit::place_hold(&ada, &scope, "Case 4711").await.unwrap();
    log.go_on().await.unwrap();
    log.ages(14).await;
    let pruned = log.sequencer.prune().await.unwrap() as i64;
    // Everything before the Team's first event, and nothing after it.
    assert!((before - 3..=before).contains(&pruned), "{pruned}");
    let held = log.export(Which { team: Some(team), ..Which::default() }).await;
    assert!(held.contains("team.created") && held.contains("hold.placed"), "{held}");

    // The table can be changed by whoever owns the database: the log says what stands.
    log.attack(&["UPDATE audit_hold SET lifted_at = placed_at"]).await;
    assert_eq!(log.sequencer.prune().await.unwrap(), 0);
    log.attack(&["UPDATE audit_hold SET lifted_at = NULL"]).await;
    let ada = log.stage.stepped_up(&ada);
    audit::lift_hold(&ada, &scope, hold).await.unwrap();
    assert!(audit::lift_hold(&ada, &scope, hold).await.is_err(), "once");
    // Nobody lifts a hold unnoticed: it holds on for fourteen days.
    log.stage.advance(Duration::days(13));
    log.go_on().await.unwrap();
    log.watched().await;
    assert_eq!(log.sequencer.prune().await.unwrap(), 0);
    log.stage.advance(Duration::days(2));
    log.go_on().await.unwrap();
    log.watched().await;
    assert!(log.sequencer.prune().await.unwrap() >= BETWEEN);
    log.go_on().await.unwrap();
    assert_eq!(log.verify().await.findings, []);
    let retention = audit::retention(&ada, &scope).await.unwrap();
    assert_eq!(retention.months, 13);
    assert!(retention.oldest.unwrap() > retention.since.unwrap(), "{retention:?}");
    assert_eq!(retention.holds[0].lifted.as_ref().unwrap().name, "ada@example.com");
});

on_both_databases!(an_incident_that_is_under_way_keeps_the_log_without_a_hold, async |stage: Stage| {
    let mut log = Log::on(stage).await;
    let ada = log.stage.person("ada").await;
    let team: TeamId = teams::create(&ada, &"Northwind".parse().unwrap()).await.unwrap();
    let before = EVENTS as i64 + 4;
    let scope = backend::access::enter(&ada, team, Permission::RunIncidents).await.unwrap();
    // Of a restricted one, too: a hold would tell of it.
    let report = Report { restricted: true, ..Report::of(Kind::Other, "Something odd") };
    let id = incidents::report(&ada, &scope, report).await.unwrap();
    let step = async |log: &Log, step: Step| {
        let ada = log.stage.stepped_up(&ada);
        let incident = incidents::enter(&ada, &scope, id).await.unwrap();
        incidents::take_step(&ada, &incident, step, None, "As it was", None).await.unwrap();
    };
    step(&log, Step::Triage).await;
    record(&log.stage.visitor("192.0.2.1"), BETWEEN).await;
    log.go_on().await.unwrap();
    log.ages(14).await;
    let pruned = log.sequencer.prune().await.unwrap() as i64;
    assert!((before - 3..=before).contains(&pruned), "{pruned}");
    assert!(audit::retention(&ada, &scope).await.unwrap().holds.is_empty());
    step(&log, Step::Dismiss).await;
    log.stage.advance(Duration::days(1));
    log.go_on().await.unwrap();
    log.watched().await;
    assert!(log.sequencer.prune().await.unwrap() >= BETWEEN);
});

on_both_databases!(a_clock_that_is_wrong_for_a_moment_takes_a_month_of_the_log_at_most, async |stage: Stage| {
    let mut log = Log::on(stage).await;
    log.ages(6).await;
    // Ten years ahead: everything seems old.
    log.stage.advance(Duration::days(3650));
    // The events of the first day, and one of thirty days later.
    assert_eq!(log.sequencer.prune().await.unwrap(), EVENTS + 1);
    assert_eq!(log.sequencer.prune().await.unwrap(), 0);
    log.stage.advance(Duration::hours(23));
    assert_eq!(log.sequencer.prune().await.unwrap(), 0);
    log.stage.advance(Duration::hours(2));
    log.go_on().await.unwrap();
    assert!(log.sequencer.prune().await.unwrap() <= 2, "another month the next day");
});

on_both_databases!(whoever_has_the_key_too_is_found_by_what_was_seen_outside, async |stage: Stage| {
    let mut log = Log::on(stage).await;
    log.ages(2).await;
    // A horizon in order by its own words, over events of two months ago.
    let now = log.stage.portal.clock.now();
    let horizon = Horizon { index: EVENTS, before: now - Duration::days(400), signed_at: now };
    let note = horizon.sign(&log.sequencer.key).unwrap();
    audit_horizon::put(log.stage.portal.db.reader(), EVENTS, now, &note).await.unwrap();
    let gone = format!("DELETE FROM audit_event WHERE id IN (SELECT event_id FROM audit_leaf WHERE idx < {EVENTS})");
    log.attack(&[&gone, &format!("DELETE FROM audit_leaf WHERE idx < {EVENTS}"), "DELETE FROM audit_checkpoint"]).await;
    log.go_on().await.unwrap();
    let report = log.verify().await;
    assert!(report.findings.iter().any(|finding| finding.fault == Fault::Horizon), "{report:?}");
    assert_eq!((report.begins, report.first_bad()), (0, Some(0)));
});

on_both_databases!(an_event_of_a_host_whose_clock_is_late_makes_no_horizon_that_a_head_contradicts, async |stage: Stage| {
    let mut log = Log::on(stage).await;
    let (cx, start) = (log.stage.visitor("192.0.2.1"), log.stage.portal.clock.now());
    // A quiet log is signed anew; then an event comes in whose host believes that it is four hours earlier.
    log.stage.advance(Duration::hours(5));
    log.sequencer.run().await.unwrap();
    log.witness.push(log.newest().await);
    log.stage.advance(Duration::hours(-4));
    record(&cx, 1).await;
    log.stage.advance(Duration::hours(4));
    log.go_on().await.unwrap();
    // Pruned up to two hours behind the start: that event is older by its own time, and younger by the head.
    let then = start.checked_add_months(Months::new(13)).unwrap() + Duration::hours(2);
    log.stage.advance(then - log.stage.portal.clock.now());
    record(&cx, 1).await;
    log.go_on().await.unwrap();
    log.watched().await;
    assert_eq!(log.sequencer.prune().await.unwrap(), EVENTS);
    log.go_on().await.unwrap();
    assert_eq!(log.verify().await.findings, []);
});

on_both_databases!(no_owner_of_the_database_has_events_pruned_that_must_be_kept, async |stage: Stage| {
    let mut log = Log::on(stage).await;
    log.ages(2).await;
    let verifier = log.sequencer.key.verifier().to_owned();
    // A time that is put back is not believed, and an event that is gone is not passed over.
    let long_ago = if log.is_sqlite() { "'2020-01-01T00:00:00+00:00'" } else { "'2020-01-01'" };
    log.attack(&[&format!("UPDATE audit_event SET at = {long_ago} WHERE id = {}", event_at(0))]).await;
    let told = log.sequencer.prune().await;
    assert!(matches!(told, Err(PruneError::Tampered { index: 0 })), "{told:?}");
    log.attack(&[&format!("DELETE FROM audit_event WHERE id = {}", event_at(0))]).await;
    let told = log.sequencer.prune().await;
    assert!(matches!(told, Err(PruneError::Tampered { index: 0 })), "{told:?}");
    assert_eq!(log.verify().await.first_bad(), Some(0));
    // A horizon of one's own making excuses nothing.
    let at = if log.is_sqlite() { "'2026-01-01T00:00:00+00:00'" } else { "'2026-01-01'" };
    log.attack(&[
        &format!("INSERT INTO audit_horizon (idx, signed_at, note) VALUES (300, {at}, 'all is well')"),
        "DELETE FROM audit_event WHERE id IN (SELECT event_id FROM audit_leaf WHERE idx < 300)",
        "DELETE FROM audit_leaf WHERE idx < 300",
    ])
    .await;
    let report = log.verify().await;
    assert!(report.findings.iter().any(|finding| finding.fault == Fault::Horizon), "{report:?}");
    assert_eq!((report.begins, report.first_bad()), (0, Some(0)));
    // Nor does a genuine one that was signed before a year was over.
    let now = log.stage.portal.clock.now();
    let early = Horizon { index: 300, before: now - Duration::days(300), signed_at: now };
    let note = early.sign(&log.sequencer.key).unwrap();
    log.attack(&["DELETE FROM audit_horizon"]).await;
    audit_horizon::put(log.stage.portal.db.reader(), 300, now, &note).await.unwrap();
    assert!(Horizon::read(&note, &verifier).is_ok());
    assert!(log.verify().await.findings.iter().any(|finding| finding.fault == Fault::Horizon));
});

on_both_databases!(what_was_pruned_excuses_nothing_else, async |stage: Stage| {
    let mut log = Log::on(stage).await;
    log.ages(14).await;
    assert!(log.sequencer.prune().await.unwrap() >= EVENTS);
    log.go_on().await.unwrap();
    let begins = log.verify().await.begins;
    // One event more is gone than was pruned.
    let first = event_at(begins);
    log.attack(&[&format!("DELETE FROM audit_event WHERE id = {first}")]).await;
    assert_eq!(log.verify().await.first_bad(), Some(begins));
    // The hashes of what was pruned are held against every head that somebody remembers.
    let zeros = if log.is_sqlite() { "zeroblob(8192)" } else { "decode(repeat('00', 8192), 'hex')" };
    log.attack(&[&format!("UPDATE audit_tile SET hashes = {zeros} WHERE level = 0 AND n = 1")]).await;
    let report = log.verify().await;
    assert!(report.findings.iter().any(|f| matches!(f.fault, Fault::Tile | Fault::OtherHead { .. })), "{report:?}");
    assert!(report.first_bad().unwrap() <= 256, "{report:?}");
    // Without its horizon the beginning is missing.
    log.attack(&["DELETE FROM audit_horizon"]).await;
    assert_eq!(log.verify().await.first_bad(), Some(0));
});
