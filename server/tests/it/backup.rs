//! A backup holds everything, opens with the master key alone, and comes back as a copy that does nothing until it is promoted.

use std::{
    path::Path,
    process::{Command, Output},
    sync::atomic::{AtomicBool, Ordering},
};

use backend::{
    backup::{self, BackupError},
    store::{Db, restored},
    vault::{KeyFile, Vault},
};
use model::egress::Purpose;
use sea_orm::{ConnectionTrait, DbBackend};
use serde_json::json;
use server::{
    config::{self, Config, Mode, Secret},
    restore::{self, RestoreError},
    start,
};

use crate::{
    house::House,
    on_both_databases,
    processes::{Process, spawn},
    registry::{column_of, dump, dump_of},
    support::Stage,
};

/// `portal`, on this database with the house's keys.
pub async fn portal(house: &House, database: &str, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portal"));
    command.args(words).env_remove("PORTAL_CONFIG").envs([
        ("PORTAL_MODE", "development"),
        ("PORTAL_ROLES", "[\"web\"]"),
        ("PORTAL_DATA_DIR", &house.stage.folder.display().to_string()),
        ("PORTAL_DATABASE_URL", database),
        ("PORTAL_SITE_DIR", &house.stage.folder.join("site").display().to_string()),
        ("PORTAL_MAIL__CAPTURE_DIR", &house.stage.folder.join("mail").display().to_string()),
        ("PORTAL_LOG__FILTER", "off"),
    ]);
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

/// The address of an empty database of either kind.
pub async fn empty(stage: &Stage, postgres: bool) -> String {
    let name = format!("empty_{}", backend::random::uuid(stage.portal.clock.now()).simple());
    if !postgres {
        return format!("sqlite://{}/{name}.db", stage.folder.display());
    }
    #[expect(clippy::disallowed_methods, reason = "scripts/postgres.sh says where the cluster is")]
    let base = std::env::var("PORTAL_TEST_POSTGRES").expect("PORTAL_TEST_POSTGRES names the test cluster");
    let admin = Db::connect(&format!("{base}/postgres"), 1).await.unwrap();
    admin.reader().execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
    format!("{base}/{name}")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), &output.stderr].concat()).into_owned()
}

/// A house with everything in it, and a backup of it.
async fn backed_up(stage: Stage) -> (House, String, crate::house::Furnished) {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    house.things(&of).await;
    assert_eq!(house.issue(&of, json!({})).await.0, 200);
    house.sequence().await;
    let file = house.stage.folder.join("portal.backup").display().to_string();
    let done = portal(&house, &house.stage.url, &["backup", &file]).await;
    assert!(done.status.success() && said(&done).contains("rows of"), "{}", said(&done));
    (house, file, of)
}

/// What a backup leaves out, and what the backup itself is recorded in.
const ASIDE: [&str; 8] = [
    "browser",
    "login_challenge",
    "passkey_ceremony",
    "seaql_migrations",
    "restored_copy",
    "audit_event",
    "audit_pending",
    "rate_limit",
];

