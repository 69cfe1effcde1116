//! Several `portal` processes on one PostgreSQL, as they run when Portal has grown.

use std::{
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use backend::Clock;
use futures::future::join_all;
use sea_orm::ConnectionTrait;
use serde_json::json;
use server::simulator::{Fault, Part};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    house::{Furnished, House},
    support::Stage,
};

/// A serving process, killed at the end.
pub struct Process {
    child: Child,
    pub url: String,
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

async fn start(house: &House) -> Process {
    let mail = house.stage.folder.join("mail").display().to_string();
    spawn(house, "gateway", &[("PORTAL_MAIL__CAPTURE_DIR", &mail)]).await
}

/// A process of one role on the database, the keys and the Amazon of a house, once it is ready.
pub async fn spawn(house: &House, role: &str, more: &[(&str, &str)]) -> Process {
    let (port, metrics) = (free_port(), free_port());
    let url = format!("http://127.0.0.1:{port}");
    let child = Command::new(env!("CARGO_BIN_EXE_portal"))
        .arg("serve")
        .envs([
            ("PORTAL_MODE", "development"),
            ("PORTAL_ROLES", &format!("[\"{role}\"]")),
            ("PORTAL_PUBLIC_URL", &url),
            ("PORTAL_LISTEN", &format!("127.0.0.1:{port}")),
            ("PORTAL_METRICS_LISTEN", &format!("127.0.0.1:{metrics}")),
            ("PORTAL_DATA_DIR", &house.stage.folder.display().to_string()),
            ("PORTAL_DATABASE_URL", &house.stage.url),
            ("PORTAL_AMAZON__SIMULATOR_URL", &house.amazon),
            ("PORTAL_LOG__FILTER", "off"),
        ])
        .envs(more.iter().copied())
        .env_remove("PORTAL_CONFIG")
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let process = Process { child, url };
    for _ in 0..200 {
        if house
            .http
            .get(format!("http://127.0.0.1:{metrics}/readyz"))
            .send()
            .await
            .is_ok_and(|answer| answer.status() == 200)
        {
            return process;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the process does not get ready");
}

/// A house on the system's clock with a Team whose cached token has run out.
async fn cold() -> (House, Furnished) {
    let mut stage = Stage::postgres().await;
    stage.portal.clock = Clock::system();
    let house = House::on(stage).await;
    let team = house.furnished("ada").await;
    let out = "UPDATE connection SET access_expires_at = access_issued_at + interval '1 second', access_issued_at = access_issued_at - interval '1 hour'";
    house.stage.portal.db.reader().execute_unprepared(out).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    (house, team)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_records_which_connections_were_refused_to_it() {
    let (house, of) = cold().await;
    let owner = house.stage.stepped_up(&of.owner);
    let (url, heard) = crate::webhooks::service().await;
    let secret = crate::webhooks::SECRET.to_owned().into();
    let whose = backend::webhooks::For::Gateway(of.gateway);
    backend::webhooks::set(&owner, &of.scope, whose, &url, secret, None).await.unwrap();
    let hook = backend::webhooks::get(&owner, &of.scope, whose).await.unwrap().0.unwrap().id;
    backend::webhooks::send_test(&owner, &of.scope, hook).await.unwrap();
    let db = house.stage.portal.db.reader();
    db.execute_unprepared("UPDATE webhook SET url = 'https://elsewhere.example/hook'").await.unwrap();
    let _worker = spawn(&house, "worker", &[("PORTAL_MAIL__CAPTURE_DIR", "/nonexistent")]).await;
    let denied = "SELECT reason || ' ' || details AS row FROM audit_event WHERE action = 'egress.denied'";
    let began = Instant::now();
    let found = loop {
        let found = crate::registry::column(&house, denied).await;
        if !found.is_empty() || began.elapsed() > Duration::from_secs(40) {
            break found;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    };
    assert!(found.len() == 1 && found[0].contains("not-listed") && found[0].contains("elsewhere.example"), "{found:?}");
    assert!(heard.lock().unwrap().1.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_make_one_call_for_two_hundred_issues() {
    let (house, team) = cold().await;
    let processes = [start(&house).await, start(&house).await];
    let before = house.simulator.token_calls();
    let ask = |n: usize| house.issue_at(&processes[n % 2].url, &team.secret, team.team, team.connection, json!({}));
    let answers = join_all((0..200).map(ask)).await;
    assert_eq!(house.simulator.token_calls() - before, 1);
    assert!(
        answers.iter().all(|(status, body)| *status == 200 && body["generation"] == 2),
        "{:?}",
        answers.iter().find(|a| a.0 != 200)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_refreshing_process_is_killed_another_takes_over_within_35_seconds() {
    let (house, team) = cold().await;
    let (mut first, second) = (start(&house).await, start(&house).await);
    house.simulator.fail(Part::Lwa, Fault::Slow { ms: 9_000 }, 1);
    let before = house.simulator.token_calls();
    let doomed = house.issue_request(&first.url, &team).send();
    let killed = async {
        while house.simulator.token_calls() == before {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        first.child.kill().unwrap();
    };
    let (doomed, ()) = tokio::join!(doomed, killed);
    assert!(doomed.is_err(), "its process is gone");
    let since = Instant::now();
    loop {
        let (status, body) = house.issue_at(&second.url, &team.secret, team.team, team.connection, json!({})).await;
        if status == 200 {
            assert_eq!(body["generation"], 2);
            break;
        }
        assert_eq!((status, body["code"].as_str()), (503, Some("refresh-in-progress")));
        assert!(since.elapsed() < Duration::from_secs(35), "nobody took over");
    }
    assert!(since.elapsed() < Duration::from_secs(35), "took over after {:?}", since.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_is_told_to_stop_answers_what_it_has_begun() {
    let (house, team) = cold().await;
    let mut process = start(&house).await;
    house.simulator.fail(Part::Lwa, Fault::Slow { ms: 1_500 }, 1);
    let before = house.simulator.token_calls();
    let asked = house.issue_at(&process.url, &team.secret, team.team, team.connection, json!({}));
    let stopped = async {
        while house.simulator.token_calls() == before {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Command::new("kill").args(["-TERM", &process.child.id().to_string()]).status().unwrap();
    };
    let ((status, body), ()) = tokio::join!(asked, stopped);
    assert_eq!((status, body["generation"].as_i64()), (200, Some(2)));
    assert!(process.child.wait().unwrap().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_never_ends_its_first_head_is_let_go() {
    let house = House::on(Stage::postgres().await).await;
    let process = start(&house).await;
    let mut slow = TcpStream::connect(process.url.strip_prefix("http://").unwrap()).await.unwrap();
    let since = Instant::now();
    let answer = async {
        let (mut reader, mut writer) = slow.split();
        let mut rest = Vec::new();
        let dripping = async {
            let mut line: &[u8] = b"GET /healthz HTTP/1.1\r\n";
            while writer.write_all(line).await.is_ok() {
                line = b"X-Slow: 1\r\n";
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
        };
        tokio::select! { _ = reader.read_to_end(&mut rest) => {}, _ = dripping => {} }
    };
    tokio::time::timeout(Duration::from_secs(25), answer).await.expect("the connection is closed");
    assert!(since.elapsed() > Duration::from_secs(10), "an honest slow client gets its time: {:?}", since.elapsed());
}
