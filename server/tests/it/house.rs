//! A whole Portal to test on: the stage of the backend's tests, the simulator, and the real routers behind a real socket.

use std::sync::Arc;

use backend::{
    Actor, Cx, TeamScope,
    amazon::Amazon,
    connections::{self, NewConnection},
    credentials::{Credentials, Flights, Limits},
    cx::SignedIn,
    gateways,
    lwa_apps::{self, NewLwaApp},
    teams,
};
use model::{
    Environment, Permission,
    amazon::Marketplace,
    gateway::{Networks, Scope, Scopes},
    ids::{ConnectionId, GatewayId, GatewayKeyId, LwaAppId, TeamId},
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use server::{
    config::Config,
    routes,
    simulator::{self, Simulator, known},
    web::Site,
};

use crate::support::Stage;

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
    #[expect(clippy::disallowed_methods, reason = "the test's own client")]
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap()
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
    for name in ["frontend-0.js", "frontend-0_bg.wasm", "portal-0.css", "portal-0.js"] {
        std::fs::write(site.join(name), "").unwrap();
    }
    let web = routes::web(&config, &credentials.portal, Site::load(&site).unwrap());
    let router = routes::gateway(&config, credentials.clone()).merge(web);
    let service = router.into_make_service_with_connect_info::<std::net::SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    url
}

impl Stage {
    /// The same person just after a step-up.
    pub fn stepped_up(&self, cx: &Cx) -> Cx {
        let person = cx.signed_in().unwrap().clone();
        Cx { actor: Actor::User(SignedIn { stepped_up_at: Some(cx.now()), ..person }), ..cx.clone() }
    }

    /// A Team of this person.
    pub async fn team(&self, owner: &Cx, name: &str) -> TeamId {
        teams::create(owner, &name.parse().unwrap()).await.unwrap()
    }
}

impl House {
    pub async fn on(mut stage: Stage) -> Self {
        let simulator = Simulator::new(stage.portal.clock.clone());
        let (listener, amazon) = listen().await;
        tokio::spawn(simulator::serve(listener, simulator.clone(), std::future::pending()));
        stage.portal.amazon = Amazon::simulated(amazon.parse().unwrap());
        let credentials = Credentials {
            portal: stage.portal.clone(),
            recorder: backend::audit::Recorder::start(stage.portal.db.clone(), stage.portal.clock.clone()),
            flights: Flights::default(),
            limits: Limits::default(),
        };
        let url = serve(&stage, &credentials).await;
        Self { stage, simulator, amazon, credentials, url, http: client() }
    }

    /// A Team of `name` with an app, a connected seller, a gateway and a key.
    pub async fn furnished(&self, name: &str) -> Furnished {
        let owner = self.stage.person(name).await;
        let team = self.stage.team(&owner, &format!("Team of {name}")).await;
        let scope = backend::access::enter(&owner, team, Permission::ManageGateways).await.unwrap();
        let app = self.app(&owner, &scope).await;
        let connection = self.connect(&owner, &scope, app, "Shop").await;
        let gateway = self.gateway(&owner, &scope, &[connection]).await;
        let (key, secret) = self.key(&owner, &scope, gateway).await;
        Furnished { owner, scope, team, app, connection, gateway, key, secret }
    }

    pub async fn app(&self, cx: &Cx, scope: &TeamScope) -> LwaAppId {
        let known = known_app();
        let new = NewLwaApp {
            name: "Our app".parse().unwrap(),
            environment: Environment::Production,
            client_id: known.client_id.parse().unwrap(),
            client_secret: SecretString::from(known.client_secret),
            application_id: known.application_id.parse().ok(),
            is_draft: false,
            secret_made_at: cx.now(),
        };
        lwa_apps::create(cx, scope, new).await.unwrap()
    }

    pub async fn connect(&self, cx: &Cx, scope: &TeamScope, app: LwaAppId, name: &str) -> ConnectionId {
        let seller = known_seller();
        let new = NewConnection {
            lwa_app: app,
            name: name.parse().unwrap(),
            seller_id: seller.seller_id.parse().unwrap(),
            marketplace: Marketplace::by_code(seller.marketplaces[0]).unwrap(),
            refresh_token: SecretString::from(seller.refresh_token),
        };
        connections::create(cx, scope, new).await.unwrap()
    }

    pub async fn gateway(&self, cx: &Cx, scope: &TeamScope, connections: &[ConnectionId]) -> GatewayId {
        let all = Scopes(Scope::ALL.to_vec());
        let id =
            gateways::create(cx, scope, "orders-sync".parse().unwrap(), Environment::Production, all, Networks::default())
                .await
                .unwrap();
        gateways::set_connections(cx, scope, id, connections).await.unwrap();
        id
    }

    pub async fn key(&self, cx: &Cx, scope: &TeamScope, gateway: GatewayId) -> (GatewayKeyId, String) {
        let new = gateways::create_key(&self.stage.stepped_up(cx), scope, gateway, 90).await.unwrap();
        (new.key.id, new.secret.expose_secret().to_owned())
    }

    /// Asks for a credential; gives status and body.
    pub async fn issue(&self, of: &Furnished, body: Value) -> (u16, Value) {
        self.issue_at(&self.url, &of.secret, of.team, of.connection, body).await
    }

    pub async fn issue_at(
        &self,
        url: &str,
        secret: &str,
        team: TeamId,
        connection: ConnectionId,
        body: Value,
    ) -> (u16, Value) {
        let path = format!("{url}/api/gateway/v1/teams/{team}/connections/{connection}/credentials");
        let request = self.http.post(path).bearer_auth(secret).header("Portal-Gateway", "1");
        let response = request.json(&body).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    /// The question for a credential, not yet sent.
    pub fn issue_request(&self, url: &str, of: &Furnished) -> reqwest::RequestBuilder {
        let path = format!("{url}/api/gateway/v1/teams/{}/connections/{}/credentials", of.team, of.connection);
        self.http.post(path).bearer_auth(&of.secret).header("Portal-Gateway", "1").json(&serde_json::json!({}))
    }

    /// A request to the gateway route under a key.
    pub fn ask(&self, method: reqwest::Method, secret: &str, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url)).bearer_auth(secret).header("Portal-Gateway", "1")
    }
}

/// The simulator's production app.
pub fn known_app() -> &'static known::App {
    known::APPS.iter().find(|app| app.environment == Environment::Production).unwrap()
}

/// A seller who granted it.
pub fn known_seller() -> &'static known::Seller {
    &known::SELLERS[0]
}
