use backend::{
    alerts,
    audit::Event,
    jobs,
    store::{
        alert::Alert,
        audit_tree::{self, Seen},
    },
};
use chrono::Duration;
use model::{alert::Rule, audit::Action};
use sea_orm::{ConnectionTrait, DbBackend};

use super::Guarded;
use crate::on_both_databases;

impl Guarded {
    /// As the owner of the database, with the log's guards out of the way.
    async fn unguarded(&self, statements: &[&str]) {
        let tx = self.house.stage.portal.db.begin().await.unwrap();
        let tables = ["audit_leaf", "audit_checkpoint", "audit_tile"];
        for table in tables {
            let off = match tx.get_database_backend() {
                DbBackend::Sqlite if table == "audit_tile" => "DROP TRIGGER audit_tile_no_delete".to_owned(),
                DbBackend::Sqlite => format!("DROP TRIGGER {table}_is_kept"),
                _ => format!("ALTER TABLE {table} DISABLE TRIGGER USER"),
            };
            tx.execute_unprepared(&off).await.unwrap();
        }
        for statement in statements {
            tx.execute_unprepared(statement).await.unwrap();
        }
        tx.commit().await.unwrap();
    }

    /// The installation's open alerts of one rule, after the watch ran. The first person here operates it.
    async fn told(&self, rule: Rule) -> Vec<Alert> {
        self.watch.run().await.unwrap();
        let open = alerts::list_of_installation(&self.made.owner).await.unwrap().open;
        open.into_iter().filter(|alert| alert.rule == rule).collect()
    }
}

on_both_databases!(refused_codes_everywhere, |stage| async move {
    let guarded = Guarded::on(stage).await;
    for _ in 0..99 {
        guarded.plant(Event::new(Action::SignInRefused).refused("wrong_code")).await;
    }
    guarded.look().await;
    assert!(guarded.told(Rule::SignInStorm).await.is_empty());
    guarded.plant(Event::new(Action::SignInRefused).refused("wrong_code")).await;
    guarded.look().await;
    assert_eq!(guarded.told(Rule::SignInStorm).await.len(), 1);
});

on_both_databases!(a_log_that_falls_silent, |stage| async move {
    let guarded = Guarded::on(stage).await;
    guarded.house.stage.advance(Duration::minutes(59));
    assert!(guarded.told(Rule::LogSilent).await.is_empty());
    guarded.house.stage.advance(Duration::minutes(59));
    assert!(guarded.told(Rule::LogSilent).await.is_empty(), "the watch itself says that the log lives");
    guarded.house.stage.advance(Duration::minutes(61));
    let fired = guarded.told(Rule::LogSilent).await;
    assert_eq!(fired.len(), 1);
    assert!(fired[0].finding.contains("61 minutes"), "{}", fired[0].finding);
});

on_both_databases!(a_head_that_is_late, |stage| async move {
    let guarded = Guarded::on(stage).await;
    guarded.look().await;
    guarded.house.stage.advance(Duration::minutes(4));
    assert!(guarded.told(Rule::CheckpointLate).await.is_empty());
    guarded.house.stage.advance(Duration::minutes(1));
    assert_eq!(guarded.told(Rule::CheckpointLate).await.len(), 1);
});

on_both_databases!(a_witness_that_falls_silent, |stage| async move {
    let guarded = Guarded::on(stage).await;
    let portal = &guarded.house.stage.portal;
    guarded.house.stage.advance(Duration::hours(3));
    assert!(guarded.told(Rule::WitnessSilent).await.is_empty(), "without a witness none is silent");
    let tx = portal.db.begin().await.unwrap();
    let seen = Seen { name: "notary".to_owned(), size: 1, seen_at: portal.clock.now(), note: String::new() };
    audit_tree::put_seen(&*tx, seen).await.unwrap();
    tx.commit().await.unwrap();
    guarded.house.stage.advance(Duration::minutes(9));
    assert!(guarded.told(Rule::WitnessSilent).await.is_empty());
    guarded.house.stage.advance(Duration::minutes(1));
    let fired = guarded.told(Rule::WitnessSilent).await;
    assert_eq!(fired.len(), 1);
    assert!(fired[0].finding.starts_with("notary"), "{}", fired[0].finding);
});

