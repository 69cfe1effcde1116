//! A whole Portal to test on: the stage of the backend's tests, the simulator, and the real routers behind a real socket.

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
    for name in ["frontend-0.js", "frontend-0_bg.wasm", "portal-0.css", "portal-0.js", "palette-0.js", "passkey-0.js"] {
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

impl Stage {
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

    /// A person who joined the Team.
    pub async fn member(&self, of: &Furnished, name: &str, role: Role, environments: Environments) -> Cx {
        let invitation = self.invite(of, &format!("{name}@example.com"), role, environments).await;
        let person = self.stage.person(name).await;
        teams::accept(&person, invitation).await.unwrap();
        person
    }

    /// What somebody asks for and another one approves: the whole log, for a day.
    pub async fn approved_export(&self, of: &Furnished, asker: &Cx, approver: &Cx) {
        use backend::approvals::{approve, ask};
        use model::approval::GraveAct::ExportLog;
        self.stage.advance(Duration::seconds(1));
        let (asker, approver) = (self.stage.stepped_up(asker), self.stage.stepped_up(approver));
        let scope = backend::access::enter(&asker, of.team, Permission::ViewLog).await.unwrap();
        let asked = ask(&asker, &scope, ExportLog, "").await.unwrap();
        let scope = backend::access::enter(&approver, of.team, Permission::ViewLog).await.unwrap();
        approve(&approver, &scope, ExportLog, asked, "").await.unwrap();
    }

    pub async fn invite(&self, of: &Furnished, email: &str, role: Role, environments: Environments) -> InvitationId {
        let owner = self.stage.stepped_up(&of.owner);
        teams::invite(&owner, &of.scope, &email.parse().unwrap(), role, environments, Engagement::Employee).await.unwrap();
        let open = teams::invitations(&owner, &of.scope).await.unwrap();
        open.into_iter().find(|invitation| invitation.email.as_str() == email).unwrap().id
    }

    /// The same person in one more browser, a minute later.
    pub async fn another_session(&self, cx: &Cx) -> SessionId {
        self.stage.advance(Duration::seconds(61));
        let email = &cx.signed_in().unwrap().email;
        let cx = self.stage.visitor(&self.stage.next_address());
        let asked = login::ask(&cx, email.as_str()).await.unwrap();
        let code = self.stage.code_for(email.as_str()).await;
        login::sign_in(&cx, asked.challenge, &code).await.unwrap().session
    }

    /// A seller answers on Amazon's consent page, nobody by an empty name; gives where the browser is sent back to.
    pub async fn answer_consent(&self, page: &str, seller: &str) -> String {
        let amazon = url::Url::parse(page).unwrap();
        let mut asked: Vec<(String, String)> = amazon.query_pairs().into_owned().collect();
        asked.push(("seller_id".to_owned(), seller.to_owned()));
        let answered = self.http.post(format!("{}{}", self.amazon, amazon.path())).form(&asked).send().await.unwrap();
        let back = url::Url::parse(answered.headers()["location"].to_str().unwrap()).unwrap();
        format!("{}?{}", back.path(), back.query().unwrap())
    }

    pub async fn app(&self, cx: &Cx, scope: &TeamScope) -> LwaAppId {
        let known = known_app();
        let new = NewLwaApp {
            name: "Our app".parse().unwrap(),
            api: Api::SellingPartner,
            environment: Environment::Production,
            client_id: known.client_id.parse().unwrap(),
            client_secret: SecretString::from(known.client_secret),
            application_id: known.application_id.parse().ok(),
            is_draft: false,
            secret_made_at: cx.now(),
        };
        lwa_apps::create(cx, scope, new).await.unwrap()
    }

    /// An app that serves nothing.
    pub async fn spare_app(&self, of: &Furnished) -> LwaAppId {
        let new = NewLwaApp {
            name: "Spare".parse().unwrap(),
            api: Api::SellingPartner,
            environment: Environment::Production,
            client_id: format!("amzn1.application-oa2-client.{:032x}", 0x5face).parse().unwrap(),
            client_secret: SecretString::from(known_app().client_secret),
            application_id: None,
            is_draft: false,
            secret_made_at: of.owner.now(),
        };
        lwa_apps::create(&of.owner, &of.scope, new).await.unwrap()
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
        let new = gateways::create_key(&self.stage.stepped_up(cx), scope, gateway, 90, None).await.unwrap();
        (new.key.id, reveal(&new.secret).to_owned())
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

    /// Asks a process of its own, which has opened nothing yet.
    pub async fn issue_cold(&self, portal: &backend::Portal, of: &Furnished) -> (u16, Value) {
        let credentials = Credentials {
            portal: portal.clone(),
            recorder: backend::audit::Recorder::start(portal),
            flights: Flights::default(),
            limits: Limits::default(),
        };
        let url = serve(&self.stage, &credentials).await;
        self.issue_at(&url, &of.secret, of.team, of.connection, serde_json::json!({})).await
    }

    /// The question for a credential, not yet sent.
    pub fn issue_request(&self, url: &str, of: &Furnished) -> reqwest::RequestBuilder {
        let path = format!("{url}/api/gateway/v1/teams/{}/connections/{}/credentials", of.team, of.connection);
        self.http.post(path).bearer_auth(&of.secret).header("Portal-Gateway", "1").json(&serde_json::json!({}))
    }

    /// What is recorded gets its place, and the rules look at it.
    pub async fn watch(&self) {
        let portal = self.credentials.portal.clone();
        let key = backend::audit::CheckpointKey::generate("portal.example/test");
        let watch = backend::alerts::Watch::new(&portal);
        backend::audit::Sequencer::new(&portal, key).run().await.unwrap();
        watch.run().await.unwrap();
    }

    /// Places every event in the tree, under a signed head.
    pub async fn sequence(&self) -> backend::audit::Sequencer {
        let path = self.stage.folder.join("log.key");
        let key = match path.exists() {
            true => backend::audit::CheckpointKey::load(&path).unwrap(),
            false => backend::audit::CheckpointKey::create(&path, "portal.example/audit").unwrap(),
        };
        let sequencer = backend::audit::Sequencer::new(&self.stage.portal, key);
        self.stage.advance(chrono::Duration::minutes(2));
        sequencer.run().await.unwrap();
        sequencer
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

impl Stage {
    /// The mails that an address got, the oldest first.
    pub async fn mails_to(&self, email: &str) -> Vec<CapturedMail> {
        backend::mail::deliver_due(&self.portal).await.unwrap();
        let mails = backend::mail::read_mailbox(&self.folder.join("mail")).unwrap();
        mails.into_iter().rev().filter(|mail| mail.to == email).collect()
    }

    /// The Team's events of one kind, the newest first.
    pub async fn events(&self, scope: &TeamScope, action: Action) -> Vec<audit_event::Row> {
        let filter = audit_event::Filter { actions: vec![action], ..Default::default() };
        audit_event::of_team(self.portal.db.reader(), scope, &filter, 1000).await.unwrap()
    }

    /// The same person as their next request in this session finds them.
    pub async fn resumed(&self, cx: &Cx, session: SessionId) -> Cx {
        let person = backend::sessions::resume(&self.portal, session, cx.address, true).await.unwrap().unwrap();
        Cx { actor: Actor::User(person), ..cx.clone() }
    }

    /// Whether these bytes stand anywhere in the database: on SQLite in its files, on PostgreSQL in any column of any row.
    pub async fn database_holds(&self, bytes: &[u8]) -> bool {
        let reader = self.portal.db.reader();
        if reader.get_database_backend() == DbBackend::Sqlite {
            let files = ["portal.db", "portal.db-wal"].map(|name| std::fs::read(self.folder.join(name)).unwrap_or_default());
            return files.iter().any(|file| file.windows(bytes.len()).any(|window| window == bytes));
        }
        let statement = |text: String| sea_orm::Statement::from_string(DbBackend::Postgres, text);
        let tables = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'";
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let text = std::str::from_utf8(bytes).unwrap_or(&hex).replace('\'', "''");
        for table in reader.query_all_raw(statement(tables.to_owned())).await.unwrap() {
            let table: String = table.try_get("", "table_name").unwrap();
            let found = format!(
                "SELECT 1 AS one FROM \"{table}\" t WHERE CAST(t AS text) LIKE '%{text}%' OR CAST(t AS text) LIKE '%{hex}%'"
            );
            if reader.query_one_raw(statement(found)).await.unwrap().is_some() {
                return true;
            }
        }
        false
    }
}

/// What a person fills in to add one of the simulator's apps.
pub fn new_app(known: &known::App, now: Time) -> NewLwaApp {
    NewLwaApp {
        name: known.name.parse().unwrap(),
        api: known.api,
        environment: known.environment,
        client_id: known.client_id.parse().unwrap(),
        client_secret: SecretString::from(known.client_secret),
        application_id: known.application_id.parse().ok(),
        is_draft: false,
        secret_made_at: now,
    }
}

/// What a person fills in to connect one of the simulator's sellers in their first marketplace.
pub fn new_connection(app: LwaAppId, seller: &known::Seller) -> NewConnection {
    NewConnection {
        lwa_app: app,
        name: seller.name.parse().unwrap(),
        seller_id: seller.seller_id.parse().unwrap(),
        marketplace: Marketplace::by_code(seller.marketplaces[0]).unwrap(),
        refresh_token: SecretString::from(seller.refresh_token),
    }
}

/// Why it was refused, as the error's own name.
pub fn why<T: std::fmt::Debug, E: std::fmt::Debug>(result: Result<T, E>) -> String {
    format!("{:?}", result.unwrap_err())
}
