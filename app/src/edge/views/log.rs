//! The log's page and its filter.

use std::collections::BTreeMap;

use backend::{
    Cx, TeamScope, audit, connections as connection_verbs, gateways as gateway_verbs, reviews,
    store::audit_event::{Filter, Row},
    teams,
};
use model::{
    Permission, Time,
    audit::{Action, Outcome},
    ids::{EventId, GatewayId, RequestId},
};
use uuid::Uuid;

use crate::{
    Failure,
    api::log::{DayItem, LogItem, LogItems, LogQuery, LogState, PlacedEvent},
    edge::{fail, moment},
};

/// What the address of the log's page asks for.
pub async fn log_filter(cx: &Cx, scope: &TeamScope, query: &LogQuery) -> Result<Filter, Failure> {
    use crate::edge::form::{one, time};
    let uuid = |field, text: &str| match text.trim() {
        "" => Ok(None),
        text => one(field, Uuid::try_parse(text).map(Some).map_err(|_| "This is not an id of the log.")),
    };
    let before = match query.before.split_once('_') {
        Some((micros, id)) => {
            micros.parse().ok().and_then(chrono::DateTime::from_timestamp_micros).zip(Uuid::try_parse(id).ok())
        }
        None => None,
    };
    // A word of the catalogue, or the start of some: `connection` finds all of its events.
    let actions =
        Action::ALL.iter().copied().filter(|a| !query.action.is_empty() && a.as_str().starts_with(query.action.as_str()));
    let (from, until) = (time("from", &query.from)?, time("until", &query.until)?);
    if from.zip(until).is_some_and(|(from, until)| from >= until) {
        one("until", Err::<(), _>("This must be later than the start."))?;
    }
    Ok(Filter {
        actions: actions.collect(),
        actor: uuid("actor", &query.actor)?,
        target: uuid("target", &query.target)?,
        outcome: Outcome::parse(&query.outcome),
        from,
        until,
        before: before.map(|(at, id)| (at, EventId(id))),
        address: Some(query.address.trim().to_owned()).filter(|address| !address.is_empty()),
        any_of: audit::meaning(cx, scope, &query.text).await.map_err(fail)?,
    })
}

/// What a sentence ends with: the target, unless that is the actor; for a refused person, what was not allowed.
fn about(row: &Row) -> Option<String> {
    if row.action == Action::AccessRefused {
        let details: serde_json::Value = serde_json::from_str(&row.details).unwrap_or_default();
        let what = ["act", "permission", "environment"].into_iter().find_map(|key| details[key].as_str());
        return what.map(str::to_owned);
    }
    row.target_name.clone().filter(|name| *name != row.actor_name)
}

pub(crate) async fn log_items(cx: &Cx, scope: &TeamScope, filter: Filter) -> Result<LogItems, Failure> {
    let now = cx.now();
    let page = audit::read(cx, scope, &filter).await.map_err(fail)?;
    let days = audit::days(cx, scope, &filter).await.map_err(fail)?.unwrap_or_default();
    let last = page.rows.last().filter(|_| page.more);
    let older = last.map(|row| format!("{}_{}", row.at.timestamp_micros(), row.id.0.simple()));
    let mut actors = BTreeMap::new();
    if scope.role().is_some_and(|role| role.may(Permission::ViewLog)) {
        for member in teams::members(cx, scope).await.map_err(fail)? {
            actors.insert(member.user.0.simple().to_string(), member.email.to_string());
        }
    }
    let mut targets = BTreeMap::new();
    let gateways: Vec<(GatewayId, String)> =
        gateway_verbs::list(cx, scope).await.map_err(fail)?.into_iter().map(|g| (g.id, g.name.to_string())).collect();
    for (id, name) in gateways {
        actors.insert(id.0.simple().to_string(), name.clone());
        targets.insert(id.0.simple().to_string(), name);
    }
    for connection in connection_verbs::list(cx, scope).await.map_err(fail)? {
        targets.insert(connection.id.0.simple().to_string(), connection.name.to_string());
    }
    Ok(LogItems {
        is_cut: filter.any_of.as_ref().is_some_and(|meant| meant.is_cut),
        items: log_rows(page.rows, now),
        older,
        actors: actors.into_iter().collect(),
        targets: targets.into_iter().collect(),
        state: state_of_team(cx, scope).await?,
        days: days
            .into_iter()
            .map(|day| DayItem {
                day: day.day.to_string(),
                next: (day.day + chrono::Duration::days(1)).to_string(),
                words: day.day.format("%A, %-d %B %Y").to_string(),
                events: day.events,
                trouble: day.trouble,
            })
            .collect(),
    })
}

