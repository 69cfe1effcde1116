//! The log's tree: everything that is recorded has its place, and whoever owns the database cannot change it unseen (C3, C4).

use backend::{
    audit::{self, CheckpointKey, Event, Fault, LastHead, Sequencer, SequencerError, read_note, verify},
    store::{audit_pending, audit_tree},
};
use chrono::Duration;
use model::audit::Action;
use sea_orm::{ConnectionTrait, DbBackend, TransactionTrait};

use crate::{
    log::{EVENTS, Log, event_at, key_file, record, sequencer},
    on_both_databases,
    support::Stage,
};

on_both_databases!(everything_that_is_recorded_has_its_place_and_the_heads_are_signed, async |stage: Stage| {
    let log = Log::on(stage).await;
    let report = log.verify().await;
    assert_eq!(report.findings, []);
    assert_eq!(report.size, EVENTS);
    let head = report.head.unwrap();
    let signed = log.stage.portal.clock.now() - head.at.unwrap();
    assert!(head.size == EVENTS && (0..1000).contains(&signed.num_milliseconds()), "{head:?}");
    // Another key has signed nothing of it.
    let other = CheckpointKey::generate("portal.example/audit");
    assert!(read_note(&log.newest().await, other.verifier()).is_err());
    // A quiet log is signed anew every minute, and not more often.
    let before = log.newest().await;
    log.stage.advance(Duration::seconds(59));
    log.sequencer.run().await.unwrap();
    assert_eq!(log.newest().await, before);
    log.stage.advance(Duration::seconds(1));
    log.sequencer.run().await.unwrap();
    assert_ne!(log.newest().await, before);
    // And a busy one after 256 leaves, whatever the clock says.
    let cx = log.stage.visitor("192.0.2.1");
    record(&cx, 255).await;
    log.sequencer.run().await.unwrap();
    let size = async || audit_tree::newest_checkpoint(log.stage.portal.db.reader()).await.unwrap().unwrap().size;
    assert_eq!(size().await, EVENTS);
    record(&cx, 1).await;
    log.sequencer.run().await.unwrap();
    assert_eq!(size().await, EVENTS + 256);
    assert_eq!(log.verify().await.findings, []);
});

on_both_databases!(fifty_writers_rollbacks_and_two_sequencers_raise_no_alarm, async |stage: Stage| {
    let first = sequencer(&stage);
    let second = Sequencer::new(&stage.replica().await, first.key.clone());
    let mut tasks = tokio::task::JoinSet::new();
    for writer in 0..50u32 {
        let cx = stage.visitor("192.0.2.1");
        tasks.spawn(async move {
            for n in 0..20u32 {
                let tx = cx.portal.db.begin().await.unwrap();
                for _ in 0..1 + n % 3 {
                    audit::append(&*tx, &cx, Event::new(Action::SignedOut)).await.unwrap();
                }
                if (writer + n) % 4 == 0 { drop(tx) } else { tx.commit().await.unwrap() }
            }
        });
    }
    let mut placed = 0;
    while !tasks.is_empty() {
        let (one, two) = tokio::join!(first.run(), second.run());
        placed += one.unwrap() + two.unwrap();
        while let Some(done) = tasks.try_join_next() {
            done.unwrap();
        }
    }
    placed += first.run().await.unwrap();
    stage.advance(Duration::minutes(1));
    first.run().await.unwrap();
    let portal = &stage.portal;
    let now = portal.clock.now() + Duration::hours(1);
    let report = verify(portal.db.reader(), &portal.vault, first.key.verifier(), &[], now).await.unwrap();
    assert_eq!(report.findings, []);
    assert_eq!(report.size, placed);
    assert!((1000..1600).contains(&placed), "{placed} events");
});

/// What the database's owner tries; each is found, at the index where it begins as far as that can be known.
struct Attack {
    name: &'static str,
    /// Found at this index, or at one before it within the last checkpoints.
    index: Option<u64>,
}