on_both_databases!(everything_comes_back_into_either_kind_of_database, async |stage: Stage| {
    let (house, file, of) = backed_up(stage).await;
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!portal(&house, &house.stage.url, &["backup", &file]).await.status.success(), "nothing is written over");
    let is_postgres = house.stage.portal.db.backend() == DbBackend::Postgres;
    for postgres in [is_postgres, !is_postgres] {
        let url = empty(&house.stage, postgres).await;
        assert!(!portal(&house, &url, &["restore", &file]).await.status.success(), "it says that it is disposable");
        let done = portal(&house, &url, &["restore", "--disposable", &file]).await;
        assert!(done.status.success() && said(&done).contains("It is a copy"), "{}", said(&done));
        let copy = Db::connect(&url, 2).await.unwrap();
        if postgres == is_postgres {
            let (there, here) = (dump_of(&copy, None, &ASIDE).await, dump(&house, None, &ASIDE).await);
            for (table, rows) in &here {
                assert_eq!(&there[table], rows, "{table}");
            }
        }
        // Secrets open as they did, and the log is the one that was signed.
        let samples = async || backup::samples(&house.stage.portal, &copy, of.team).await.unwrap();
        let (opened, all) = samples().await;
        assert!(opened == all && all >= 5, "{opened} of {all}");
        let spoilt = "UPDATE lwa_app SET secret = $1";
        let row = sea_orm::Statement::from_sql_and_values(copy.backend(), spoilt, [vec![1_u8; 90].into()]);
        copy.reader().execute_raw(row).await.unwrap();
        let (opened, all) = samples().await;
        assert!(opened < all, "what is spoilt is not seen");
        let key = backend::audit::CheckpointKey::load(&house.stage.folder.join("log.key")).unwrap();
        let now = house.stage.portal.clock.now();
        let found =
            backend::audit::verify(copy.reader(), &house.stage.portal.vault, key.verifier(), &[], now).await.unwrap();
        assert!(found.findings.is_empty() && found.size > 50, "{:?}", found.findings);
        // A second one finds it full.
        let again = portal(&house, &url, &["restore", "--disposable", &file]).await;
        assert!(said(&again).contains("not empty"), "{}", said(&again));
    }
});

on_both_databases!(a_backup_opens_with_its_key_alone_and_only_whole, async |stage: Stage| {
    let (house, file, of) = backed_up(stage).await;
    let whole = std::fs::read(&file).unwrap();
    for secret in [of.secret.as_bytes(), b"ada@example.com", b"audit_event", of.team.0.simple().to_string().as_bytes()] {
        assert!(!whole.windows(secret.len()).any(|window| window == secret), "something can be read without the key");
    }
    let (vault, now) = (&house.stage.portal.vault, house.stage.portal.clock.now());
    let into = async |bytes: &[u8], vault: &Vault| {
        let path = house.stage.folder.join("tried");
        std::fs::write(&path, bytes).unwrap();
        let url = empty(&house.stage, false).await;
        let db = Db::connect(&url, 2).await.unwrap();
        let done = restore::restore(vault, &db, &path, now).await;
        // Nothing half restored is taken for an installation.
        let standing = restored::standing(db.reader()).await.unwrap();
        (done, standing == restored::Standing::Own || standing == restored::Standing::Half)
    };
    let thief = Vault::new(KeyFile::generate(now));
    assert!(matches!(into(&whole, &thief).await, (Err(RestoreError::Backup(BackupError::NoKey(_))), true)));
    for at in [3, 20, 40, whole.len() / 3, whole.len() / 2, whole.len() - 30, whole.len() - 1] {
        let mut altered = whole.clone();
        altered[at] ^= 1;
        let (done, harmless) = into(&altered, vault).await;
        assert!(done.is_err() && harmless, "byte {at}");
    }
    for length in [0, 10, 100, whole.len() / 2, whole.len() - 17, whole.len() - 1] {
        let (done, harmless) = into(&whole[..length], vault).await;
        assert!(done.is_err() && harmless, "length {length}");
    }
    for more in [&b"x"[..], &whole] {
        let (done, harmless) = into(&[&whole, more].concat(), vault).await;
        assert!(matches!(done, Err(RestoreError::Backup(BackupError::More))) && harmless, "{done:?}");
    }
    // One that was cut off in the middle is not served.
    let url = empty(&house.stage, false).await;
    let db = Db::connect(&url, 1).await.unwrap();
    restored::begin(db.reader()).await.unwrap();
    db.close().await.unwrap();
    let served = portal(&house, &url, &["serve", "--migrate"]).await;
    assert!(!served.status.success() && said(&served).contains("cut off"), "{}", said(&served));
    let done = into(&whole, vault).await.0;
    assert!(done.is_ok(), "{done:?}");
});

async fn many_of(db: &Db, what: &str) -> usize {
    let found = column_of(db, &format!("SELECT CAST(COUNT(*) AS TEXT) AS row FROM {what}")).await;
    found[0].parse().unwrap()
}

