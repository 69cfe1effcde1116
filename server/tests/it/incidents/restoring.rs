//! The rehearsal of a backup: it goes red for whatever a copy lacks, and one of them stands for every Team.

use std::sync::Arc;

use backend::{
    backup,
    incidents::{self, Rehearsed},
    portal::Settings,
    store::Db,
};
use chrono::Duration;
use model::incident::DrillKind;
use sea_orm::{ConnectionTrait, DbBackend};
use server::{drill::rehearse, restore};

use super::Case;
use crate::{
    backup::{empty, portal},
    on_both_databases,
    support::Stage,
};

/// What was sealed for one place does not open in another.
const SPOILT: &str = "UPDATE lwa_app SET secret = (SELECT refresh_token FROM connection WHERE lwa_app_id = lwa_app.id)";

impl Case {
    async fn rehearsed(&self) -> Rehearsed {
        rehearse(&self.house.stage.portal, self.of.team, DrillKind::RestoreBackup).await
    }

    async fn execute(&self, text: &str) {
        self.house.stage.portal.db.reader().execute_unprepared(text).await.unwrap();
    }
}

/// The one step that did not hold.
fn failed(went: &Rehearsed) -> &str {
    let failed: Vec<_> = went.report.lines().filter(|line| line.starts_with("FAILED")).collect();
    let [step] = failed.as_slice() else { panic!("{}", went.report) };
    assert!(!went.passed);
    step
}

on_both_databases!(a_secret_that_does_not_open_fails_it, async |stage: Stage| {
    let case = Case::on(stage).await;
    let well = case.rehearsed().await;
    assert!(well.passed, "{}", well.report);
    case.execute(SPOILT).await;
    let went = case.rehearsed().await;
    assert!(failed(&went).contains("secrets of the Team that rehearses open in it"), "{}", went.report);
});

on_both_databases!(an_event_that_was_changed_fails_it, async |stage: Stage| {
    let mut case = Case::on(stage).await;
    let verifier = case.house.sequence().await.key.verifier().to_owned();
    let settings = &mut case.house.stage.portal.settings;
    *settings = Arc::new(Settings { log_verifier: Some(verifier), ..(**settings).clone() });
    let well = case.rehearsed().await;
    assert!(well.passed && well.report.contains("the head that was signed here last"), "{}", well.report);
    case.execute(match case.house.stage.portal.db.backend() {
        DbBackend::Postgres => "DROP TRIGGER audit_event_no_update ON audit_event",
        _ => "DROP TRIGGER audit_event_no_update",
    })
    .await;
    case.execute("UPDATE audit_event SET actor_name = 'nobody' WHERE action = 'gateway.created'").await;
    let went = case.rehearsed().await;
    assert!(failed(&went).contains("the head that was signed here last"), "{}", went.report);
});

on_both_databases!(a_row_that_the_copy_lacks_is_counted, async |stage: Stage| {
    let case = Case::on(stage).await;
    let (manifest, bytes) = backup::write(&case.house.stage.portal, Vec::new()).await.unwrap();
    let file = case.house.stage.folder.join("backup");
    std::fs::write(&file, bytes).unwrap();
    let copy = Db::connect(&empty(&case.house.stage, false).await, 2).await.unwrap();
    restore::restore(&case.house.stage.portal.vault, &copy, &file, case.of.owner.now()).await.unwrap();
    assert_eq!(backup::differences(&copy, &manifest).await.unwrap(), []);
    copy.reader().execute_unprepared("DELETE FROM gateway_connection").await.unwrap();
    let lost = backup::differences(&copy, &manifest).await.unwrap();
    assert_eq!(lost, [("gateway_connection".to_owned(), 1, 0)]);
});

on_both_databases!(one_rehearsal_stands_for_every_team_and_tells_nothing_of_it, async |stage: Stage| {
    let case = Case::on(stage).await;
    let portal = &case.house.stage.portal;
    let eve = case.house.furnished("eve").await;
    let of_eve = async || {
        let begun = incidents::begin_drill(portal, eve.team, DrillKind::RestoreBackup).await.unwrap();
        server::drill::run(portal, &begun).await.unwrap()
    };
    let begun = incidents::begin_drill(portal, case.of.team, DrillKind::RestoreBackup).await.unwrap();
    let first = server::drill::run(portal, &begun).await.unwrap();
    assert!(first.passed && !first.report.contains("Not run anew"), "{}", first.report);
    case.house.stage.advance(Duration::hours(23));
    let second = of_eve().await;
    assert!(second.passed && second.report.starts_with("Not run anew"), "{}", second.report);
    assert!(!second.report.contains("ada") && !second.report.contains(&case.of.team.to_string()), "{}", second.report);
    // One that was not run stands for nobody.
    case.house.stage.advance(Duration::hours(2));
    assert!(!of_eve().await.report.contains("Not run anew"));
    // One that failed stands for an hour.
    case.house.stage.advance(Duration::days(2));
    let begun = incidents::begin_drill(portal, case.of.team, DrillKind::RestoreBackup).await.unwrap();
    let red = Rehearsed { passed: false, report: "FAILED".to_owned() };
    incidents::keep_drill(portal, &begun, red).await.unwrap();
    case.house.stage.advance(Duration::minutes(59));
    assert!(!of_eve().await.passed);
    case.house.stage.advance(Duration::minutes(61));
    let mended = of_eve().await;
    assert!(mended.passed && !mended.report.contains("Not run anew"), "{}", mended.report);
});

on_both_databases!(it_is_run_from_a_terminal, async |stage: Stage| {
    let case = Case::on(stage).await;
    let team = case.of.team.to_string();
    let run = async || {
        let words = ["drill", "--team", &team, "--kind", "restore_backup"];
        let done = portal(&case.house, &case.house.stage.url, &words).await;
        (done.status.success(), String::from_utf8_lossy(&[done.stdout, done.stderr].concat()).into_owned())
    };
    let (well, said) = run().await;
    assert!(
        well && said.lines().filter(|line| line.starts_with("ok")).count() >= 6 && said.contains("Kept: http"),
        "{said}"
    );
    // Some time later a secret of the Team does not open.
    let before = "'2026-09-01 00:00:00+00:00'";
    case.execute(&format!("UPDATE drill SET asked_at = {before}, started_at = {before}, ended_at = {before}")).await;
    case.execute(SPOILT).await;
    let (well, said) = run().await;
    assert!(!well && said.contains("FAILED") && said.contains("Kept: http"), "{said}");
    let kept = incidents::drills(&case.of.owner, &case.of.scope).await.unwrap();
    let passed: Vec<_> = kept.into_iter().map(|drill| drill.ended.unwrap().passed).collect();
    assert_eq!(passed, [false, true]);
});
