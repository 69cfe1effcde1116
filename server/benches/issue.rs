//! Throughput and latency of issuing a still-fresh credential, its event durable before the answer and all checks on, beside
//! a bare JSON answer of axum. wrk makes the load; rounds are interleaved, and only ratios within one run carry over.

#![expect(clippy::unwrap_used, reason = "a bench that cannot go on stops")]

#[path = "../backend/tests/it/support.rs"]
#[expect(dead_code, reason = "the tests use the rest")]
mod support;

#[path = "../tests/it/house.rs"]
#[expect(dead_code, reason = "the tests use the rest")]
mod house;

use std::{net::SocketAddr, process::Command, sync::Arc};

use backend::{credentials::Limits, store::rate_limit::Limit};
use house::House;
use support::Stage;
use tokio::task::JoinHandle;

const ROUNDS: usize = 3;
const SECONDS: u32 = 4;

/// One thing to measure.
struct Contestant {
    name: &'static str,
    url: String,
    script: String,
}

/// What wrk says of one round.
#[derive(Clone, Copy)]
struct Figures {
    per_second: f64,
    p50_ms: f64,
    p99_ms: f64,
}

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let Made { contestants, houses, sequencers } = runtime.block_on(contestants());
    println!("\n{:<34} {:>5} {:>10} {:>8} {:>8} {:>8}", "", "conn", "per s", "ratio", "p50 ms", "p99 ms");
    for connections in [16, 64] {
        let mut rounds: Vec<Vec<Figures>> = contestants.iter().map(|_| Vec::new()).collect();
        for _ in 0..ROUNDS {
            for (contestant, figures) in contestants.iter().zip(&mut rounds) {
                figures.push(wrk(contestant, connections));
            }
        }
        let medians: Vec<Figures> = rounds.into_iter().map(median).collect();
        for (contestant, figures) in contestants.iter().zip(&medians) {
            let ratio = figures.per_second / medians[0].per_second;
            println!(
                "{:<34} {connections:>5} {:>10.0} {:>7.1}% {:>8.2} {:>8.2}",
                contestant.name,
                figures.per_second,
                ratio * 100.0,
                figures.p50_ms,
                figures.p99_ms
            );
        }
    }
    // Their databases go with them.
    sequencers.iter().for_each(JoinHandle::abort);
    drop(houses);
    runtime.shutdown_background();
}

struct Made {
    contestants: Vec<Contestant>,
    houses: Vec<House>,
    sequencers: Vec<JoinHandle<()>>,
}

async fn contestants() -> Made {
    let bare = Contestant { name: "bare axum JSON", url: bare().await, script: String::new() };
    let mut made = Made { contestants: vec![bare], houses: Vec::new(), sequencers: Vec::new() };
    let mut stages = vec![("Portal, SQLite", Stage::sqlite().await)];
    #[expect(clippy::disallowed_methods, reason = "scripts/postgres.sh says whether there is a cluster")]
    let clustered = std::env::var("PORTAL_TEST_POSTGRES").is_ok();
    if clustered {
        stages.push(("Portal, PostgreSQL", Stage::postgres().await));
    }
    for (name, stage) in stages {
        let (contestant, house) = portal(name, stage).await;
        made.contestants.push(contestant);
        made.sequencers.push(sequence(house.stage.portal.clone()));
        made.houses.push(house);
    }
    made
}

async fn bare() -> String {
    let answer = serde_json::json!({ "version": 1, "credential": { "type": "lwa_access_token", "value": "Atza|x" } });
    let answer = Arc::new(answer);
    let router = axum::Router::new().route("/", axum::routing::post(move || std::future::ready(axum::Json(answer.clone()))));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

async fn portal(name: &'static str, stage: Stage) -> (Contestant, House) {
    let mut house = House::on(stage).await;
    let made = house.furnished("ada").await;
    let plenty = Limit { burst: i32::MAX / 2, every: chrono::Duration::microseconds(1) };
    house.credentials.limits = Limits { key: plenty, connection: plenty, team: plenty };
    let router = server::routes::gateway(&server::config::Config::default(), house.credentials.clone(), true);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    let url = format!("{url}/api/gateway/v1/teams/{}/connections/{}/credentials", made.team, made.connection);
    let script =
        format!("wrk.headers[\"Authorization\"] = \"Bearer {}\"\nwrk.headers[\"Portal-Gateway\"] = \"1\"\n", made.secret);
    (Contestant { name, url, script }, house)
}

/// The log's tree grows beside the load, as it does under `portal serve`.
fn sequence(portal: backend::Portal) -> JoinHandle<()> {
    let key = backend::audit::CheckpointKey::generate("portal.example/bench");
    let sequencer = backend::audit::Sequencer::new(&portal, key);
    tokio::spawn(async move {
        loop {
            sequencer.run().await.unwrap();
            tokio::time::sleep(std::time::Duration::from_millis(250)).await;
        }
    })
}

fn wrk(contestant: &Contestant, connections: u32) -> Figures {
    let script = std::env::temp_dir().join(format!("portal-bench-{}.lua", std::process::id()));
    let head = "wrk.method = \"POST\"\nwrk.headers[\"Content-Type\"] = \"application/json\"\nwrk.body = \"{}\"\n";
    std::fs::write(&script, format!("{head}{}", contestant.script)).unwrap();
    let output = Command::new("wrk")
        .args(["-t1", &format!("-c{connections}"), &format!("-d{SECONDS}s"), "--latency", "-s"])
        .arg(&script)
        .arg(&contestant.url)
        .output()
        .expect("wrk is installed: scripts/bench.sh sees to it");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!text.contains("Non-2xx"), "{}: {text}", contestant.name);
    let after = |label: &str| text.lines().find_map(|line| line.trim().strip_prefix(label)).unwrap_or("0").trim().to_owned();
    Figures { per_second: after("Requests/sec:").parse().unwrap(), p50_ms: ms(&after("50%")), p99_ms: ms(&after("99%")) }
}

/// "1.23ms", "850.00us" or "1.20s" in milliseconds.
fn ms(text: &str) -> f64 {
    let units = [("us", 0.001), ("ms", 1.0), ("s", 1000.0)];
    let read = |(unit, factor): (&str, f64)| text.strip_suffix(unit)?.parse::<f64>().ok().map(|n| n * factor);
    units.into_iter().find_map(read).unwrap_or(f64::NAN)
}

fn median(mut rounds: Vec<Figures>) -> Figures {
    rounds.sort_by(|a, b| a.per_second.total_cmp(&b.per_second));
    rounds[rounds.len() / 2]
}