on_both_databases!(a_backup_is_of_one_moment_while_others_write, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let (done, portal) = (AtomicBool::new(false), &house.stage.portal);
    let write = async || {
        let mut many = 0;
        while !done.load(Ordering::Relaxed) {
            house.gateway(&of.owner, &of.scope, &[of.connection]).await;
            many += 1;
        }
        many
    };
    let made = async || many_of(&portal.db, "gateway").await;
    let back_up = async || {
        let mut backups = Vec::new();
        for _ in 0..3 {
            let before = made().await;
            while made().await == before {
                tokio::task::yield_now().await;
            }
            backups.push(backup::write(portal, Vec::new()).await.unwrap().1);
        }
        done.store(true, Ordering::Relaxed);
        backups
    };
    let (backups, first, second, third) = tokio::join!(back_up(), write(), write(), write());
    let mut gateways = Vec::new();
    for bytes in backups {
        let file = house.stage.folder.join("one");
        std::fs::write(&file, bytes).unwrap();
        let copy = Db::connect(&empty(&house.stage, false).await, 2).await.unwrap();
        restore::restore(&portal.vault, &copy, &file, portal.clock.now()).await.unwrap();
        // What one transaction wrote in two tables is in both of them or in none.
        let many = async |of: &str| many_of(&copy, of).await;
        let made = many("gateway").await;
        assert_eq!(many("audit_event WHERE action = 'gateway.created'").await, made);
        let filled = many("gateway_connection").await;
        assert_eq!(many("audit_event WHERE action = 'gateway.changed'").await, filled);
        gateways.push(made);
    }
    let all = first + second + third + 1;
    assert!(gateways[0] < gateways[1] && gateways[1] < gateways[2] && gateways[2] <= all, "{gateways:?} of {all}");
});

/// What a process of this installation connects outward for, on this database; and whether it has mails to send.
async fn outward(house: &House, database: &str) -> (Vec<Purpose>, bool) {
    let config = Config {
        data_dir: house.stage.folder.clone(),
        database_url: Some(Secret(database.to_owned().into())),
        mail: config::Mail { capture_dir: Some(house.stage.folder.join("mail")), ..Config::default().mail },
        mode: Mode::Development,
        ..Config::default()
    };
    let portal = start::portal(&config).await.unwrap();
    let mut purposes: Vec<_> = portal.egress.entries().iter().map(|entry| entry.purpose).collect();
    purposes.sort_by_key(|purpose| purpose.as_str());
    (purposes, portal.mailer.is_folder())
}

on_both_databases!(a_copy_connects_to_its_key_service_and_to_nobody_else, async |stage: Stage| {
    let (house, file, _) = backed_up(stage).await;
    let (before, mails) = outward(&house, &house.stage.url).await;
    assert!(before.contains(&Purpose::Amazon) && before.contains(&Purpose::Webhooks) && mails, "{before:?}");
    let url = empty(&house.stage, house.stage.portal.db.backend() == DbBackend::Postgres).await;
    assert!(portal(&house, &url, &["restore", "--disposable", &file]).await.status.success());
    assert_eq!(outward(&house, &url).await, (vec![Purpose::Keys, Purpose::Role], false));
    assert!(portal(&house, &url, &["promote"]).await.status.success());
    assert_eq!(outward(&house, &url).await, (before, true));
});

