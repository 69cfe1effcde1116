//! Canaries: secrets that are followed through everything that Portal does, and searched for in every spelling wherever
//! they have no business. One that was never used proves nothing, so that is a failure too.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Write},
    sync::{Arc, LazyLock, Mutex, OnceLock},
};

use backend::{
    Portal, access,
    mail::{self, Mailer},
    store::Db,
    vault::Place,
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use chrono::Duration;
use model::{
    Permission,
    ids::{ConnectionId, TeamId},
};
use reqwest::{Method, Response, header};
use sea_orm::{ConnectionTrait, DbBackend};
use secrecy::SecretString;
use serde_json::{Value, json};
use server::{
    config::{self, Config, Secret},
    metrics,
    simulator::{Fault, Part},
    start,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpListener,
};
use tower_sessions::cookie::{Cookie, CookieJar, Key};
use tracing_subscriber::{
    filter::LevelFilter,
    fmt::{self, MakeWriter, format::FmtSpan},
    prelude::*,
    reload,
};

use crate::{
    browser::Browser,
    house::{House, fresh_client, known_app, known_seller},
    on_both_databases,
    registry::{Things, address, body, dump, form, functions, other_seller, pages, routes},
    support::{Stage, reveal},
};

/// What is followed, by name.
#[derive(Default)]
struct Cage {
    canaries: BTreeMap<String, Vec<u8>>,
    used: BTreeSet<String>,
}

impl Cage {
    fn add(&mut self, name: &str, secret: impl AsRef<[u8]>) {
        assert!(secret.as_ref().len() >= 8, "{name} is too short to be told from anything else");
        self.canaries.insert(name.to_owned(), secret.as_ref().to_vec());
    }

    /// It was where it belongs.
    fn used(&mut self, name: &str) {
        assert!(self.canaries.contains_key(name), "{name} was never planted");
        self.used.insert(name.to_owned());
    }

    fn unused(&self) -> Vec<&str> {
        self.canaries.keys().filter(|name| !self.used.contains(*name)).map(String::as_str).collect()
    }

    /// The canaries in these bytes, each with its spelling.
    fn found(&self, hay: &[u8]) -> Vec<(String, &'static str)> {
        let hay = text(hay);
        let mut found = Vec::new();
        for (name, secret) in &self.canaries {
            for (spelling, needle) in spellings(secret) {
                if holds(&hay, &text(&needle)) {
                    found.push((name.clone(), spelling));
                }
            }
        }
        found
    }
}

/// Bytes as a text that is searched fast: each byte is a character.
fn text(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

/// Whether a needle is there. Digits alone are everywhere: a code is one only between other characters.
fn holds(hay: &str, needle: &str) -> bool {
    if !needle.bytes().all(|byte| byte.is_ascii_digit()) {
        return hay.contains(needle);
    }
    let free = |c: Option<char>| c.is_none_or(|c| !c.is_ascii_alphanumeric());
    hay.match_indices(needle)
        .any(|(at, _)| free(hay[..at].chars().next_back()) && free(hay[at + needle.len()..].chars().next()))
}

/// Every way in which a secret could be written down by accident.
fn spellings(secret: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    let decimal = secret.iter().map(u8::to_string).collect::<Vec<_>>().join(", ");
    let mut all = vec![
        ("raw", secret.to_vec()),
        ("hexadecimal", hex.clone().into_bytes()),
        ("upper hexadecimal", hex.to_uppercase().into_bytes()),
        ("a list of bytes", decimal.into_bytes()),
    ];
    // Inside of a longer text, base64 begins at any of three places of a group; what its neighbours decide is left out.
    for shift in 0..3 {
        for (name, engine) in [("base64", &STANDARD_NO_PAD), ("base64url", &URL_SAFE_NO_PAD)] {
            let coded = engine.encode([&vec![0; shift], secret].concat());
            let begin = [0, 2, 3][shift];
            let end = (shift + secret.len()) * 8 / 6;
            all.push((name, coded.as_bytes()[begin..end].to_vec()));
        }
    }
    if let Ok(plain) = std::str::from_utf8(secret) {
        let percent: String = url::form_urlencoded::byte_serialize(secret).collect();
        let strict: String = secret
            .iter()
            .map(|byte| if byte.is_ascii_alphanumeric() { char::from(*byte).to_string() } else { format!("%{byte:02X}") })
            .collect();
        let json = serde_json::to_string(plain).unwrap();
        let html = plain.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
        all.extend([
            ("percent", percent.into_bytes()),
            ("percent", strict.to_lowercase().into_bytes()),
            ("percent", strict.into_bytes()),
            ("JSON", json.as_bytes()[1..json.len() - 1].to_vec()),
            ("HTML", html.into_bytes()),
            ("Rust", plain.escape_debug().to_string().into_bytes()),
        ]);
        // A code is written in two groups.
        if secret.len() == 8 && secret.iter().all(u8::is_ascii_digit) {
            all.push(("in groups", format!("{} {}", &plain[..4], &plain[4..]).into_bytes()));
        }
    }
    all.sort_by(|a, b| a.1.cmp(&b.1));
    all.dedup_by(|a, b| a.1 == b.1);
    all
}

/// All that was logged while somebody listened, at TRACE.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

struct Ear {
    log: Log,
    level: reload::Handle<LevelFilter, tracing_subscriber::Registry>,
    listeners: Mutex<usize>,
}

/// One for the whole binary: requests are answered on many threads. Other tests log into it too while it listens.
static EAR: LazyLock<Ear> = LazyLock::new(|| {
    let log = Log::default();
    let (filter, level) = reload::Layer::new(LevelFilter::TRACE);
    let lines = fmt::layer().with_ansi(false).with_span_events(FmtSpan::NEW | FmtSpan::CLOSE).with_writer(log.clone());
    tracing_subscriber::registry().with(filter).with(lines).init();
    Ear { log, level, listeners: Mutex::new(0) }
});

/// Listens until it is dropped.
struct Listening;

impl Listening {
    fn start() -> Self {
        Self::turn(1, LevelFilter::TRACE);
        Self
    }

    fn turn(by: isize, level: LevelFilter) {
        let mut listeners = EAR.listeners.lock().unwrap();
        *listeners = listeners.checked_add_signed(by).unwrap();
        if *listeners == 0 || by > 0 {
            EAR.level.reload(level).unwrap();
        }
        if *listeners == 0 {
            EAR.log.0.lock().unwrap().clear();
        }
    }

    fn heard(&self) -> Vec<u8> {
        EAR.log.0.lock().unwrap().clone()
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        Self::turn(-1, LevelFilter::OFF);
    }
}

#[test]
fn a_leak_is_heard_in_every_spelling() {
    let listening = Listening::start();
    let mut cage = Cage::default();
    cage.add("deliberate", "Atza|IwEBI \"de/liberate+&<leak>\u{e9}\" 0123456789");
    cage.add("kept", "Atza|IwEBI-this-one-is-never-written-0123456789");
    let wanted: BTreeSet<_> = spellings(&cage.canaries["deliberate"]).into_iter().map(|(name, _)| name).collect();
    assert!(wanted.len() >= 8, "{wanted:?}");
    let mut heard = BTreeSet::new();
    for (spelling, leak) in spellings(&cage.canaries["deliberate"]) {
        let leak = String::from_utf8(leak).unwrap();
        tracing::trace!("an event with {leak} in it");
        tracing::trace_span!("a span", leak = %leak).in_scope(|| ());
        let found = cage.found(&listening.heard());
        assert!(found.iter().all(|(name, _)| name == "deliberate"), "{found:?}");
        heard.extend(found.into_iter().map(|(_, spelling)| spelling));
        assert!(heard.contains(spelling), "{spelling}: {leak}");
    }
    // In the middle of something that is encoded as a whole.
    for before in ["", "x", "xy", "xyz"] {
        let whole = STANDARD.encode(format!("{before}{}tail", String::from_utf8_lossy(&cage.canaries["deliberate"])));
        assert!(cage.found(whole.as_bytes()).iter().any(|(_, spelling)| spelling.starts_with("base64")), "{before}");
    }
    let mut code = Cage::default();
    code.add("code", "12345678");
    assert!(code.found(b"id=0123456789 123456780 a12345678").is_empty());
    assert_eq!(code.found(b"your code 12345678.").len(), 1);
    assert_eq!(code.found(b"Subject: 1234 5678 is your Portal code").len(), 1);
}

#[test]
fn a_canary_that_was_never_used_is_told() {
    let mut cage = Cage::default();
    cage.add("used", "0123456789");
    cage.add("forgotten", "9876543210");
    cage.used("used");
    assert_eq!(cage.unused(), ["forgotten"]);
}

/// Answers, each with the canaries that it must hold.
struct Walk<'a> {
    house: &'a House,
    cage: Cage,
    answers: Vec<(String, Vec<u8>, Vec<&'static str>)>,
}

impl Walk<'_> {
    /// Keeps an answer and gives its body.
    async fn note(&mut self, what: impl Into<String>, response: Response, must_hold: &[&'static str]) -> String {
        let head = format!("{} {:?}\n", response.status(), response.headers());
        let body = response.bytes().await.unwrap();
        self.answers.push((what.into(), [head.as_bytes(), &body].concat(), must_hold.to_vec()));
        String::from_utf8_lossy(&body).into_owned()
    }

    /// The same of a request that must succeed.
    async fn done(&mut self, what: impl Into<String>, response: Response, must_hold: &[&'static str]) -> String {
        let (what, status) = (what.into(), response.status().as_u16());
        let text = self.note(what.clone(), response, must_hold).await;
        assert!(status < 400, "{what}: {status} {text}");
        text
    }

    /// Keeps the browser's cookie and the id in it under these names.
    fn cookie(&mut self, browser: &Browser<'_>, name: &str) {
        let cookie = Cookie::parse(browser.cookie.clone().unwrap()).unwrap();
        let key = Key::from(self.house.stage.portal.vault.cookie_key());
        let inside = CookieJar::new().private(&key).decrypt(cookie.clone()).unwrap();
        self.cage.add(name, cookie.value());
        self.cage.add(&format!("id in the {name}"), inside.value());
        self.cage.used(&format!("id in the {name}"));
    }

    /// Every canary in an answer that must not hold it, and every one that is not where it must be.
    fn leaks(&mut self) -> Vec<String> {
        let mut leaks = Vec::new();
        for (what, bytes, must_hold) in &self.answers {
            let found = self.cage.found(bytes);
            for name in must_hold {
                assert!(found.iter().any(|(found, _)| found == name), "{what} does not hold the {name}");
                self.cage.used.insert((*name).to_owned());
            }
            for (name, spelling) in found.iter().filter(|(name, _)| !must_hold.contains(&name.as_str())) {
                leaks.push(format!("{name} ({spelling}) in the answer to {what}"));
            }
        }
        leaks
    }
}

fn id(text: &str) -> String {
    serde_json::from_str(text).unwrap_or_else(|_| panic!("{text}"))
}

/// Puts the keys' file into the cage: every line of it.
fn keys(walk: &mut Walk<'_>) {
    let file = std::fs::read_to_string(walk.house.stage.folder.join("keys")).unwrap();
    let mut count = 0;
    for (name, value) in file.lines().filter_map(|line| line.split_once(" = ")) {
        if let Ok(bytes) = STANDARD.decode(value)
            && bytes.len() >= 32
        {
            let name = format!("key {}", name.split('.').next().unwrap());
            walk.cage.add(&name, bytes);
            walk.cage.used(&name);
            count += 1;
        }
    }
    assert_eq!(count, 3, "{file}");
}

/// A Team and all that its people and gateways do with secrets.
async fn life(walk: &mut Walk<'_>) {
    let house = walk.house;
    let email = "ada@example.com";
    let person = house.stage.person("ada").await;
    house.stage.advance(Duration::seconds(61));

    // Signing in.
    let mut ada = Browser::new(house);
    let asked = ada.post("ask_code", &[("email", email)]).await;
    walk.cookie(&ada, "cookie of a waiting browser");
    walk.done("ask_code", asked, &["cookie of a waiting browser"]).await;
    let code = house.stage.code_for(email).await;
    walk.cage.add("sign-in code", &code);
    let page = ada.get("/sign-in/code").await;
    walk.done("the code page", page, &[]).await;
    let wrong = ada.post("sign_in", &[("code", "1234 567")]).await;
    walk.note("sign_in with a part of a code", wrong, &[]).await;
    let signed_in = ada.post("sign_in", &[("code", &code)]).await;
    walk.cookie(&ada, "cookie of a session");
    walk.done("sign_in", signed_in, &["cookie of a session"]).await;
    walk.cage.used("sign-in code");
    let again = ada.submit("sign_in", &[("code", &code), ("page", "/sign-in/code")]).await;
    walk.note("sign_in with a used code", again, &[]).await;
    house.stage.advance(Duration::seconds(1));
    let asked = ada.post("ask_confirmation", &[]).await;
    walk.cookie(&ada, "cookie of a waiting session");
    walk.done("ask_confirmation", asked, &["cookie of a waiting session"]).await;
    let code = house.stage.code_for(email).await;
    walk.cage.add("confirmation code", &code);
    let confirmed = ada.post("confirm", &[("code", &code)]).await;
    walk.cookie(&ada, "cookie after a confirmation");
    walk.done("confirm", confirmed, &["cookie after a confirmation"]).await;
    walk.cage.used("confirmation code");

    // An app, whose secret nobody else's test knows, and a seller's consent.
    let client_id = known_app().client_id;
    let secret = house.simulator.rotate(client_id).unwrap();
    walk.cage.add("client secret", &secret);
    let created = ada.post("create_team", &[("name", "Team of canaries")]).await;
    let team = id(&walk.done("create_team", created, &[]).await);
    let app = [
        ("team", &*team),
        ("name", "Our app"),
        ("environment", "production"),
        ("client_id", client_id),
        ("client_secret", &secret),
        ("application_id", known_app().application_id),
    ];
    let created = ada.post("create_lwa_app", &app).await;
    let app_id = id(&walk.done("create_lwa_app", created, &[]).await);
    let taken = ada.submit("create_lwa_app", &[&app[..], &[("page", "/account")]].concat()).await;
    assert_eq!(taken.status(), 422);
    walk.note("create_lwa_app twice", taken, &[]).await;
    let fields = [("team", &*team), ("name", "Shop"), ("lwa_app", &*app_id), ("marketplace", "DE")];
    let started = ada.post("start_consent", &fields).await;
    let amazon = started.headers()[header::LOCATION].to_str().unwrap().to_owned();
    walk.done("start_consent", started, &["consent state"]).await;
    let back = house.answer_consent(&amazon, known_seller().seller_id).await;
    let returned = url::Url::parse(&format!("http://portal{back}")).unwrap();
    let parameter = |name: &str| returned.query_pairs().find(|(found, _)| found == name).unwrap().1.into_owned();
    walk.cage.add("consent state", parameter("state"));
    walk.cage.add("consent code", parameter("spapi_oauth_code"));
    let finished = ada.get(&back).await;
    let connected = finished.headers()[header::LOCATION].to_str().unwrap().to_owned();
    walk.done("the return from Amazon", finished, &[]).await;
    walk.cage.used("client secret");
    walk.cage.used("consent code");
    let again = ada.get(&back).await;
    assert_eq!(again.status(), 422);
    walk.note("the return once more", again, &[]).await;
    let led = Browser::new(house).get(&back).await;
    walk.note("the return of nobody", led, &[]).await;

    // The tokens, as they lie sealed.
    let team_id: TeamId = team.parse().unwrap();
    let connection_id: ConnectionId = connected.rsplit('/').next().unwrap().parse().unwrap();
    let connection = connection_id.to_string();
    let scope = access::enter(&person, team_id, Permission::ViewTeam).await.unwrap();
    let stored = backend::connections::get(&person, &scope, connection_id).await.unwrap();
    let place = |field| Place { team: Some(team_id), table: "connection", row: connection_id.0, field };
    let (vault, db) = (&house.stage.portal.vault, house.stage.portal.db.reader());
    let refresh_token = vault.open(db, &place("refresh_token"), &stored.refresh_token.unwrap()).await.unwrap();
    let access_token = vault.open(db, &place("access_token"), &stored.access.unwrap().token).await.unwrap();
    let refresh_token = reveal(&refresh_token).to_owned();
    walk.cage.add("refresh token", &refresh_token);
    walk.cage.add("access token", reveal(&access_token));

    // The next client secret.
    let next = house.simulator.rotate(client_id).unwrap();
    walk.cage.add("next client secret", &next);
    let app = [("team", &*team), ("app", &*app_id)];
    let staged = ada.post("stage_secret", &[&app[..], &[("client_secret", &next)]].concat()).await;
    assert_eq!(walk.done("stage_secret", staged, &[]).await, "true", "it was proved");
    walk.cage.used("next client secret");
    let promoted = ada.post("promote_secret", &app).await;
    walk.done("promote_secret", promoted, &[]).await;
    walk.cage.add("refused client secret", format!("amzn1.oa2-cs.v1.{}", "f00dcafe".repeat(8)));
    let refused = format!("amzn1.oa2-cs.v1.{}", "f00dcafe".repeat(8));
    let dropped = ada.post("drop_other_secret", &app).await;
    walk.done("drop_other_secret", dropped, &[]).await;
    let staged =
        ada.submit("stage_secret", &[&app[..], &[("client_secret", &refused), ("page", "/account")]].concat()).await;
    assert_eq!(staged.status(), 422);
    walk.note("stage_secret with a wrong one", staged, &[]).await;
    walk.cage.used("refused client secret");

    // A refresh token that is pasted, and one that Amazon refuses.
    let replace = [("team", &*team), ("connection", &*connection)];
    let replaced = ada.post("replace_refresh_token", &[&replace[..], &[("refresh_token", &refresh_token)]].concat()).await;
    walk.done("replace_refresh_token", replaced, &[]).await;
    walk.cage.used("refresh token");
    let refused = format!("Atzr|IwEBI{}", "Q7zKx2".repeat(20));
    walk.cage.add("refused refresh token", &refused);
    for function in ["replace_refresh_token", "create_connection"] {
        let fields = [
            ("team", &*team),
            ("connection", &*connection),
            ("name", "Shop 2"),
            ("lwa_app", &*app_id),
            ("seller_id", other_seller().seller_id),
            ("marketplace", "US"),
            ("refresh_token", &refused),
            ("page", "/account"),
        ];
        let answered = ada.submit(function, &fields).await;
        assert_eq!(answered.status(), 422, "{function}");
        walk.note(format!("{function} with a refused token"), answered, &[]).await;
        let answered = ada.post(function, &fields).await;
        walk.note(format!("{function} with a refused token"), answered, &[]).await;
    }
    walk.cage.used("refused refresh token");

    // A gateway with two keys: one shown to a script, one to a plain form.
    let fields = [("team", &*team), ("name", "orders-sync"), ("environment", "production")];
    let scopes =
        ["connection:status", "credential:issue", "credential:force", "feedback:write"].map(|scope| ("scopes[]", scope));
    let created = ada.post("create_gateway", &[&fields[..], &scopes].concat()).await;
    let gateway = id(&walk.done("create_gateway", created, &[]).await);
    let own = [("team", &*team), ("gateway", &*gateway)];
    let allowed = ada.post("set_gateway_connections", &[&own[..], &[("connections[]", &connection)]].concat()).await;
    walk.done("set_gateway_connections", allowed, &[]).await;
    let made = ada.post("create_gateway_key", &[&own[..], &[("days", "30")]].concat()).await;
    let made: Value = serde_json::from_str(&walk.done("create_gateway_key", made, &["gateway key"]).await).unwrap();
    let key = made["secret"].as_str().unwrap().to_owned();
    // Its last part is the secret; the id before it is in many places.
    walk.cage.add("gateway key", &key[key.len() - 43..]);
    let page = format!("/teams/{team}/gateways/{gateway}");
    let shown = ada.submit("create_gateway_key", &[&own[..], &[("days", "7"), ("page", &page)]].concat()).await;
    let shown = walk.done("create_gateway_key as a plain form", shown, &["gateway key of a plain form"]).await;
    let plain = shown
        .split("ptl_gw_")
        .map(|rest| rest.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect::<String>());
    let plain = plain
        .filter_map(|key| key.split_once('_').map(|(_, secret)| secret.to_owned()))
        .find(|key| key.len() == 43)
        .unwrap();
    walk.cage.add("gateway key of a plain form", plain);

    things_of_gateways(
        walk,
        &key,
        &Things {
            team: team.clone(),
            app: app_id.clone(),
            connection: connection.clone(),
            gateway: gateway.clone(),
            key: made["key"].as_str().unwrap().to_owned(),
            secret: key.clone(),
            ..Things::nobodys()
        },
    )
    .await;

    // Hours have passed.
    let mut ada = Browser::confirmed(house, email).await;
    // Every page and every reading function, for its person and for nobody.
    let own =
        Things { team: team.clone(), app: app_id.clone(), connection: connection.clone(), gateway, ..Things::nobodys() };
    for page in pages() {
        let path = address(&page, &own);
        let seen = ada.get(&path).await;
        walk.note(format!("page {page}"), seen, &[]).await;
        let seen = Browser::new(house).get(&path).await;
        walk.note(format!("page {page} for nobody"), seen, &[]).await;
    }
    for path in ["/nowhere", "/pkg/portal-0.css", "/gateway-api", "/theme"] {
        let seen = ada.get(path).await;
        walk.note(path, seen, &[]).await;
    }
    for function in functions().iter().filter(|function| {
        !["sign_out", "revoke_other_sessions", "ask_confirmation", "create_gateway_key"].contains(&&*function.name)
    }) {
        let nobody = Things { team: own.team.clone(), ..Things::nobodys() };
        for things in [&nobody, &own] {
            // What changes something meets nobody's things; what reads meets its own.
            let changes =
                function.permission.is_some_and(|needs| ![Permission::ViewTeam, Permission::ViewLog].contains(&needs));
            if function.name != "leave_team" && !(changes && std::ptr::eq(things, &own)) {
                let answered = ada.call(&function.name, &form(function, |_| things)).await;
                walk.note(format!("server function {}", function.name), answered, &[]).await;
            }
        }
    }

    broken(walk, &mut ada, &team, &app_id, &refused, &key, &connection).await;
    let gone = ada.post("disconnect", &[("team", &*team), ("connection", &*connection), ("confirm", "Shop")]).await;
    walk.done("disconnect", gone, &[]).await;
    let out = ada.post("sign_out", &[]).await;
    walk.done("sign_out", out, &[]).await;
}

/// Everything that a gateway asks, and all that Amazon may answer meanwhile.
async fn things_of_gateways(walk: &mut Walk<'_>, key: &str, own: &Things) {
    let house = walk.house;
    let issue = format!("/api/gateway/v1/teams/{}/connections/{}/credentials", own.team, own.connection);
    for route in routes(house).await {
        let path = route.path.replace("{team_id}", &own.team).replace("{connection_id}", &own.connection);
        let request = house.ask(route.method.clone(), key, &path);
        let request = if route.method == Method::GET { request } else { request.json(&body(&route, own)) };
        let issues = route.path.contains("credentials") || route.path.ends_with("token");
        let holds: &[&str] = if issues { &["current access token"] } else { &[] };
        walk.done(route.name(), request.send().await.unwrap(), holds).await;
    }
    let first = house.ask(Method::POST, key, &issue).json(&json!({ "known_generation": 2 })).send().await.unwrap();
    walk.done("an unchanged credential", first, &[]).await;
    // The token of the second proof is the current one: the first was never given out.
    walk.cage.used("access token");

    let current = house.ask(Method::POST, key, &issue).json(&json!({})).send().await.unwrap();
    let current: Value = current.json().await.unwrap();
    walk.cage.add("current access token", current["credential"]["value"].as_str().unwrap());
    for (number, fault) in [
        Fault::ServerError,
        Fault::Throttled { retry_after_s: Some(1) },
        Fault::Status(502),
        Fault::Cut,
        Fault::Malformed,
        Fault::Huge,
        Fault::MissingAccessToken,
    ]
    .into_iter()
    .enumerate()
    {
        // A minute is left of it: it is served while Amazon fails. Later none is.
        house.stage.advance(Duration::minutes(if number == 0 { 61 } else { 5 }));
        house.simulator.fail(Part::Lwa, fault, 1);
        let failed = house.ask(Method::POST, key, &issue).json(&json!({})).send().await.unwrap();
        assert!(failed.status().as_u16() >= 400, "{fault:?}: {}", failed.status());
        walk.note(format!("a credential while Amazon answers {fault:?}"), failed, &[]).await;
    }
    house.simulator.heal();
    house.stage.advance(Duration::minutes(10));
    let fresh = house.ask(Method::POST, key, &issue).json(&json!({})).send().await.unwrap();
    let told: Value = serde_json::from_str(&walk.done("a fresh credential", fresh, &["fresh access token"]).await).unwrap();
    walk.cage.add("fresh access token", told["credential"]["value"].as_str().unwrap());
    // Keys in the wrong places.
    for request in [
        house.http.get(format!("{}/api/gateway/v1/self?key={key}", house.url)).bearer_auth(key),
        house.ask(Method::GET, &format!("{key}x"), "/api/gateway/v1/self"),
        house.ask(Method::POST, key, &format!("/api/gateway/v1/{key}")),
        house.ask(Method::POST, key, &issue).header(header::USER_AGENT, key).json(&json!({ "purpose": key })),
    ] {
        let answered = request.send().await.unwrap();
        let issued = answered.status() == 200;
        walk.note("a key in the wrong place", answered, if issued { &["fresh access token"] } else { &[] }).await;
    }
}

/// The same with a table gone: what is logged of an outage must not hold what was sent.
async fn broken<'a>(
    walk: &mut Walk<'a>,
    ada: &mut Browser<'a>,
    team: &str,
    app: &str,
    refresh_token: &str,
    key: &str,
    connection: &str,
) {
    let house = walk.house;
    let run = async |statement: String| {
        let tx = house.stage.portal.db.begin().await.unwrap();
        tx.execute_unprepared(&statement).await.unwrap();
        tx.commit().await.unwrap();
    };
    let secret = String::from_utf8(walk.cage.canaries["next client secret"].clone()).unwrap();
    let issue = format!("/api/gateway/v1/teams/{team}/connections/{connection}/credentials");
    for table in ["lwa_app", "connection", "gateway_key", "login_challenge", "audit_event", "mail_outbox", "rate_limit"] {
        run(format!("ALTER TABLE \"{table}\" RENAME TO no_{table}")).await;
        let email = format!("somebody-without-{}@example.com", table.replace('_', "-"));
        let fields = [
            ("team", team),
            ("app", app),
            ("name", "Another"),
            ("environment", "production"),
            ("client_id", "amzn1.application-oa2-client.00000000000000000000000000000def"),
            ("client_secret", &secret),
            ("lwa_app", app),
            ("seller_id", other_seller().seller_id),
            ("marketplace", "US"),
            ("refresh_token", refresh_token),
            ("code", "12345678"),
            ("email", &email),
            ("page", "/account"),
        ];
        let mut failures = 0;
        for function in ["create_lwa_app", "create_connection", "lwa_apps", "confirm", "ask_code", "stage_secret"] {
            let mut somebody = Browser::new(house);
            let caller = if function == "ask_code" { &mut somebody } else { &mut *ada };
            for answered in [caller.post(function, &fields).await, caller.submit(function, &fields).await] {
                failures += usize::from(answered.status().is_server_error());
                walk.note(format!("{function} without the table {table}"), answered, &[]).await;
            }
        }
        let answered = house.ask(Method::POST, key, &issue).json(&json!({ "purpose": key })).send().await.unwrap();
        failures += usize::from(answered.status().is_server_error());
        let holds: &[&str] = if answered.status() == 200 { &["fresh access token"] } else { &[] };
        walk.note(format!("a credential without the table {table}"), answered, holds).await;
        assert!(failures > 0, "nobody missed {table}");
        run(format!("ALTER TABLE no_{table} RENAME TO \"{table}\"")).await;
    }
}

/// A mail server that takes one password after having refused it once, and keeps what it heard.
async fn mail_server(heard: Arc<Mutex<Vec<u8>>>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut refusals = 1;
        while let Ok((socket, _)) = listener.accept().await {
            let (reader, mut writer) = socket.into_split();
            let mut lines = BufReader::new(reader).lines();
            let mut in_mail = false;
            writer.write_all(b"220 mail.example ESMTP\r\n").await.unwrap();
            while let Ok(Some(line)) = lines.next_line().await {
                heard.lock().unwrap().extend_from_slice(format!("{line}\n").as_bytes());
                let answer = match line.split(' ').next().unwrap() {
                    "." => "250 taken\r\n",
                    _ if in_mail => continue,
                    "EHLO" => "250-mail.example\r\n250 AUTH PLAIN\r\n",
                    "AUTH" if refusals > 0 => {
                        refusals -= 1;
                        "535 5.7.8 not you\r\n"
                    }
                    "AUTH" => "235 welcome\r\n",
                    "DATA" => "354 go on\r\n",
                    "QUIT" => "221 bye\r\n",
                    _ => "250 fine\r\n",
                };
                in_mail = line == "DATA";
                if writer.write_all(answer.as_bytes()).await.is_err() {
                    break;
                }
            }
        }
    });
    port
}