/// How the log stands, and whether a Review of this Team waits.
async fn state_of_team(cx: &Cx, scope: &TeamScope) -> Result<LogState, Failure> {
    let waiting = reviews::list(cx, scope).await.map_err(fail)?.into_iter().rfind(|review| review.signed.is_none());
    let review = waiting.map(|review| {
        let days = (cx.now() - review.opened_at).num_days();
        (format!("/teams/{}/reviews/{}", scope.team(), review.id), days)
    });
    Ok(LogState { review, ..state(cx).await? })
}

pub(crate) fn log_rows(rows: Vec<Row>, now: Time) -> Vec<LogItem> {
    rows.into_iter().map(|row| item(row, now)).collect()
}

/// Who did it, and for whom when somebody let them.
fn actor(row: &Row) -> String {
    let details: serde_json::Value = serde_json::from_str(&row.details).unwrap_or_default();
    match details["for"].as_str().filter(|_| row.on_behalf_of.is_some()) {
        Some(whom) => format!("{} for {whom}", row.actor_name),
        None => row.actor_name.clone(),
    }
}

pub(super) fn item(row: Row, now: Time) -> LogItem {
    let raw = serde_json::json!({
        "id": row.id, "at": row.at, "action": row.action, "outcome": row.outcome, "reason": row.reason,
        "actor": { "kind": row.actor_kind, "id": row.actor_id, "name": row.actor_name, "on_behalf_of": row.on_behalf_of },
        "target": { "kind": row.target_kind, "id": row.target_id, "name": row.target_name },
        "credential_id": row.credential_id, "request_id": RequestId(row.request_id), "address": row.address, "agent": row.agent,
        "details": serde_json::from_str::<serde_json::Value>(&row.details).unwrap_or_default(),
    });
    LogItem {
        id: row.id.to_string(),
        at: moment(row.at, now),
        day: row.at.format("%A, %-d %B %Y").to_string(),
        clock: row.at.format("%H:%M:%S").to_string(),
        actor: actor(&row),
        sentence: row.action.sentence().to_owned(),
        target: about(&row),
        outcome: row.outcome,
        reason: row.reason,
        raw: serde_json::to_string_pretty(&raw).unwrap_or_default(),
    }
}

/// How the log stands.
pub(super) async fn state(cx: &Cx) -> Result<LogState, Failure> {
    let state = audit::state(&cx.portal).await.map_err(super::outage)?;
    Ok(LogState {
        head: state.head.map(|(size, at)| (size, moment(at, state.now))),
        alarming: state.is_alarming(),
        silent_witness: state.has_silent_witness(),
        foreign: state.foreign,
        review: None,
        witnesses: state.witnesses.into_iter().map(|seen| (seen.name, seen.size, moment(seen.seen_at, state.now))).collect(),
    })
}

pub(crate) async fn log_event(cx: &Cx, row: Row) -> Result<PlacedEvent, Failure> {
    let index = audit::place(&cx.portal, row.id).await.map_err(super::outage)?;
    let about = row.target_kind.as_deref().zip(row.target_id).and_then(|(kind, id)| super::measures::target(kind, id));
    Ok(PlacedEvent { about, index, item: item(row, cx.now()), state: state(cx).await? })
}