on_both_databases!(a_copy_sends_nothing_and_asks_nobody_until_it_is_promoted, async |stage: Stage| {
    let (house, file, of) = backed_up(stage).await;
    let url = empty(&house.stage, house.stage.portal.db.backend() == DbBackend::Postgres).await;
    assert!(portal(&house, &url, &["restore", "--disposable", &file]).await.status.success());
    let copy = Db::connect(&url, 2).await.unwrap();
    let start = async |roles: &str| {
        let mail = house.stage.folder.join("copys-mail");
        let mail = mail.display().to_string();
        let site = house.stage.folder.join("site").display().to_string();
        let more = [("PORTAL_DATABASE_URL", &*url), ("PORTAL_MAIL__CAPTURE_DIR", &mail), ("PORTAL_SITE_DIR", &site)];
        spawn(&house, roles, &more).await
    };
    let roles = "web\", \"gateway\", \"worker";
    let issue =
        async |process: &Process| house.issue_at(&process.url, &of.secret, of.team, of.connection, json!({})).await.0;
    let own = async |process: &Process| {
        let asked = house.http.get(format!("{}/api/gateway/v1/self", process.url)).bearer_auth(&of.secret);
        asked.header("Portal-Gateway", "1").send().await.unwrap().status().as_u16()
    };
    let count =
        async |text: &str| column_of(&copy, &format!("SELECT CAST(COUNT(*) AS TEXT) AS row FROM {text}")).await[0].clone();
    // A mail waits in it, as it did when the backup was made.
    let waits = "UPDATE mail_outbox SET sent_at = NULL, failed_at = NULL, attempts = 0";
    copy.reader().execute_unprepared(waits).await.unwrap();
    let waiting = count("mail_outbox WHERE sent_at IS NULL AND failed_at IS NULL").await;
    assert_ne!(waiting, "0");
    // Nor does one leave that is good and kept in it; and nothing works on it.
    let now = backend::Clock::system().now();
    let ahead = now + chrono::Duration::hours(1);
    let good = "UPDATE connection SET access_issued_at = $1, access_expires_at = $2 WHERE access_token IS NOT NULL";
    let good = sea_orm::Statement::from_sql_and_values(copy.backend(), good, [now.into(), ahead.into()]);
    assert!(copy.reader().execute_raw(good).await.unwrap().rows_affected() > 0);
    let works = async || (count("audit_event").await, count("audit_checkpoint").await, count("audit_leaf").await);
    let before = works().await;
    let process = start(roles).await;
    assert_eq!((issue(&process).await, own(&process).await), (403, 404), "there is no route for gateways");
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    assert_eq!(works().await, before, "something worked on the copy");
    drop(process);
    // No credential is kept in it: whoever issues one has to ask Amazon.
    let without = "UPDATE connection SET access_token = NULL, access_issued_at = NULL, access_expires_at = NULL";
    copy.reader().execute_unprepared(without).await.unwrap();
    let asked = house.simulator.token_calls();
    let process = start(roles).await;
    assert_eq!(issue(&process).await, 403, "no credential leaves a copy");
    let page = house.http.get(format!("{}/sign-in", process.url)).send().await.unwrap();
    assert_eq!(page.status(), 200);
    assert!(page.text().await.unwrap().contains("This is a restored copy of"));
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    assert_eq!(count("mail_outbox WHERE sent_at IS NULL AND failed_at IS NULL").await, waiting);
    assert!(
        !house.stage.folder.join("copys-mail").exists()
            || Path::new(&house.stage.folder).join("copys-mail").read_dir().unwrap().next().is_none()
    );
    drop(process);
    assert_eq!(house.simulator.token_calls(), asked, "Amazon was asked");
    // Nor does anybody take keys out of the file by what a copy needs, or back it up for an installation.
    for words in [
        &["keys", "rotate"][..],
        &["keys", "rotate", "--prepare"],
        &["keys", "retire", "file_x"],
        &["backup", &format!("{file}.copy")],
    ] {
        let refused = portal(&house, &url, words).await;
        assert!(!refused.status.success() && said(&refused).contains("restored copy"), "{words:?}: {}", said(&refused));
    }
    let done = portal(&house, &url, &["promote"]).await;
    assert!(done.status.success() && said(&done).contains("Promoted"), "{}", said(&done));
    assert!(!portal(&house, &url, &["promote"]).await.status.success());
    assert_eq!(count("mail_outbox WHERE sent_at IS NULL AND failed_at IS NULL").await, "0");
    assert_eq!(count("session WHERE ended_at IS NULL").await, "0");
    assert_eq!(count("audit_event WHERE action = 'backup.promoted'").await, "1");
    let process = start("gateway").await;
    assert_eq!((issue(&process).await, own(&process).await), (200, 200));
    assert_eq!(house.simulator.token_calls(), asked + 1);
});
