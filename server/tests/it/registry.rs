//! Every server function, page and gateway route there is, read from the source: what a sweep walks is never written by
//! hand. Beside them what a sweep fills in, by the names of arguments; a name that is not known here turns the sweep red.

mod ads;
mod dump;
mod fill;
mod incident;
mod making;
mod people;
mod records;
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

pub use ads::new_grant;
pub use dump::{column, column_of, dump, dump_of, tables};
pub use fill::{body, form, other_seller};
use things::THINGS;
pub use things::Things;

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
