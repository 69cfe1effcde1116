//! Master keys and data keys are replaced while Portal works; what is cut off is taken up; nothing is lost, and nothing is thrown away
//! that something needs.

mod retired;

use std::{
    ops::Range,
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use backend::{
    Portal, alerts, jobs, keys,
    keys::RetireError,
    store::data_key,
    vault::{KeyFile, Place, Sealed, Vault, VaultError},
};
use chrono::Duration;
use model::{
    alert::Rule,
    audit::Action,
    ids::{TeamId, WebhookId},
};
use sea_orm::{ConnectionTrait, Statement};
use secrecy::SecretString;
use serde_json::json;

use crate::{
    house::{Furnished, House},
    on_both_databases,
    support::{Stage, reveal},
};

/// Teams beside the one that works.
const TEAMS: usize = 400;

/// A value that a Team has sealed, and what it must open to.
struct Kept {
    place: Place,
    sealed: Sealed,
    plain: String,
}

/// Many Teams, each with a data key and something sealed under it, in a table where it can be sealed anew.
async fn many_teams(house: &House, of: &Furnished) -> Vec<Kept> {
    let (portal, now) = (&house.stage.portal, house.stage.portal.clock.now());
    let owner = of.owner.signed_in().unwrap().user.0;
    let tx = portal.db.begin().await.unwrap();
    let backend = tx.get_database_backend();
    let sql = |text: &str, values: Vec<sea_orm::Value>| Statement::from_sql_and_values(backend, text, values);
    let mut kept = Vec::new();
    for n in 0..TEAMS {
        let (team, hook): (TeamId, WebhookId) = (backend::random::id(now), backend::random::id(now));
        let made = "INSERT INTO team (id, name, created_at, version) VALUES ($1, $2, $3, 1)";
        tx.execute_raw(sql(made, vec![team.0.into(), format!("Team {n}").into(), now.into()])).await.unwrap();
        let place = Place { team: Some(team), table: "webhook", row: hook.0, field: "secret" };
        let plain = format!("secret of {n}");
        let sealed = portal.vault.seal(&*tx, now, &place, &SecretString::from(plain.clone())).await.unwrap();
        let made = "INSERT INTO webhook (id, team_id, url, secret, created_by, created_at) VALUES ($1, $2, '', $3, $4, $5)";
        let values = vec![hook.0.into(), team.0.into(), sealed.0.clone().into(), owner.into(), now.into()];
        tx.execute_raw(sql(made, values)).await.unwrap();
        kept.push(Kept { place, sealed, plain });
    }
    tx.commit().await.unwrap();
    kept
}

/// How many of these do not open with the keys of the file alone, as they were sealed then and as they stand now.
async fn lost(portal: &Portal, file: &std::path::Path, kept: &[Kept]) -> usize {
    let (vault, db) = (Vault::new(KeyFile::load(file).unwrap()), portal.db.reader());
    let mut lost = 0;
    for one in kept {
        let text = "SELECT secret FROM webhook WHERE id = $1";
        let row = Statement::from_sql_and_values(db.get_database_backend(), text, [one.place.row.into()]);
        let now = Sealed(db.query_one_raw(row).await.unwrap().unwrap().try_get("", "secret").unwrap());
        for sealed in [&one.sealed, &now] {
            let opened = vault.open(db, &one.place, sealed).await;
            lost += usize::from(!opened.is_ok_and(|plain| reveal(&plain) == one.plain));
        }
    }
    lost
}

/// `portal keys`, of this house.
fn portal_keys(house: &House, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portal"));
    command.arg("keys").args(words).env_remove("PORTAL_CONFIG").envs([
        ("PORTAL_MODE", "development"),
        ("PORTAL_ROLES", "[\"web\"]"),
        ("PORTAL_DATA_DIR", &house.stage.folder.display().to_string()),
        ("PORTAL_DATABASE_URL", &house.stage.url),
        ("PORTAL_LOG__FILTER", "off"),
    ]);
    command
}

/// Some time between so many milliseconds.
fn some(milliseconds: Range<u32>) -> std::time::Duration {
    let Range { start, end } = milliseconds;
    let random = u32::from_le_bytes(backend::random::bytes());
    std::time::Duration::from_millis(u64::from(start + random % (end - start)))
}

/// `portal keys`, killed at a random moment; whether it had done its work by then.
async fn killed(house: &House, words: &[&str], after: Range<u32>) -> bool {
    let mut child = portal_keys(house, words).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    tokio::time::sleep(some(after)).await;
    child.kill().unwrap();
    child.wait().unwrap().success()
}

/// Half as many milliseconds again as a command takes: of those who are killed within it some have done their work.
fn long(house: &House) -> u32 {
    let began = std::time::Instant::now();
    assert!(portal_keys(house, &["list"]).output().unwrap().status.success());
    u32::try_from(began.elapsed().as_millis()).unwrap() * 3 / 2
}

async fn wrapped_by_others(portal: &Portal) -> i64 {
    let active = portal.vault.master_keys().remove(0).id;
    let wraps = data_key::wraps(portal.db.reader()).await.unwrap();
    wraps.iter().filter(|one| one.kek_id != active).map(|one| one.data_keys).sum()
}

on_both_databases!(keys_are_rotated_under_load_and_killed_and_nothing_is_lost, async |stage: Stage| {
    let house = House::on(stage).await;
    // So many that none comes to its limit.
    let mut callers = Vec::new();
    for n in 0..24 {
        callers.push(Arc::new(house.furnished(&format!("caller-{n}")).await));
    }
    let kept = many_teams(&house, &callers[0]).await;
    let file = house.stage.folder.join("keys");
    let portal = &house.stage.portal;
    let (stop, asked, failed) = (AtomicBool::new(false), AtomicUsize::new(0), AtomicUsize::new(0));
    let began = std::time::Instant::now();
    let load = async {
        let mut turns = tokio::time::interval(std::time::Duration::from_millis(4));
        let mut under_way = tokio::task::JoinSet::new();
        for of in callers.iter().cycle() {
            if stop.load(Ordering::SeqCst) {
                break;
            }
            turns.tick().await;
            let (http, of, address) = (house.http.clone(), of.clone(), house.stage.next_address());
            let path = format!("/api/gateway/v1/teams/{}/connections/{}/credentials", of.team, of.connection);
            let url = format!("{}{path}", house.url);
            under_way.spawn(async move {
                let request = http.post(url).bearer_auth(&of.secret).header("Portal-Gateway", "1");
                let request = request.header("X-Forwarded-For", address).json(&json!({}));
                request.send().await.map(|response| response.status().as_u16()).unwrap_or(0)
            });
            asked.fetch_add(1, Ordering::SeqCst);
        }
        while let Some(status) = under_way.join_next().await {
            failed.fetch_add(usize::from(status.unwrap() != 200), Ordering::SeqCst);
        }
    };
    let work = async {
        let old = portal.vault.master_keys().remove(0).id;
        let (mut new, long) = (keys::rotate(portal, &file).await.unwrap(), long(&house));
        // A process that wraps anew is killed amid its work twenty times; when it was too late, there is one more key to wrap with.
        let (mut cut, mut kills) = (0, 0);
        while cut < 20 && kills < 200 {
            let mut before = wrapped_by_others(portal).await;
            if before == 0 {
                house.stage.advance(Duration::seconds(1));
                new = keys::rotate(portal, &file).await.unwrap();
                before = wrapped_by_others(portal).await;
            }
            killed(&house, &["rewrap"], 0..2 * long).await;
            let left = wrapped_by_others(portal).await;
            cut += usize::from(left > 0 && left < before);
            // A process that begins in the middle opens whatever it meets.
            let begins = Portal { vault: Vault::new(KeyFile::load(&file).unwrap()), ..portal.clone() };
            let of = &callers[kills % callers.len()];
            kills += 1;
            // So that nobody comes to their limit, however long it takes.
            house.stage.advance(Duration::seconds(1));
            failed.fetch_add(usize::from(house.issue_cold(&begins, of).await.0 != 200), Ordering::SeqCst);
            asked.fetch_add(1, Ordering::SeqCst);
        }
        let left = wrapped_by_others(portal).await;
        keys::rewrap(portal, |_| ()).await.unwrap();
        assert_eq!(wrapped_by_others(portal).await, 0);
        // So are new data keys for all of them, in this process.
        for _ in 0..20 {
            let within = some(20..360);
            let _ = tokio::time::timeout(within, keys::rotate_data_keys(portal, -1, |_, _| ())).await;
        }
        house.stage.advance(Duration::minutes(11));
        keys::retire(portal, &file, &old).await.unwrap();
        (new, kills, cut, left)
    };
    let ((), (new, kills, cut, left)) = tokio::join!(load, async {
        let done = work.await;
        stop.store(true, Ordering::SeqCst);
        done
    });
    let rate = asked.load(Ordering::SeqCst) as f64 / began.elapsed().as_secs_f64();
    let lost = lost(portal, &file, &kept).await;
    let (asked, failed) = (asked.into_inner(), failed.into_inner());
    println!(
        "figure B5: {asked} requests ({rate:.0} a second), {failed} failed; killed {kills} times, {cut} amid the work, {left} at the end; {lost} of {} lost",
        2 * TEAMS
    );
    assert_eq!((failed, lost), (0, 0));
    assert_eq!(cut, 20, "kills amid the work");
    assert!(data_key::wraps(portal.db.reader()).await.unwrap().iter().all(|one| one.kek_id == new));
});

on_both_databases!(a_data_key_that_does_not_open_holds_up_no_other, async |stage: Stage| {
    let house = House::on(stage).await;
    // The first of three: those behind it are done all the same.
    let (of, other) = (house.furnished("ada").await, house.furnished("bob").await);
    let (portal, file) = (&house.stage.portal, house.stage.folder.join("keys"));
    let old = portal.vault.master_keys().remove(0).id;
    let bad = "UPDATE data_key SET wrapped = $1 WHERE team_id = $2";
    let db = portal.db.reader();
    let values = [vec![1_u8; 61].into(), of.team.0.into()];
    db.execute_raw(Statement::from_sql_and_values(db.get_database_backend(), bad, values)).await.unwrap();
    keys::rotate(portal, &file).await.unwrap();
    let all = keys::rewrap(portal, |_| ()).await.unwrap();
    assert_eq!((all.done, all.left), (2, 1));
    assert_eq!(
        all.failed.iter().map(|(key, _)| (key.team, key.kek_id.clone())).collect::<Vec<_>>(),
        [(Some(of.team), old.clone())]
    );
    let said = portal_keys(&house, &["rewrap"]).output().unwrap();
    assert!(!said.status.success() && String::from_utf8_lossy(&said.stdout).contains("does not open"));
    house.stage.advance(Duration::minutes(11));
    assert!(matches!(keys::retire(portal, &file, &old).await, Err(RetireError::Needed { data_keys: 1, .. })));
    // So it is with new data keys, where one's master key is missing, in a process that has not opened it yet.
    let elsewhere = format!("UPDATE data_key SET kek_id = 'file_elsewhere' WHERE kek_id = '{old}'");
    db.execute_unprepared(&elsewhere).await.unwrap();
    let cold = Portal { vault: Vault::new(KeyFile::load(&file).unwrap()), ..portal.clone() };
    let renewed = keys::rotate_data_keys(&cold, 0, |_, _| ()).await.unwrap();
    assert_eq!((renewed.done, renewed.failed), (2, vec![Some(of.team)]));
    assert_eq!(house.issue(&other, json!({})).await.0, 200);
});

on_both_databases!(a_file_of_another_time_or_place_is_not_worked_with, async |stage: Stage| {
    // Nothing is wrapped here at all: this is not the database that the file belongs to.
    let (portal, file) = (&stage.portal, stage.folder.join("keys"));
    let old = portal.vault.master_keys().remove(0).id;
    let before = std::fs::read(&file).unwrap();
    stage.advance(Duration::days(1));
    let new = keys::rotate(portal, &file).await.unwrap();
    stage.advance(Duration::minutes(11));
    assert!(matches!(keys::retire(portal, &file, &old).await, Err(RetireError::Elsewhere)));
    // Yesterday's file is put back by mistake.
    std::fs::write(&file, before).unwrap();
    portal.vault.refresh();
    assert_eq!(portal.vault.master_keys()[0].id, new);
});

on_both_databases!(a_process_that_meets_a_new_master_key_reads_the_file_again, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let (portal, file) = (&house.stage.portal, house.stage.folder.join("keys"));
    // Another process, which has opened nothing yet.
    let cold = Vault::new(KeyFile::load(&file).unwrap());
    let new = keys::rotate(portal, &file).await.unwrap();
    keys::rewrap(portal, |_| ()).await.unwrap();
    cold.fits(portal.db.reader()).await.unwrap();
    assert_eq!(cold.master_keys()[0].id, new);
    // A file of another installation is not taken in its place.
    let theirs = house.stage.folder.join("theirs");
    KeyFile::create(&theirs, of.owner.now()).unwrap();
    std::fs::rename(&theirs, &file).unwrap();
    cold.refresh();
    assert_eq!(cold.master_keys()[0].id, new);
});

