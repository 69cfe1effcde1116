//! The Team's log.

use leptos::prelude::*;
use model::{
    audit::Outcome,
    ids::{EventId, TeamId},
};
use serde::{Deserialize, Serialize};

use super::Moment;
use crate::Failure;

/// What the log page asks for; lives in the page's address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogQuery {
    #[serde(default)]
    pub action: String,
    #[serde(default)]
    pub actor: String,
    #[serde(default)]
    pub target: String,
    #[serde(default)]
    pub outcome: String,
    /// An address of a client.
    #[serde(default)]
    pub address: String,
    /// Free text: part of a name, an action, a reason or an address.
    #[serde(default)]
    pub text: String,
    #[serde(default)]
    pub from: String,
    #[serde(default)]
    pub until: String,
    #[serde(default)]
    pub before: String,
}

/// One event as a sentence, its raw form behind it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogItem {
    pub id: String,
    pub at: Moment,
    pub day: String,
    pub clock: String,
    pub actor: String,
    pub sentence: String,
    pub target: Option<String>,
    pub outcome: Outcome,
    pub reason: Option<String>,
    pub raw: String,
}

/// How the log stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogState {
    /// Leaves under the newest signed head, and when it was signed.
    pub head: Option<(u64, Moment)>,
    /// Who has seen how many leaves, and when last.
    pub witnesses: Vec<(String, u64, Moment)>,
    pub alarming: bool,
    pub silent_witness: bool,
    /// Events that Portal did not write.
    pub foreign: u64,
    /// The Review that has waited longest for a signature: where it is, and for how many days.
    pub review: Option<(String, i64)>,
}

/// One event with its place in the tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlacedEvent {
    /// The id of what it is about, when an incident can be about it.
    pub about: Option<String>,
    pub item: LogItem,
    pub index: Option<u64>,
    pub state: LogState,
}

/// A page of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogItems {
    pub items: Vec<LogItem>,
    /// The key of the next page.
    pub older: Option<String>,
    /// Who can be chosen as actor: id and name.
    pub actors: Vec<(String, String)>,
    /// What can be chosen as target: id and name.
    pub targets: Vec<(String, String)>,
    pub state: LogState,
    /// How the events that fit lie in time. Nothing where they are not counted.
    pub days: Vec<DayItem>,
    /// The text may mean more than was looked for.
    pub is_cut: bool,
}

/// Events of one day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayItem {
    /// Like `2026-11-26`.
    pub day: String,
    /// The day after it.
    pub next: String,
    pub words: String,
    pub events: i64,
    pub trouble: i64,
}

impl LogQuery {
    /// The query of an address that asks for this.
    pub fn to_address(&self) -> String {
        let Self { action, actor, target, outcome, address, text, from, until, before } = self;
        let parts = [
            ("action", action),
            ("actor", actor),
            ("target", target),
            ("outcome", outcome),
            ("address", address),
            ("text", text),
            ("from", from),
            ("until", until),
            ("before", before),
        ];
        let given = parts.into_iter().filter(|(_, value)| !value.is_empty());
        let escaped = given.map(|(name, value)| format!("{name}={}", leptos_router::location::Url::escape(value)));
        escaped.collect::<Vec<_>>().join("&")
    }
}

/// A page of the Team's log, the newest first.
#[server(prefix = "/act", endpoint = "log")]
pub async fn log(team: TeamId, query: LogQuery) -> Result<LogItems, Failure> {
    use crate::edge::{enter, log_filter, log_items};
    let (cx, scope) = enter(team, model::Permission::ViewLog).await?;
    let filter = log_filter(&cx, &scope, &query).await?;
    log_items(&cx, &scope, filter).await
}

/// One event of the Team's log.
#[server(prefix = "/act", endpoint = "log_event")]
pub async fn log_event(team: TeamId, event: EventId) -> Result<PlacedEvent, Failure> {
    use crate::edge::{enter, fail, log_event};
    let (cx, scope) = enter(team, model::Permission::ViewLog).await?;
    let row = backend::audit::read_one(&cx, &scope, event).await.map_err(fail)?;
    log_event(&cx, row).await
}