const ATTACKS: [Attack; 16] = [
    Attack { name: "edit a field", index: Some(300) },
    Attack { name: "edit a time", index: Some(301) },
    Attack { name: "delete in the middle", index: Some(302) },
    Attack { name: "delete the tail", index: Some(650) },
    Attack { name: "delete all", index: Some(0) },
    Attack { name: "truncate", index: Some(0) },
    Attack { name: "insert", index: None },
    Attack { name: "reorder", index: Some(303) },
    Attack { name: "duplicate", index: None },
    Attack { name: "swap two rows", index: Some(304) },
    Attack { name: "swap the team", index: Some(305) },
    Attack { name: "drop the trigger, edit, and put it back", index: Some(306) },
    Attack { name: "edit past the triggers", index: Some(307) },
    Attack { name: "restore an old copy", index: Some(400) },
    Attack { name: "recompute the tree with the stolen key", index: Some(300) },
    Attack { name: "sign anew with another key", index: Some(300) },
];

const SWAPPED: &str = "actor_name, details, request_id, mac";

async fn perform(log: &Log, attack: &str) {
    let at = |n| event_at(n);
    match attack {
        "edit a field" => log.attack(&[&format!("UPDATE audit_event SET outcome = 'failed' WHERE id = {}", at(300))]).await,
        "edit a time" => {
            let other = format!("(SELECT o.at FROM audit_event o WHERE o.id = {})", at(5));
            log.attack(&[&format!("UPDATE audit_event SET at = {other} WHERE id = {}", at(301))]).await;
        }
        "delete in the middle" => log.attack(&[&format!("DELETE FROM audit_event WHERE id = {}", at(302))]).await,
        "delete the tail" => {
            let events = "DELETE FROM audit_event WHERE id IN (SELECT event_id FROM audit_leaf WHERE idx >= 650)";
            log.attack(&[
                events,
                "DELETE FROM audit_leaf WHERE idx >= 650",
                "DELETE FROM audit_checkpoint WHERE size > 650",
            ])
            .await;
        }
        "delete all" => {
            let tables = ["audit_event", "audit_leaf", "audit_tile", "audit_checkpoint", "audit_pending"];
            let all: Vec<_> = tables.iter().map(|table| format!("DELETE FROM {table}")).collect();
            log.attack(&all.iter().map(String::as_str).collect::<Vec<_>>()).await;
        }
        "truncate" if log.is_sqlite() => log.attack(&["DELETE FROM audit_event"]).await,
        "truncate" => log.attack(&["TRUNCATE audit_event"]).await,
        "insert" | "duplicate" => {
            let id = if log.is_sqlite() { "randomblob(16)" } else { "gen_random_uuid()" };
            let rest =
                "team_id, at, actor_kind, actor_id, actor_name, on_behalf_of, action, target_kind, target_id, target_name,
                outcome, reason, credential_id, request_id, address, agent, details, mac";
            let name = if attack == "insert" { rest.replace("actor_name", "'mallory'") } else { rest.to_owned() };
            let insert =
                format!("INSERT INTO audit_event (id, {rest}) SELECT {id}, {name} FROM audit_event WHERE id = {}", at(10));
            log.attack(&[&insert]).await;
            // The sequencer meets it, and keeps it out.
            log.sequencer.run().await.unwrap();
        }
        "reorder" => {
            let (a, b) = (at(303), at(304));
            let third = if log.is_sqlite() { "zeroblob(16)" } else { "'00000000-0000-0000-0000-000000000000'::uuid" };
            let keep = if log.is_sqlite() { "CREATE TEMP TABLE t AS" } else { "CREATE TEMP TABLE t ON COMMIT DROP AS" };
            log.attack(&[
                &format!("{keep} SELECT {a} AS a, {b} AS b"),
                &format!("UPDATE audit_leaf SET event_id = {third} WHERE idx = 303"),
                "UPDATE audit_leaf SET event_id = (SELECT a FROM t) WHERE idx = 304",
                "UPDATE audit_leaf SET event_id = (SELECT b FROM t) WHERE idx = 303",
            ])
            .await;
        }
        "swap two rows" => {
            let keep = if log.is_sqlite() { "CREATE TEMP TABLE t AS" } else { "CREATE TEMP TABLE t ON COMMIT DROP AS" };
            let from = |source: &str, id: &str, to: &str| {
                format!(
                    "UPDATE audit_event SET ({SWAPPED}) = (SELECT {SWAPPED} FROM {source} s WHERE s.id = {id}) WHERE id = {to}"
                )
            };
            log.attack(&[
                &format!("{keep} SELECT * FROM audit_event WHERE id = {}", at(304)),
                &from("audit_event", &at(306), &at(304)),
                &from("t", &at(304), &at(306)),
            ])
            .await;
        }
        "swap the team" => {
            let team = if log.is_sqlite() { "zeroblob(16)" } else { "gen_random_uuid()" };
            log.attack(&[&format!("UPDATE audit_event SET team_id = {team} WHERE id = {}", at(305))]).await;
        }
        "drop the trigger, edit, and put it back" => {
            let edit = format!("UPDATE audit_event SET actor_name = 'mallory' WHERE id = {}", at(306));
            if log.is_sqlite() {
                let trigger = "CREATE TRIGGER audit_event_no_update BEFORE UPDATE ON audit_event
                    BEGIN SELECT RAISE(ABORT, 'audit_event is append-only'); END";
                log.attack(&[&edit, trigger]).await;
            } else {
                log.attack(&[&edit, "ALTER TABLE audit_event ENABLE TRIGGER USER"]).await;
            }
        }
        // SQLite fires no trigger for a row that is replaced; PostgreSQL none in a replica's session.
        "edit past the triggers" if log.is_sqlite() => {
            let columns = "id, team_id, at, actor_kind, actor_id, actor_name, on_behalf_of, action, target_kind, target_id,
                target_name, outcome, reason, credential_id, request_id, address, agent, details, mac";
            let db = log.stage.portal.db.reader();
            let replaced = columns.replace("actor_name", "'mallory'");
            let text = format!(
                "INSERT OR REPLACE INTO audit_event ({columns}) SELECT {replaced} FROM audit_event WHERE id = {}",
                at(307)
            );
            db.execute_unprepared(&text).await.unwrap();
        }
        "edit past the triggers" => {
            let tx = log.stage.portal.db.reader().begin().await.unwrap();
            // As the owner of the tables may, who is no superuser.
            tx.execute_unprepared("ALTER TABLE audit_event DISABLE TRIGGER USER").await.unwrap();
            let edit = format!("UPDATE audit_event SET actor_name = 'mallory' WHERE id = {}", at(307));
            assert_eq!(tx.execute_unprepared(&edit).await.unwrap().rows_affected(), 1);
            tx.execute_unprepared("ALTER TABLE audit_event ENABLE TRIGGER USER").await.unwrap();
            tx.commit().await.unwrap();
        }
        "restore an old copy" => {
            let tile = if log.is_sqlite() { "substr(hashes, 1, 4608)" } else { "substring(hashes from 1 for 4608)" };
            log.attack(&[
                "DELETE FROM audit_event WHERE id IN (SELECT event_id FROM audit_leaf WHERE idx >= 400)",
                "DELETE FROM audit_leaf WHERE idx >= 400",
                "DELETE FROM audit_checkpoint WHERE size > 400",
                "DELETE FROM audit_tile WHERE level = 0 AND n > 1",
                &format!("UPDATE audit_tile SET hashes = {tile} WHERE level = 0 AND n = 1"),
                "UPDATE audit_tile SET hashes = substr(hashes, 1, 32) WHERE level = 1",
            ])
            .await;
        }
        "recompute the tree with the stolen key" | "sign anew with another key" => {
            let id = at(350);
            log.attack(&[
                &format!("DELETE FROM audit_event WHERE id = {id}"),
                "DELETE FROM audit_leaf",
                "DELETE FROM audit_tile",
                "DELETE FROM audit_checkpoint",
                "INSERT INTO audit_pending (event_id) SELECT id FROM audit_event",
            ])
            .await;
            let key = match attack {
                "sign anew with another key" => CheckpointKey::generate("portal.example/audit"),
                _ => log.sequencer.key.clone(),
            };
            let thief = Sequencer::new(&log.stage.portal, key);
            thief.run().await.unwrap();
        }
        other => panic!("nobody knows how to {other}"),
    }
}