on_both_databases!(keys_that_are_overdue_or_missing_are_told, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let portal = &house.stage.portal;
    let told = async || {
        jobs::run_due(portal).await.unwrap();
        let open = alerts::list_of_installation(&of.owner).await.unwrap().open;
        let mut found: Vec<_> =
            open.into_iter().filter(|alert| alert.rule == Rule::KeysOverdue).map(|alert| alert.finding).collect();
        found.sort();
        found
    };
    house.stage.advance(Duration::days(364));
    assert!(told().await.is_empty());
    house.stage.advance(Duration::days(1));
    assert_eq!(told().await, ["A data key is 365 days old.", "The master key is 365 days old."]);
    let unknown = "UPDATE data_key SET kek_id = 'file_elsewhere' WHERE team_id IS NOT NULL";
    portal.db.reader().execute_unprepared(unknown).await.unwrap();
    assert!(told().await.contains(
        &"1 master keys that wrap data keys are not here: neither in the keys' file nor kept by a service.".to_owned()
    ));
    let shown = keys::list(&of.owner).await.unwrap().masters;
    let told: Vec<_> = shown.iter().map(|one| (one.present, one.data_keys, one.teams)).collect();
    assert_eq!(told, [(true, 1, 0), (false, 1, 1)]);
    let eve = house.stage.person("eve").await;
    assert!(keys::list(&eve).await.is_err());
    let listed = portal_keys(&house, &["list"]).output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    assert!(listed.contains("file_elsewhere  MISSING") && listed.contains("rotation due"), "{listed}");
});