on_both_databases!(events_that_portal_did_not_write, |stage| async move {
    let guarded = Guarded::on(stage).await;
    assert!(guarded.told(Rule::ForeignEvents).await.is_empty());
    let portal = &guarded.house.stage.portal;
    let tx = portal.db.begin().await.unwrap();
    tx.execute_unprepared(
        "INSERT INTO audit_event (id, team_id, at, actor_kind, actor_name, action, outcome, request_id, details, mac)
         SELECT team_id, team_id, at, actor_kind, 'nobody', action, outcome, request_id, details, mac FROM audit_event
         WHERE team_id IS NOT NULL LIMIT 1",
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
    guarded.sequencer.run().await.unwrap();
    assert_eq!(guarded.told(Rule::ForeignEvents).await.len(), 1);
});

on_both_databases!(a_watch_that_stands_still, |stage| async move {
    let guarded = Guarded::on(stage).await;
    let portal = &guarded.house.stage.portal;
    let told = async || {
        jobs::run_due(portal).await.unwrap();
        let open = alerts::list_of_installation(&guarded.made.owner).await.unwrap().open;
        open.into_iter().filter(|alert| alert.rule == Rule::WatchLate).count()
    };
    guarded.look().await;
    guarded.house.stage.advance(Duration::hours(1));
    assert_eq!(told().await, 0, "nothing waits");
    guarded.plant(guarded.event(Action::TeamRenamed)).await;
    guarded.sequencer.run().await.unwrap();
    guarded.house.stage.advance(Duration::minutes(9));
    assert_eq!(told().await, 0);
    guarded.house.stage.advance(Duration::minutes(1));
    assert_eq!(told().await, 1);
});

on_both_databases!(a_log_that_does_not_hold, |stage| async move {
    let guarded = Guarded::on(stage).await;
    guarded.look().await;
    jobs::sequence(guarded.sequencer.clone()).await.unwrap();
    jobs::prune(guarded.sequencer.clone()).await.unwrap();
    assert!(guarded.told(Rule::LogDamaged).await.is_empty());
    // An old copy of the tree: what this machine signed does not follow from it.
    let cut = ["DELETE FROM audit_leaf WHERE idx > 3", "DELETE FROM audit_checkpoint", "DELETE FROM audit_tile"];
    guarded.unguarded(&cut).await;
    guarded.house.stage.advance(Duration::minutes(2));
    assert!(jobs::sequence(guarded.sequencer.clone()).await.is_err());
    assert!(jobs::prune(guarded.sequencer.clone()).await.is_ok(), "nothing of it is old");
    let fired = guarded.told(Rule::LogDamaged).await;
    assert_eq!(fired.len(), 1);
    assert!(fired[0].finding.contains("does not follow"), "{}", fired[0].finding);
});

on_both_databases!(only_operators_see_the_installations_alerts, |stage| async move {
    let guarded = Guarded::on(stage).await;
    let other = guarded.house.stage.person("eve").await;
    assert!(alerts::list_of_installation(&other).await.is_err());
    assert!(alerts::list_of_installation(&guarded.made.owner).await.is_ok());
});

on_both_databases!(a_scan_that_is_old_missing_or_failed, |stage| async move {
    let mut guarded = Guarded::on(stage).await;
    let told = async |guarded: &Guarded| {
        jobs::run_due(&guarded.house.stage.portal).await.unwrap();
        let open = alerts::list_of_installation(&guarded.made.owner).await.unwrap().open;
        open.into_iter().filter(|alert| alert.rule == Rule::ScanOverdue).map(|alert| alert.finding).collect::<Vec<_>>()
    };
    assert!(told(&guarded).await.is_empty(), "in development nobody has to scan");
    let portal = &mut guarded.house.stage.portal;
    let settings = std::sync::Arc::make_mut(&mut portal.settings);
    settings.mode = backend::Mode::Production;
    let (folder, now) = (settings.proofs_dir.clone(), portal.clock.now());
    assert!(told(&guarded).await[0].contains("proofs_dir"));
    std::fs::create_dir_all(&folder).unwrap();
    let leave = |days: i64, verdict: &str| {
        let at = (now - Duration::days(days)).to_rfc3339();
        let all = |value: &str| {
            ["advisories", "bans", "licenses", "npm", "sources"].map(|one| format!(r#""{one}": "{value}""#)).join(", ")
        };
        let (checks, passed_at) = (all(verdict), all(&at));
        let text = format!(
            r#"{{"at": "{at}", "commit": "abc", "checks": {{{checks}}}, "passed_at": {{{passed_at}}}, "components": {{}}}}"#
        );
        std::fs::write(folder.join("scan.json"), text).unwrap();
    };
    leave(29, "passed");
    assert_eq!(told(&guarded).await.len(), 1, "the alert of the missing one still waits for a person");
    leave(30, "passed");
    assert!(told(&guarded).await.iter().any(|finding| finding.contains("Not passed for 30 days")));
    leave(0, "failed");
    assert!(told(&guarded).await.iter().any(|finding| finding.contains("What failed: advisories, bans")));
});