on_both_databases!(sixteen_attacks_by_the_owner_of_the_database_are_found, async |stage: Stage| {
    let kind = stage.portal.db.backend();
    drop(stage);
    let mut found = 0;
    for Attack { name, index } in ATTACKS {
        let stage = if kind == DbBackend::Sqlite { Stage::sqlite().await } else { Stage::postgres().await };
        let log = Log::on(stage).await;
        assert_eq!(log.verify().await.findings, [], "before somebody tries to {name}");
        perform(&log, name).await;
        let report = log.verify().await;
        assert!(!report.findings.is_empty(), "{name} is not found");
        match index {
            Some(index) => assert_eq!(report.first_bad(), Some(index), "{name}: {:?}", report.findings),
            None => assert!(matches!(report.findings[..], [audit::Finding { fault: Fault::WithoutPlace(_), .. }]), "{name}"),
        }
        // Without a witness too, by what this machine keeps outside the database; and also after Portal has gone on.
        assert!(!log.verify_alone().await.findings.is_empty(), "{name}, without a witness");
        let went_on = log.go_on().await;
        assert!(!log.verify().await.findings.is_empty(), "{name}, after {went_on:?}");
        assert!(!log.verify_alone().await.findings.is_empty(), "{name}, without a witness, after {went_on:?}");
        found += 1;
        println!("{kind:?}: {name}: found, {}", report.findings[0].fault);
    }
    println!("{kind:?}: {found} of {} attacks are found", ATTACKS.len());
});

