//! Every server function, page and gateway route there is, read from the source: what a sweep walks is never written by
//! hand. Beside them what a sweep fills in, by the names of arguments; a name that is not known here turns the sweep red.

mod things;

use std::{collections::BTreeMap, fs, path::Path, sync::LazyLock};

use backend::{
    cx::SignedIn,
    store::{self, Db, alert::Alert, audit_hold::By, impersonation::Impersonation, review::Review},
};
use model::{
    Environments, Permission, Role,
    alert::Rule,
    ids::{ActionItemId, AlertId, EntryId, ImpersonationId, IncidentId, MeasureId, NoticeId, TaskId, TeamId},
};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use serde_json::{Value, json};

use things::THINGS;
pub use things::{Things, new_grant};

use crate::house::{Furnished, House, known_app, known_seller};

/// A server function and its arguments' names.
#[derive(Clone, Debug)]
pub struct Function {
    pub name: String,
    pub arguments: Vec<String>,
    /// What it enters a Team for.
    pub permission: Option<Permission>,
}

impl Function {
    pub fn takes(&self, argument: &str) -> bool {
        self.arguments.iter().any(|name| name == argument)
    }

    /// The arguments that name a thing.
    pub fn things(&self) -> Vec<&str> {
        self.arguments.iter().map(String::as_str).filter(|name| THINGS.contains(name)).collect()
    }
}

/// All server functions of `app/src/api`, checked against those that Leptos registered.
pub fn functions() -> Vec<Function> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../app/src/api");
    let mut found = Vec::new();
    for file in fs::read_dir(folder).unwrap() {
        let source = fs::read_to_string(file.unwrap().path()).unwrap();
        found.extend(source.split("#[server(prefix = \"/act\", endpoint = \"").skip(1).map(function));
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    let mut registered: Vec<_> =
        leptos::server_fn::axum::server_fn_paths().map(|(path, _)| path.replace("/act/", "")).collect();
    registered.sort();
    assert_eq!(found.iter().map(|f| f.name.clone()).collect::<Vec<_>>(), registered);
    found
}

fn function(source: &str) -> Function {
    let name = source.split('"').next().unwrap().to_owned();
    let list = source.split_once("pub async fn ").unwrap().1.split_once('(').unwrap().1;
    let list = list.split_once(") ->").unwrap().0.replace("#[server(default)]", "");
    let arguments = list.split(',').filter_map(|argument| Some(argument.split_once(':')?.0.trim().to_owned()));
    let ways = ["enter(team, model::Permission::", "enter_incident(team, incident, model::Permission::"];
    let entered = ways.iter().find_map(|way| source.split_once(way)).map(|(_, rest)| rest.split_once(')').unwrap().0);
    let permission = entered.map(|word| *Permission::ALL.iter().find(|known| format!("{known:?}") == word).unwrap());
    Function { name, arguments: arguments.filter(|name| !name.is_empty()).collect(), permission }
}

/// The address of every page, as the router writes it.
pub fn pages() -> Vec<String> {
    // Leptos loads nothing in the whole process while it makes this list: once is enough.
    static PAGES: LazyLock<Vec<String>> =
        LazyLock::new(|| leptos_axum::generate_route_list(app::App).iter().map(|page| page.path().to_owned()).collect());
    PAGES.clone()
}

/// A page's address with these things in it.
pub fn address(page: &str, things: &Things) -> String {
    page.split('/')
        .map(|part| match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            Some(name) => things.named(name).unwrap_or_else(|| panic!("{page}: nothing is known for {name}")).to_owned(),
            None => part.to_owned(),
        })
        .collect::<Vec<_>>()
        .join("/")
}

/// A route of the gateway API and the fields of its body.
#[derive(Clone, Debug)]
pub struct Route {
    pub method: reqwest::Method,
    pub path: String,
    pub body: Vec<String>,
}

