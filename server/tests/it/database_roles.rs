//! Processes that serve do everything that they must as roles that own nothing, and cannot touch what was recorded (C3).

use std::process::{Child, Command, Stdio};

use backend::{
    Portal,
    alerts::Watch,
    audit::{CheckpointKey, Sequencer, verify},
    jobs,
    store::Db,
};
use chrono::Duration;
use sea_orm::ConnectionTrait;
use serde_json::json;
use server::database_roles::{Roles, excess};

use crate::{
    coverage::ready,
    house::{self, House},
    processes::free_port,
    registry::functions,
    support::Stage,
};

/// Handles under a login role of this database alone that is a member of `role`.
async fn member(stage: &Stage, owner: &Db, role: &str) -> Portal {
    let (base, database) = stage.url.rsplit_once('/').unwrap();
    let login = format!("{role}_login");
    owner.reader().execute_unprepared(&format!("CREATE ROLE {login} LOGIN IN ROLE {role}")).await.unwrap();
    let url = format!("{}/{database}", base.replace("//portal@", &format!("//{login}@")));
    Portal { db: Db::connect(&url, 8).await.unwrap(), ..stage.portal.clone() }
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_serve_as_roles_that_own_nothing() {
    let mut stage = Stage::postgres().await;
    let owner = stage.portal.db.clone();
    let roles = Roles::of(owner.reader()).await.unwrap();
    roles.grant(owner.reader()).await.unwrap();
    roles.grant(owner.reader()).await.unwrap();
    let (serving, working) = (member(&stage, &owner, &roles.serving).await, member(&stage, &owner, &roles.working).await);
    for works in [false, true] {
        assert!(excess(owner.reader(), works).await.unwrap().unwrap().contains("role portal may"));
        assert_eq!(excess(if works { &working } else { &serving }.db.reader(), works).await.unwrap(), None);
    }
    let more = excess(working.db.reader(), false).await.unwrap().unwrap();
    assert!(more.contains("DELETE on audit_event"), "{more}");

    // Everything that people and gateways do, as the one that serves.
    stage.portal = serving.clone();
    let house = House::on(stage).await;
    for function in functions() {
        let of = house.furnished(&function.name.replace('_', "-")).await;
        let own = house.things(&of).await;
        let (mut browser, fields) = ready(&house, &function, &of, &own).await;
        let response = browser.call(&function.name, &fields).await;
        assert!(response.status().is_success(), "{}: {}", function.name, response.text().await.unwrap());
    }
    let ada = house.furnished("ada").await;
    assert_eq!(house.issue(&ada, json!({})).await.0, 200);

    // Everything that jobs do, as the one that works, for long enough that something is pruned.
    let working = Portal { amazon: house.stage.portal.amazon.clone(), ..working };
    let sequencer = Sequencer::new(&working, CheckpointKey::generate("portal.example/audit"));
    for _ in 0..2 {
        sequencer.run().await.unwrap();
        Watch::new(&working).run().await.unwrap();
        jobs::run_due(&working).await.unwrap();
        backend::mail::deliver_due(&working).await.unwrap();
        house.stage.advance(Duration::days(420));
    }
    // Every Team here has a hold that stands: the first of them stops the pruning, whatever a table says of it.
    owner.reader().execute_unprepared("UPDATE audit_hold SET lifted_at = '2020-01-01'").await.unwrap();
    assert!((1..100).contains(&sequencer.prune().await.unwrap()));
    sequencer.run().await.unwrap();
    let report = verify(working.db.reader(), &working.vault, sequencer.key.verifier(), &[], working.clock.now()).await;
    assert_eq!(report.unwrap().findings, []);

    let neither = [
        "UPDATE audit_event SET reason = 'x'",
        "TRUNCATE audit_event",
        "DROP TRIGGER audit_event_is_kept ON audit_event",
        "ALTER TABLE audit_event DISABLE TRIGGER ALL",
        "SET session_replication_role = replica",
        "UPDATE audit_leaf SET idx = idx + 1",
        "DELETE FROM audit_tile",
        "UPDATE audit_horizon SET idx = 1000000",
        "DELETE FROM audit_horizon",
        "DELETE FROM audit_hold",
        "CREATE OR REPLACE FUNCTION audit_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN OLD; END $$",
        "DELETE FROM seaql_migrations",
    ];
    let not_serving = [
        "DELETE FROM audit_event",
        "INSERT INTO audit_horizon (idx, signed_at, note) VALUES (1000000, now(), '')",
        "INSERT INTO audit_leaf (idx, event_id) VALUES (-1, gen_random_uuid())",
        "DELETE FROM audit_pending",
        "UPDATE audit_tile SET hashes = ''",
        "UPDATE audit_checkpoint SET note = ''",
        "UPDATE audit_watch SET next_idx = 1000000",
    ];
    let both = neither.iter().flat_map(|statement| [(&serving, statement), (&working, statement)]);
    for (portal, statement) in both.chain(not_serving.iter().map(|statement| (&serving, statement))) {
        let refused = portal.db.reader().execute_unprepared(statement).await.expect_err(statement).to_string();
        assert!(refused.contains("permission denied") || refused.contains("must be owner"), "{statement}: {refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_makes_the_roles_and_production_serves_as_them_alone() {
    let stage = Stage::postgres().await;
    let owner = stage.portal.db.clone();
    let command = |arguments: &[&str], url: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_portal"));
        command
            .args(arguments)
            .env("PORTAL_DATA_DIR", &stage.folder)
            .env("PORTAL_DATABASE_URL", url)
            .env("PORTAL_PUBLIC_URL", "https://portal.example.com")
            .env("PORTAL_MAIL__SMTP_URL", "smtps://mail.example.com")
            .env("PORTAL_ROLES", "[\"gateway\"]")
            .env("PORTAL_LISTEN", "127.0.0.1:0")
            .env("PORTAL_LOG__FILTER", "off")
            .env_remove("PORTAL_CONFIG");
        command
    };
    let portal = |arguments: &[&str]| {
        let done = command(arguments, &stage.url).output().unwrap();
        (done.status.success(), String::from_utf8_lossy(&[done.stdout, done.stderr].concat()).into_owned())
    };
    let (made, said) = portal(&["migrate", "--roles"]);
    let roles = Roles::of(owner.reader()).await.unwrap();
    assert!(made && said.contains(&roles.serving) && said.contains(&roles.working), "{said}");
    let (served, said) = portal(&["serve"]);
    assert!(!served && said.contains("could change the log"), "{said}");
    // As a member it starts, and answers that it is ready.
    let login = format!("{}_login", roles.serving);
    let (base, database) = stage.url.rsplit_once('/').unwrap();
    member(&stage, &owner, &roles.serving).await;
    let url = format!("{}/{database}", base.replace("//portal@", &format!("//{login}@")));
    let metrics = free_port();
    let mut serving = command(&["serve"], &url);
    serving.env("PORTAL_METRICS_LISTEN", format!("127.0.0.1:{metrics}")).stdout(Stdio::null());
    let _serving = Killed(serving.spawn().unwrap());
    for _ in 0..200 {
        let ready = house::client().get(format!("http://127.0.0.1:{metrics}/readyz")).send().await;
        if ready.is_ok_and(|answer| answer.status() == 200) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("it does not start as the role that it asked for");
}

/// Ends with the test.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