on_both_databases!(the_owner_of_the_database_has_no_other_history_signed, async |stage: Stage| {
    let log = Log::on(stage).await;
    let id = event_at(350);
    log.attack(&[
        &format!("DELETE FROM audit_event WHERE id = {id}"),
        "DELETE FROM audit_leaf",
        "DELETE FROM audit_tile",
        "DELETE FROM audit_checkpoint",
        "INSERT INTO audit_pending (event_id) SELECT id FROM audit_event",
    ])
    .await;
    for _ in 0..3 {
        let refused = log.go_on().await;
        assert!(matches!(refused, Err(SequencerError::Rewritten { signed: EVENTS })), "{refused:?}");
    }
    assert!(audit_tree::newest_checkpoint(log.stage.portal.db.reader()).await.unwrap().is_none(), "nothing is signed");
    // Nor does a process that was started anew sign it.
    let last = LastHead::open(&key_file(&log.stage), log.sequencer.key.verifier()).unwrap();
    let anew = Sequencer { last, ..log.sequencer.clone() };
    assert!(matches!(anew.run().await, Err(SequencerError::Rewritten { signed: EVENTS })));
});

on_both_databases!(a_place_outside_the_tree_and_a_twin_are_found, async |stage: Stage| {
    let log = Log::on(stage).await;
    let id = if log.is_sqlite() { "x'00000000000000000000000000000001'" } else { "'00000000-0000-0000-0000-000000000001'" };
    let rest = "team_id, at, actor_kind, actor_name, action, outcome, request_id, details, mac";
    let columns = |id: &str| format!("SELECT {id}, {rest} FROM audit_event WHERE id = {}", event_at(10));
    log.attack(&[
        &format!("INSERT INTO audit_event (id, {rest}) {}", columns(id)),
        &format!("DELETE FROM audit_pending WHERE event_id = {id}"),
        &format!("INSERT INTO audit_leaf (idx, event_id) VALUES (-1, {id})"),
    ])
    .await;
    log.go_on().await.unwrap();
    let report = log.verify().await;
    assert!(
        matches!(
            report.findings[..],
            [audit::Finding { fault: Fault::WithoutPlace(_), .. }, audit::Finding { fault: Fault::Astray(_), .. }]
        ),
        "{report:?}"
    );
    let event: Result<_, _> = "evt_00000000000000000000000000000001".parse();
    assert_eq!(audit::place(&log.stage.portal, event.unwrap()).await.unwrap(), None);
});