impl Route {
    /// Its place in a list of exceptions.
    pub fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

/// Files and live parts of a Team, and what comes for a connection: from the route table.
pub fn files() -> Vec<(reqwest::Method, String)> {
    let table = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/routes.rs")).unwrap();
    let rows = table.split(".route(").skip(1).filter_map(|row| {
        let (path, handler) = row.trim_start().strip_prefix('"')?.split_once("\",")?;
        let ours = ["/teams/", "/live/", "/api/notifications/v1/connections/"].iter().any(|start| path.starts_with(start));
        let method = handler.trim_start().split('(').next()?.to_uppercase();
        ours.then(|| (method.parse().unwrap(), path.to_owned()))
    });
    let all: Vec<_> = rows.collect();
    assert!(all.len() >= 11, "{all:?}");
    all
}

/// All routes of the gateway API: from the route table, their bodies from the OpenAPI document.
pub async fn routes(house: &House) -> Vec<Route> {
    let table = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/routes.rs")).unwrap();
    let rows = table.split(".route(\"/api/gateway/").skip(1).map(|row| row.split_once("\", ").unwrap());
    let document = format!("{}/api/gateway/v1/openapi.json", house.url);
    let document: Value = house.http.get(document).send().await.unwrap().json().await.unwrap();
    let mut documented = 0;
    let mut all = Vec::new();
    for (path, handler) in rows {
        let path =
            format!("/api/gateway/{}", path.replace("{team}", "{team_id}").replace("{connection}", "{connection_id}"));
        // What answers every other address is no route of its own.
        let method = handler.split('(').next().unwrap().to_uppercase();
        if method == "ANY" {
            continue;
        }
        let operation = &document["paths"][&path][method.to_lowercase()];
        documented += usize::from(operation.is_object());
        let content = operation["requestBody"]["content"].as_object().and_then(|types| types.values().next());
        let schema = content.and_then(|content| content["schema"]["$ref"].as_str()).unwrap_or_default();
        let schema = &document["components"]["schemas"][schema.rsplit('/').next().unwrap()];
        let body = schema["properties"].as_object().map(|fields| fields.keys().cloned().collect()).unwrap_or_default();
        all.push(Route { method: method.parse().unwrap(), path, body });
    }
    let operations = document["paths"].as_object().unwrap().values().map(|path| path.as_object().unwrap().len());
    assert_eq!(operations.sum::<usize>(), documented, "the document and the route table speak of the same routes");
    all
}

/// The fields of a server function's form. Things are taken from where `of` says, by the argument's name.
pub fn form<'a>(function: &Function, of: impl Fn(&str) -> &'a Things) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    for argument in &function.arguments {
        let mut put = |name: &str, value: &str| fields.push((name.to_owned(), value.to_owned()));
        let things = of(argument);
        // The log is filtered by bare ids.
        let bare = |id: &str| id.split_once('_').unwrap().1.to_owned();
        match argument.as_str() {
            // A Team that the person is not in.
            "which" => put("which", &things.team),
            "connections" => put("connections[]", &things.connection),
            "gateways" => put("gateways[]", &things.gateway),
            "keys" => put("keys[]", &things.key),
            // How many a page showed: nothing that people type.
            "known_keys" => {}
            "scopes" => put("scopes[]", "credential:issue"),
            "query" => {
                put("query[actor]", &bare(&things.user));
                put("query[target]", &bare(&things.connection));
            }
            name => {
                let value = things.named(name).or_else(|| value(name));
                put(name, value.unwrap_or_else(|| panic!("{}: nothing is known for {name}", function.name)));
            }
        }
    }
    fields
}

/// What people type, by the field's name.
fn value(name: &str) -> Option<&'static str> {
    Some(match name {
        "name" => "Another name",
        "act" => "revoke a key of orders-sync",
        "act_proof" => "",
        "subject_kind" => "user",
        "decision" => "confirmed",
        "response" => "{}",
        "required" => "false",
        "email" => "eve@example.com",
        "next" => "/account",
        "code" => "12345678",
        "role" => "auditor",
        "works_as" => "contractor",
        "company" => "Lighthouse Keepers",
        "until" => "2027-01-31",
        "production" | "sandbox" | "is_draft" => "true",
        "environment" => "production",
        "api" => "sp_api",
        "region" => "eu",
        "profile" => "3312345678901234",
        "client_id" => "amzn1.application-oa2-client.00000000000000000000000000000abc",
        "client_secret" => known_app().client_secret,
        "application_id" => known_app().application_id,
        "secret_made_on" | "consented_on" => "",
        "seller_id" => other_seller().seller_id,
        "marketplace" => other_seller().marketplaces[0],
        "refresh_token" => other_seller().refresh_token,
        "confirm" => "Shop",
        "networks" => "198.51.100.0/24",
        "days" => "30",
        "note" => "It was us",
        "reason" => "Case 4712",
        "kind" => "other",
        "title" => "Another oddity",
        "detected" | "at" | "about" => "",
        "began" => "2020-01-31T10:00",
        "restricted" => "false",
        "step" => "triage",
        "reach" => "one",
        "confirmed" | "pinned" => "true",
        "how" => "No information of Amazon's was reached",
        "duty" => "scribe",
        "entry_kind" => "note",
        "body" => "It was us",
        "phase" => "investigate",
        "drill" => "revoke_key",
        "due" => "",
        "due_on" => "2030-01-31",
        "task_end" => "done",
        "hours" => "12",
        "track" => "staff",
        "version" => "1",
        "recipients" => "carol@example.com",
        "subject" => "Another subject",
        "for_amazon" => "false",
        "request" | "proof" => "Case 4711",
        "contact_name" => "Grace",
        "contact_email" | "amazon_address" => "grace@example.com",
        "contact_phone" => "+49 30 1",
        "what_happened" | "impact" | "cause" | "went_well" | "went_badly" => "As it was",
        "measure_kind" => "lock_connection",
        "rule" => "refused_calls",
        "url" => "http://127.0.0.1:9/hook",
        "webhook_secret" => "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "ends" => "",
        "topic" => "arn:aws:sns:eu-west-1:123456789012:ads-stream",
        "threshold" => "7",
        "off" => "false",
        "canary" | "finding" => "true",
        "conclusion" => "As it should be",
        "mail_from" => "critical",
        "quiet" => "22-6",
        _ => return None,
    })
}