/// A PostgreSQL that asks for the password in clear text and then does not like it.
async fn strict_postgres(heard: Arc<Mutex<Vec<u8>>>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut bytes = vec![0; 4096];
            // It speaks no TLS.
            socket.read_exact(&mut bytes[..8]).await.unwrap();
            socket.write_all(b"N").await.unwrap();
            socket.read(&mut bytes).await.map(drop).unwrap();
            socket.write_all(&[b'R', 0, 0, 0, 8, 0, 0, 0, 3]).await.unwrap();
            let count = socket.read(&mut bytes).await.unwrap();
            heard.lock().unwrap().extend_from_slice(&bytes[..count]);
            let fields = b"SFATAL\0VFATAL\0C28P01\0Mpassword authentication failed for user \"portal\"\0\0";
            let length = u32::try_from(fields.len() + 4).unwrap().to_be_bytes();
            socket.write_all(&[b"E", &length[..], fields].concat()).await.unwrap();
        }
    });
    port
}

/// Passwords of the configuration: used where they belong, and told by nothing that describes it.
async fn settings(walk: &mut Walk<'_>) {
    let house = walk.house;
    let (database, smtp) = ("d4t4b4se-p4ssw0rd-Yx81", "sm7p-p4ssw0rd-Lq93");
    walk.cage.add("database password", database);
    walk.cage.add("SMTP password", smtp);
    let asked = Arc::new(Mutex::new(Vec::new()));
    let port = strict_postgres(asked.clone()).await;
    let heard = Arc::new(Mutex::new(Vec::new()));
    let smtp_url = format!("smtp://portal:{smtp}@127.0.0.1:{}", mail_server(heard.clone()).await);
    let config = Config {
        database_url: Some(Secret(SecretString::from(format!("postgres://portal:{database}@127.0.0.1:{port}/portal")))),
        data_dir: house.stage.folder.clone(),
        mail: config::Mail { smtp_url: Some(Secret(SecretString::from(smtp_url.clone()))), ..Config::default().mail },
        ..Config::default()
    };
    let mut error: Option<&dyn std::error::Error> = None;
    let failed = start::portal(&config).await.unwrap_err();
    let mut told = format!("{config:?} {config:#?} {failed:?} {}", serde_json::to_string(&config).unwrap());
    told += &config::problems(&config).join("\n");
    while let Some(cause) = error.map_or(Some(&failed as &dyn std::error::Error), std::error::Error::source) {
        told += &cause.to_string();
        error = Some(cause);
    }
    assert!(told.contains("password authentication failed"), "{told}");
    assert!(text(&asked.lock().unwrap()).contains(database), "the password was asked for");
    walk.cage.used("database password");
    walk.answers.push(("the start, which fails".to_owned(), told.into_bytes(), vec![]));

    // A code that leaves over SMTP, at the second try.
    let portal = Portal {
        mailer: Mailer::smtp(&smtp_url.into(), "Portal <portal@example.com>").unwrap(),
        ..house.stage.portal.clone()
    };
    mail::deliver_due(&house.stage.portal).await.unwrap();
    let mut browser = Browser::new(house);
    let asked = browser.post("ask_code", &[("email", "smtp@example.com")]).await;
    walk.cookie(&browser, "cookie of another browser");
    walk.done("ask_code over SMTP", asked, &["cookie of another browser"]).await;
    assert_eq!(mail::deliver_due(&portal).await.unwrap(), 0);
    house.stage.advance(Duration::seconds(61));
    assert_eq!(mail::deliver_due(&portal).await.unwrap(), 1);
    let heard = String::from_utf8(heard.lock().unwrap().clone()).unwrap();
    let login = STANDARD.encode(format!("\0portal\0{smtp}"));
    assert_eq!(heard.matches(&login).count(), 2, "{heard}");
    walk.cage.used("SMTP password");
    let subject = heard.lines().find_map(|line| line.strip_prefix("Subject: ")).unwrap();
    walk.cage.add("code over SMTP", subject.chars().filter(char::is_ascii_digit).collect::<String>());
    walk.cage.used("code over SMTP");
    let heard = heard.replace(&login, "");
    let others =
        walk.cage.found(heard.as_bytes()).into_iter().filter(|(name, _)| name != "code over SMTP").collect::<Vec<_>>();
    assert!(others.is_empty(), "the mail server heard {others:?}");
    let described = format!("{portal:?} {:?} {:?}", portal.vault, portal.settings);
    walk.answers.push(("the handles".to_owned(), described.into_bytes(), vec![]));
}

