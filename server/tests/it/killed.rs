//! Replicas and workers that are killed under load: what was answered is recorded, and the log raises no alarm (C4, F5).

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use backend::{
    Clock,
    audit::{CheckpointKey, LastHead, verify},
    store::audit_pending,
};
use model::ids::RequestId;
use sea_orm::{ConnectionTrait, Statement};

use crate::{
    house::{Furnished, House},
    processes::{Process, spawn},
    support::Stage,
};

/// Requests that got their credential, by their ids.
type Answered = Arc<Mutex<HashSet<String>>>;

async fn replica(house: &House, role: &str) -> Process {
    let mail = house.stage.folder.join("mail").display().to_string();
    spawn(house, role, &[("PORTAL_MAIL__CAPTURE_DIR", &mail)]).await
}

/// Asks again and again until told to stop; a replica that is dead answers nothing.
fn ask(
    house: &House,
    team: &Furnished,
    url: String,
    answered: &Answered,
    stop: &Arc<AtomicBool>,
) -> tokio::task::JoinHandle<()> {
    let (answered, stop) = (answered.clone(), stop.clone());
    let request = house.issue_request(&url, team).build().unwrap();
    let http = house.http.clone();
    tokio::spawn(async move {
        while !stop.load(Ordering::Relaxed) {
            let Ok(answer) = http.execute(request.try_clone().unwrap()).await else {
                tokio::time::sleep(Duration::from_millis(20)).await;
                continue;
            };
            if answer.status() == 200 {
                let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
                // An answer that came whole has left after its event.
                if answer.bytes().await.is_ok() {
                    answered.lock().unwrap().insert(id);
                }
            }
        }
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_and_workers_that_are_killed_under_load_leave_a_whole_log() {
    let mut stage = Stage::postgres().await;
    stage.portal.clock = Clock::system();
    let house = House::on(stage).await;
    let team = house.furnished("ada").await;
    let answered = Answered::default();
    let mut worker = replica(&house, "worker").await;
    for round in 0..6 {
        let stop = Arc::new(AtomicBool::new(false));
        let (doomed, other) = (replica(&house, "gateway").await, replica(&house, "gateway").await);
        let urls = [doomed.url.clone(), other.url.clone()];
        let load: Vec<_> = (0..16).map(|n| ask(&house, &team, urls[n % 2].clone(), &answered, &stop)).collect();
        tokio::time::sleep(Duration::from_millis(700)).await;
        // SIGKILL, in the middle of whatever it does.
        drop(doomed);
        if round % 2 == 1 {
            drop(worker);
            worker = replica(&house, "worker").await;
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
        stop.store(true, Ordering::Relaxed);
        for one in load {
            one.await.unwrap();
        }
    }
    let portal = &house.stage.portal;
    let db = portal.db.reader();
    for _ in 0..200 {
        if !audit_pending::any(db).await.unwrap() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    drop(worker);
    let key_file = house.stage.folder.join("checkpoint.key");
    let key = CheckpointKey::load(&key_file).unwrap();
    let signed: Vec<String> = LastHead::read(&key_file).unwrap().into_iter().collect();
    let now = portal.clock.now() + chrono::Duration::hours(1);
    let report = verify(db, &portal.vault, key.verifier(), &signed, now).await.unwrap();
    assert_eq!(report.findings, []);

    let all = Statement::from_string(
        db.get_database_backend(),
        "SELECT request_id FROM audit_event WHERE action = 'credential.issued'",
    );
    let rows = db.query_all_raw(all).await.unwrap();
    let recorded: HashSet<String> =
        rows.iter().map(|row| RequestId(row.try_get("", "request_id").unwrap()).to_string()).collect();
    let answered = answered.lock().unwrap();
    assert!(answered.len() > 100, "the load was no load: {}", answered.len());
    let lost: Vec<_> = answered.iter().filter(|id| !recorded.contains(*id)).collect();
    println!(
        "{} answers, {} events in the tree, {} unrecorded, {} findings",
        answered.len(),
        report.size,
        lost.len(),
        report.findings.len()
    );
    assert!(lost.is_empty(), "{lost:?}");
}

/// A canary is used while everything runs as it does in production: how long until somebody is told (C8).
#[tokio::test(flavor = "multi_thread")]
async fn an_attack_is_told_of_within_a_minute() {
    let mut stage = Stage::postgres().await;
    stage.portal.clock = Clock::system();
    let house = House::on(stage).await;
    let team = house.furnished("ada").await;
    let owner = house.stage.stepped_up(&team.owner);
    backend::connections::set_canary(&owner, &team.scope, team.connection, true).await.unwrap();
    let mail = house.stage.folder.join("mail");
    let heads = house.stage.folder.join("heads");
    let more =
        [("PORTAL_MAIL__CAPTURE_DIR", mail.to_str().unwrap()), ("PORTAL_CHECKPOINTS__FOLDER", heads.to_str().unwrap())];
    let _worker = spawn(&house, "worker", &more).await;
    let gateway = replica(&house, "gateway").await;
    let since = std::time::Instant::now();
    let answer = house.http.execute(house.issue_request(&gateway.url, &team).build().unwrap()).await.unwrap();
    assert_eq!(answer.status(), 409, "it looks like any connection that is disabled");
    let title = model::alert::Rule::CanaryUsed.title();
    loop {
        let mails = backend::mail::read_mailbox(&mail).unwrap();
        if mails.iter().any(|mail| mail.to == "ada@example.com" && mail.subject.contains(title)) {
            break;
        }
        assert!(since.elapsed() < Duration::from_secs(60), "nobody was told");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    println!("from the attack to the mail: {:.1?}", since.elapsed());
    // The same worker gives its signed heads away.
    while server::witness::Memory::read(&heads).is_err() {
        assert!(since.elapsed() < Duration::from_secs(130), "no head has left the machine");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// A gateway is locked while two replicas serve it two hundred times a second: from the click on, how long until the last
/// credential leaves, and what everybody hears afterwards (D4).
#[tokio::test(flavor = "multi_thread")]
async fn nothing_leaves_five_seconds_after_a_lock() {
    use model::incident::{Kind, MeasureKind};
    let mut stage = Stage::postgres().await;
    stage.portal.clock = Clock::system();
    let house = House::on(stage).await;
    let team = house.furnished("ada").await;
    let mail = house.stage.folder.join("mail").display().to_string();
    let limits = ["KEY", "CONNECTION", "TEAM"];
    let limits: Vec<_> =
        limits.iter().flat_map(|of| ["BURST", "PER_SECOND"].map(|what| format!("PORTAL_LIMITS__{of}__{what}"))).collect();
    let mut more: Vec<(&str, &str)> = limits.iter().map(|name| (name.as_str(), "10000")).collect();
    more.push(("PORTAL_MAIL__CAPTURE_DIR", &mail));
    let replicas = [spawn(&house, "gateway", &more).await, spawn(&house, "gateway", &more).await];
    let report = backend::incidents::Report::of(Kind::MisusedGateway, "It asks too often");
    let id = backend::incidents::report(&team.owner, &team.scope, report).await.unwrap();
    let scope = backend::incidents::enter(&team.owner, &team.scope, id).await.unwrap();
    // Each request says when it was sent, and what came back.
    type Heard = Arc<Mutex<Vec<(std::time::Instant, u16)>>>;
    let (heard, stop) = (Heard::default(), Arc::new(AtomicBool::new(false)));
    let load: Vec<_> = (0..20)
        .map(|n| {
            let request = house.issue_request(&replicas[n % 2].url, &team).build().unwrap();
            let (heard, stop, http) = (heard.clone(), stop.clone(), house.http.clone());
            tokio::spawn(async move {
                let mut turns = tokio::time::interval(Duration::from_millis(100));
                while !stop.load(Ordering::Relaxed) {
                    turns.tick().await;
                    let answer = http.execute(request.try_clone().unwrap()).await.unwrap().status().as_u16();
                    heard.lock().unwrap().push((std::time::Instant::now(), answer));
                }
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_secs(2)).await;
    let click = std::time::Instant::now();
    backend::incidents::order(&team.owner, &scope, MeasureKind::LockGateway, team.gateway.0).await.unwrap();
    let done = click.elapsed();
    tokio::time::sleep(Duration::from_secs(3)).await;
    stop.store(true, Ordering::Relaxed);
    for one in load {
        one.await.unwrap();
    }
    let heard = heard.lock().unwrap();
    let before = heard.iter().filter(|(at, _)| *at < click).count();
    let last = heard.iter().filter(|(_, answer)| *answer == 200).map(|(at, _)| at.saturating_duration_since(click)).max();
    let refused: HashSet<u16> = heard.iter().map(|(_, answer)| *answer).filter(|answer| *answer != 200).collect();
    let after = heard.iter().filter(|(_, answer)| *answer == 423).count();
    println!(
        "{} a second before the click; locked after {done:.0?}, the last credential left after {:.0?}, then {after} times 423",
        before / 2,
        last.unwrap()
    );
    assert!(before / 2 > 100, "the load was no load: {before}");
    assert!(last.unwrap() < Duration::from_secs(5), "{last:?}");
    assert_eq!(refused, HashSet::from([423]));
    assert!(after > 100, "{after}");
}