/// A seller whom no Team of a test is connected with from the start.
pub fn other_seller() -> &'static server::simulator::known::Seller {
    let known = server::simulator::known::SELLERS.iter();
    known.into_iter().find(|seller| seller.seller_id != known_seller().seller_id).unwrap()
}

/// The body of a gateway route.
pub fn body(route: &Route, of: &Things) -> Value {
    let fields = route.body.iter().map(|name| {
        let value = match name.as_str() {
            "items" => json!([{ "connection_id": of.connection }]),
            "grant_type" => json!("refresh_token"),
            "client_id" => json!(of.key),
            "client_secret" => json!(of.secret),
            "refresh_token" => json!(of.connection),
            "min_ttl_s" => json!(300),
            "known_generation" | "rejected_generation" => Value::Null,
            "generation" => json!(1),
            "purpose" => json!("a sweep"),
            "sp_api_status" => json!(403),
            "sp_api_code" => json!("Unauthorized"),
            "sp_api_detail" => json!("Access to requested resource is denied."),
            "request_id" => json!("e0b1a2c3"),
            _ => panic!("{}: nothing is known for {name}", route.name()),
        };
        (name.clone(), value)
    });
    Value::Object(fields.collect())
}

/// Every row of every table but those aside, as text. With a Team, only its own rows of the tables that have some.
pub async fn dump(house: &House, team: Option<&str>, aside: &[&str]) -> BTreeMap<String, Vec<String>> {
    dump_of(&house.stage.portal.db, team, aside).await
}

/// The same of any database.
pub async fn dump_of(db: &Db, team: Option<&str>, aside: &[&str]) -> BTreeMap<String, Vec<String>> {
    let mut all = BTreeMap::new();
    for (table, columns) in tables_of(db).await {
        let owner = columns.iter().find(|(name, _)| name == "team_id" || (table == "team" && name == "id"));
        if aside.contains(&table.as_str()) || (team.is_some() && owner.is_none()) {
            continue;
        }
        let (text, id) = match db.backend() {
            DbBackend::Sqlite => {
                let quoted = columns.iter().map(|(name, _)| format!("quote(\"{name}\")")).collect::<Vec<_>>();
                (quoted.join(" || '|' || "), "lower(hex(\"{column}\"))")
            }
            _ => (format!("CAST(\"{table}\" AS text)"), "replace(CAST(\"{column}\" AS text), '-', '')"),
        };
        let mut query = format!("SELECT {text} AS row FROM \"{table}\"");
        if let (Some(team), Some((column, _))) = (team, owner) {
            query += &format!(" WHERE {} = '{}'", id.replace("{column}", column), team.strip_prefix("team_").unwrap());
        }
        all.insert(table, column_of(db, &format!("{query} ORDER BY row")).await);
    }
    all
}

/// Every table with its columns and their types.
pub async fn tables(house: &House) -> BTreeMap<String, Vec<(String, String)>> {
    tables_of(&house.stage.portal.db).await
}

async fn tables_of(db: &Db) -> BTreeMap<String, Vec<(String, String)>> {
    let text = match db.backend() {
        DbBackend::Sqlite => {
            "SELECT t.name || ' ' || c.name || ' ' || lower(c.type) AS row FROM sqlite_master t, pragma_table_info(t.name) c
             WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'"
        }
        _ => {
            "SELECT table_name || ' ' || column_name || ' ' || data_type AS row FROM information_schema.columns
             WHERE table_schema = 'public' ORDER BY ordinal_position"
        }
    };
    let mut tables = BTreeMap::<_, Vec<_>>::new();
    for row in column_of(db, text).await {
        let mut words = row.splitn(3, ' ').map(str::to_owned);
        let (table, name, kind) = (words.next().unwrap(), words.next().unwrap(), words.next().unwrap());
        tables.entry(table).or_default().push((name, kind));
    }
    assert!(tables.len() > 10, "{tables:?}");
    tables
}

/// The answers of a query of one column, called `row`.
pub async fn column(house: &House, query: &str) -> Vec<String> {
    column_of(&house.stage.portal.db, query).await
}

pub async fn column_of(db: &Db, query: &str) -> Vec<String> {
    let db = db.reader();
    let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), query)).await.unwrap();
    rows.iter().map(|row| row.try_get("", "row").unwrap()).collect()
}