/// What Prometheus reads.
async fn measured(walk: &mut Walk<'_>) {
    static HANDLE: OnceLock<metrics_exporter_prometheus::PrometheusHandle> = OnceLock::new();
    let handle = HANDLE.get_or_init(|| metrics::install().expect("nothing else in this binary installs a recorder"));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = metrics::router(walk.house.stage.portal.clone(), Some(handle.clone()));
    tokio::spawn(async move { axum::serve(listener, router).await });
    for path in ["/metrics", "/healthz", "/readyz"] {
        let answered = walk.house.http.get(format!("{url}{path}")).send().await.unwrap();
        walk.done(path, answered, &[]).await;
    }
}

on_both_databases!(no_secret_is_where_it_has_no_business, async |mut stage: Stage| {
    let listening = Listening::start();
    // PostgreSQL's own password: it is trusted in tests, so any will do.
    let password = "p0stgr3s-p4ssw0rd-Kw27";
    if stage.portal.db.backend() == DbBackend::Postgres {
        let url = stage.url.replace("portal@", &format!("portal:{password}@"));
        assert_ne!(url, stage.url);
        stage.portal.db = Db::connect(&url, 8).await.unwrap();
    }
    let house = House::on(stage).await;
    let mut walk = Walk { house: &house, cage: Cage::default(), answers: Vec::new() };
    if house.stage.portal.db.backend() == DbBackend::Postgres {
        walk.cage.add("password of the tests' database", password);
        walk.cage.used("password of the tests' database");
    }
    measured(&mut walk).await;
    walk.answers.clear();
    keys(&mut walk);
    life(&mut walk).await;
    settings(&mut walk).await;
    measured(&mut walk).await;
    assert!(walk.answers.iter().any(|(_, bytes, _)| text(bytes).contains("portal_http_requests_total")));
    assert!(walk.answers.len() > 200, "{} answers", walk.answers.len());

    let mut leaks = walk.leaks();
    let cage = &walk.cage;
    assert!(cage.canaries.len() >= 20, "{:?}", cage.canaries.keys());
    let log = listening.heard();
    assert!(text(&log).contains("request{id=req_") && log.len() > 100_000, "Portal's own spans are heard");
    let mut places = vec![("the log".to_owned(), log)];
    if house.stage.portal.db.backend() == DbBackend::Sqlite {
        for file in ["portal.db", "portal.db-wal"] {
            places.push((file.to_owned(), std::fs::read(house.stage.folder.join(file)).unwrap()));
        }
        assert!(places[1..].iter().any(|(_, bytes)| text(bytes).contains("Team of canaries")), "these are the files");
    }
    let rows = dump(&house, None, &[]).await;
    places.push(("the rows of all tables".to_owned(), format!("{rows:?}").into_bytes()));
    for mail in std::fs::read_dir(house.stage.folder.join("mail")).unwrap() {
        let path = mail.unwrap().path();
        places.push((format!("mail {}", path.display()), std::fs::read(path).unwrap()));
    }
    for (place, bytes) in &places {
        let carries_code = |name: &str| place.starts_with("mail ") && ["sign-in code", "confirmation code"].contains(&name);
        let found = cage.found(bytes).into_iter().filter(|(name, _)| !carries_code(name));
        leaks.extend(found.map(|(name, spelling)| format!("{name} ({spelling}) in {place}")));
    }
    leaks.sort();
    leaks.dedup();
    assert_eq!(leaks, [""; 0]);
    assert_eq!(cage.unused(), [""; 0], "these prove nothing");
});