on_both_databases!(no_row_of_somebody_elses_holds_up_the_log, async |stage: Stage| {
    let log = Log::on(stage).await;
    let rest = "team_id, at, actor_kind, actor_name, outcome, request_id, details, mac";
    let id = if log.is_sqlite() { "randomblob(16)" } else { "gen_random_uuid()" };
    let insert = |rest: &str, columns: &str| {
        format!(
            "INSERT INTO audit_event (id, action, {rest}) SELECT {id}, {columns} FROM audit_event WHERE id = {}",
            event_at(10)
        )
    };
    let mut attacks = vec![
        // A word that no version knows; an event that has its place already; one that is not there.
        insert(rest, &format!("'no.such.action', {rest}")),
        format!("INSERT INTO audit_pending (event_id) SELECT {}", event_at(20)),
        format!("INSERT INTO audit_pending (event_id) SELECT {id}"),
    ];
    // A time that none is.
    let time = if log.is_sqlite() { "'x'" } else { "'-infinity'::timestamptz" };
    attacks.push(insert(rest, &format!("action, {}", rest.replace("at,", &format!("{time},")))));
    // The first of all ids, and what is none.
    let first = if log.is_sqlite() { "zeroblob(16)" } else { "'00000000-0000-0000-0000-000000000000'::uuid" };
    attacks.push(insert(rest, &format!("action, {rest}")).replacen(id, first, 1));
    if log.is_sqlite() {
        attacks.push("INSERT INTO audit_pending (event_id) VALUES (x'01')".to_owned());
    }
    log.attack(&attacks.iter().map(String::as_str).collect::<Vec<_>>()).await;
    record(&log.stage.visitor("192.0.2.1"), 3).await;
    assert!(log.go_on().await.is_ok());
    let size = async || audit_tree::size(log.stage.portal.db.reader()).await.unwrap();
    assert_eq!(size().await, EVENTS + 3);
    assert!(!log.verify().await.findings.is_empty());
    // Each was kept out and is counted, and nobody looks for it again.
    let db = log.stage.portal.db.reader();
    assert!(!audit_pending::any(db).await.unwrap());
    assert_eq!(audit_pending::refused(db).await.unwrap(), 5);
    // Nor does a head of the far future hold back the next signature.
    let future = if log.is_sqlite() { "'2999-01-01 00:00:00+00:00'" } else { "'2999-01-01'" };
    log.attack(&[&format!("INSERT INTO audit_checkpoint (size, signed_at, note) VALUES (9999999, {future}, 'x')")]).await;
    let before = LastHead::read(&key_file(&log.stage)).unwrap();
    log.go_on().await.unwrap();
    assert_ne!(LastHead::read(&key_file(&log.stage)).unwrap(), before);
});

on_both_databases!(a_database_that_swallows_events_is_not_believed, async |stage: Stage| {
    let cx = stage.visitor("192.0.2.1");
    let tx = stage.portal.db.begin().await.unwrap();
    match stage.portal.db.backend() {
        DbBackend::Sqlite => {
            let text = "CREATE TRIGGER swallow BEFORE INSERT ON audit_event BEGIN SELECT RAISE(IGNORE); END";
            tx.execute_unprepared(text).await.unwrap();
        }
        _ => {
            let function = "CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$";
            tx.execute_unprepared(function).await.unwrap();
            let text = "CREATE TRIGGER swallow BEFORE INSERT ON audit_event FOR EACH ROW EXECUTE FUNCTION swallow()";
            tx.execute_unprepared(text).await.unwrap();
        }
    }
    tx.commit().await.unwrap();
    assert!(audit::append_alone(&cx, Event::new(Action::SignedOut)).await.is_err());
});
