//! A whole Portal to test on: the stage of the backend's tests, the simulator, and the real routers behind a real socket.

// The bench has this file by its path, and so finds these by theirs.
#[path = "house/ask.rs"]
mod ask;
#[path = "house/furnish.rs"]
mod furnish;
#[path = "house/known.rs"]
mod known_things;
#[path = "house/people.rs"]
mod people;
#[path = "house/read.rs"]
mod read;

use std::sync::Arc;

use backend::{
    Actor, Cx, TeamScope,
    amazon::Amazon,
    connections::{self, NewConnection},
    credentials::{Credentials, Flights, Limits},
    egress::Egress,
    gateways, login,
    lwa_apps::{self, NewLwaApp},
    mail::CapturedMail,
    store::audit_event,
    teams,
};
use chrono::Duration;
use model::{
    Environment, Environments, Permission, Role, Time,
    amazon::{Api, Marketplace},
    audit::Action,
    engagement::Engagement,
    gateway::{Networks, Scope, Scopes},
    ids::{ConnectionId, GatewayId, GatewayKeyId, InvitationId, LwaAppId, SessionId, TeamId},
};
use sea_orm::{ConnectionTrait, DbBackend};
use secrecy::SecretString;
use serde_json::Value;
use server::{
    config::Config,
    routes,
    simulator::{self, Simulator, known},
    web::Site,
};

pub use known_things::*;

use crate::support::{Stage, reveal};

pub struct House {
    pub stage: Stage,
    pub simulator: Simulator,
    /// Where the simulator answers.
    pub amazon: String,
    pub credentials: Credentials,
    /// Where pages and the gateway route answer.
    pub url: String,
    pub http: reqwest::Client,
}

/// A Team with everything that a credential needs.
pub struct Furnished {
    pub owner: Cx,
    pub scope: TeamScope,
    pub team: TeamId,
    pub app: LwaAppId,
    pub connection: ConnectionId,
    pub gateway: GatewayId,
    pub key: GatewayKeyId,
    pub secret: String,
}

async fn listen() -> (tokio::net::TcpListener, String) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, url)
}

/// A client that follows nothing and keeps nothing.
pub fn client() -> reqwest::Client {
    builder().build().unwrap()
}

/// One that opens a connection for every request.
pub fn fresh_client() -> reqwest::Client {
    builder().pool_max_idle_per_host(0).build().unwrap()
}

fn builder() -> reqwest::ClientBuilder {
    #[expect(clippy::disallowed_methods, reason = "the test's own client")]
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy()
}

/// Serves the gateway route and the pages of these handles; answers where.
pub async fn serve(stage: &Stage, credentials: &Credentials) -> String {
    let (listener, url) = listen().await;
    let config = Arc::new(Config {
        public_url: url.clone(),
        mode: server::config::Mode::Development,
        // A test says where each request comes from.
        trusted_proxies: vec!["127.0.0.0/8".parse().unwrap()],
        ..Config::default()
    });
    let site = stage.folder.join("site");
    std::fs::create_dir_all(&site).unwrap();
    let scripts = ["portal-0.js", "palette-0.js", "passkey-0.js", "gate-0.js"];
    for name in ["frontend-0.js", "frontend-0_bg.wasm", "portal-0.css"].into_iter().chain(scripts) {
        std::fs::write(site.join(name), "").unwrap();
    }
    let web = routes::web(&config, &credentials.portal, Site::load(&site).unwrap(), server::web::Live::default());
    let router = routes::gateway(&config, credentials.clone(), false).merge(web);
    let service = router.into_make_service_with_connect_info::<std::net::SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    url
}

/// Serves as [`serve`] does, with people reaching the pages under this address; answers where.
pub async fn serve_as(stage: &Stage, credentials: &Credentials, public_url: &str) -> String {
    let (listener, url) = listen().await;
    let config = Arc::new(Config {
        public_url: public_url.to_owned(),
        mode: server::config::Mode::Development,
        trusted_proxies: vec!["127.0.0.0/8".parse().unwrap()],
        ..Config::default()
    });
    let web = routes::web(
        &config,
        &credentials.portal,
        Site::load(&stage.folder.join("site")).unwrap(),
        server::web::Live::default(),
    );
    let router = routes::gateway(&config, credentials.clone(), false).merge(web);
    let service = router.into_make_service_with_connect_info::<std::net::SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    url
}

impl House {
    pub async fn on(mut stage: Stage) -> Self {
        let simulator = Simulator::new(stage.portal.clock.clone());
        let (listener, amazon) = listen().await;
        tokio::spawn(simulator::serve(listener, simulator.clone(), std::future::pending()));
        let played = amazon.parse().unwrap();
        stage.portal.egress = Egress::development(Some(&played), None);
        stage.portal.amazon = Amazon::new(&stage.portal.egress, Some(played));
        let credentials = Credentials {
            portal: stage.portal.clone(),
            recorder: backend::audit::Recorder::start(&stage.portal),
            flights: Flights::default(),
            limits: Limits::default(),
        };
        let url = serve(&stage, &credentials).await;
        Self { stage, simulator, amazon, credentials, url, http: client() }
    }
}

/// Why it was refused, as the error's own name.
pub fn why<T: std::fmt::Debug, E: std::fmt::Debug>(result: Result<T, E>) -> String {
    format!("{:?}", result.unwrap_err())
}