/// A secret in the wrong place: longer than any name, and looked for by its middle, since what is cut is shown in part.
const MIDDLE: &str = "iAmInTheWrongPlace4711";

fn misplaced() -> Vec<String> {
    let around = |start: &str| format!("{start}{MIDDLE}{}", "Zq8".repeat(20));
    ["Atza|", "Atzr|", "amzn1.oa2-cs.v1.", "ptl_gw_", "Bearer ", "hunter2:"].map(around).to_vec()
}

on_both_databases!(nothing_repeats_a_secret_that_came_in_the_wrong_place, async |stage: Stage| {
    let listening = Listening::start();
    let mut house = House::on(stage).await;
    // A server may close a connection on which it left a body unread, and a client that keeps it would notice too late.
    house.http = fresh_client();
    let of = house.furnished("ada").await;
    let own = house.things(&of).await;
    let mut cage = Cage::default();
    cage.add("misplaced secret", MIDDLE);
    let mut leaks = Vec::new();
    let mut asked = 0;
    let mut check = async |what: String, response: Result<Response, reqwest::Error>| {
        let response = response.unwrap_or_else(|error| panic!("{what}: {error}"));
        let head = format!("{:?}", response.headers());
        let bytes = [head.into_bytes(), response.bytes().await.unwrap().to_vec()].concat();
        leaks.extend(cage.found(&bytes).into_iter().map(|(_, spelling)| format!("{what} ({spelling})")));
        asked += 1;
    };

    // Gateway routes: in every field, as a field, in a body that is none, in the path, in the headers.
    for route in routes(&house).await {
        for secret in misplaced() {
            let coded: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
            let path = route.path.replace("{team_id}", &own.team).replace("{connection_id}", &own.connection);
            let ask = |path: &str| {
                house.ask(route.method.clone(), &own.secret, path).header("X-Forwarded-For", house.stage.next_address())
            };
            let whole = body(&route, &own);
            let mut bodies = vec![
                (format!("{{\"x\": \"{secret}"), "application/json"),
                (format!("\"{secret}\""), "application/json"),
                (format!("[{{\"{secret}\": 1}}]"), "application/json"),
                (secret.clone(), "application/json"),
                (secret.clone(), "text/plain"),
                (format!("{coded}={coded}&%zz={coded}"), "application/x-www-form-urlencoded"),
                (secret.clone(), "application/x-www-form-urlencoded"),
            ];
            if route.method != Method::GET {
                bodies.push((format!("{{\"purpose\": \"{}\"}}", secret.repeat(300)), "application/json"));
            }
            for field in route.body.iter().chain([&secret]) {
                for value in
                    [json!(secret), json!([secret]), json!({ secret.clone(): 1 }), json!([{ "connection_id": secret }])]
                {
                    let mut wrong = whole.clone();
                    wrong[field] = value;
                    bodies.push((wrong.to_string(), "application/json"));
                }
            }
            for (body, kind) in bodies {
                let request = ask(&path).header(header::CONTENT_TYPE, kind).body(body.clone());
                check(
                    format!(
                        "{} {kind} {}",
                        route.name(),
                        body.replace(&secret, "SECRET").chars().take(120).collect::<String>()
                    ),
                    request.send().await,
                )
                .await;
            }
            for named in ["{team_id}", "{connection_id}"] {
                let path = route
                    .path
                    .replace(named, &coded)
                    .replace("{team_id}", &own.team)
                    .replace("{connection_id}", &own.connection);
                check(format!("{} with {named}", route.name()), ask(&path).json(&whole).send().await).await;
            }
            let mut keyless = house.http.request(route.method.clone(), format!("{}{path}?{coded}={coded}", house.url));
            keyless = keyless.header("X-Forwarded-For", house.stage.next_address()).header("Portal-Gateway", "1");
            check(
                format!("{} as a key", route.name()),
                keyless.try_clone().unwrap().bearer_auth(&secret).json(&whole).send().await,
            )
            .await;
            for name in ["Portal-Gateway", "Content-Type", "User-Agent", "Accept", "X-Request-Id", "traceparent"] {
                let request = keyless.try_clone().unwrap().bearer_auth(&own.secret).json(&whole).header(name, &secret);
                check(format!("{} in {name}", route.name()), request.send().await).await;
            }
            let path = format!("{}/{coded}", route.path.split("/{").next().unwrap());
            check(format!("{} and further", route.name()), ask(&path).send().await).await;
        }
    }

    // Server functions: the same, by a script and as a plain form, signed in and not.
    let browser = Browser::confirmed(&house, "ada@example.com").await;
    const SECRETS: [&str; 4] = ["client_secret", "code", "confirm", "refresh_token"];
    for function in functions().iter().filter(|function| function.name != "sign_out" && function.name != "leave_team") {
        let path = format!("/act/{}", function.name);
        for secret in misplaced() {
            let coded: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
            let whole = form(function, |_| &own);
            let mut bodies = vec![
                ("a body that is no form".to_owned(), format!("{{\"x\": \"{secret}"), true),
                ("a broken form".to_owned(), format!("team=%zz{coded}&{coded}"), true),
                ("unknown fields".to_owned(), format!("{coded}={coded}&{coded}[x]={coded}&query[{coded}]=1"), true),
            ];
            for field in &function.arguments {
                let wrong: Vec<_> =
                    whole.iter().filter(|(name, _)| name.split('[').next() != Some(field)).cloned().collect();
                let rest = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&wrong).finish();
                // What a person types is given back to them, but for fields of secrets.
                let plain = SECRETS.contains(&field.as_str());
                bodies.push((format!("{field} of {}", function.name), format!("{rest}&{field}={coded}"), plain));
                bodies.push((
                    format!("{field}[] of {}", function.name),
                    format!("{rest}&{field}[]={coded}&{field}[x]={coded}"),
                    plain,
                ));
                bodies.push((format!("{field} twice"), format!("{rest}&{field}=1&{field}={coded}"), plain));
            }
            for (what, body, plain) in bodies {
                for (accept, own_browser) in [("application/json", true), ("application/json", false), ("text/html", true)] {
                    if accept == "text/html" && !plain {
                        continue;
                    }
                    let visitor = Browser::new(&house);
                    let from = if own_browser { &browser } else { &visitor };
                    let request =
                        from.request(Method::POST, &path).header("Sec-Fetch-Site", "same-origin").body(body.clone());
                    let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
                    check(format!("{path} with {what}, {accept}"), request.header(header::ACCEPT, accept).send().await)
                        .await;
                }
            }
        }
    }
    assert!(asked > 3_000, "{asked}");
    leaks.sort();
    leaks.dedup();
    let log = cage.found(&listening.heard());
    assert!(log.is_empty(), "in the log: {log:?}");
    let rows = dump(&house, None, &[]).await;
    for (table, rows) in &rows {
        assert_eq!(cage.found(rows.join("\n").as_bytes()), [], "in the table {table}");
    }
    assert!(leaks.is_empty(), "{} answers repeat it, such as\n{}", leaks.len(), leaks[..leaks.len().min(12)].join("\n"));
});
