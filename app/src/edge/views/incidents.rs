//! Incidents.

use backend::{
    Cx, TeamScope,
    incidents::{self, IncidentScope, Line},
    store::incident::{AboutTarget, Incident},
    teams,
};
use model::{
    Permission, Time,
    incident::{Duty, LINE, MeasureKind, TargetKind, code},
};

use super::{measures::containment, people::members};
use crate::{
    Failure,
    api::incidents::{ClockItem, DutyItem, IncidentDetail, IncidentItem, TimelineItem},
    edge::{fail, moment},
};

pub(crate) async fn incident_items(cx: &Cx, scope: &TeamScope) -> Result<Vec<IncidentItem>, Failure> {
    let all = incidents::list(cx, scope).await.map_err(fail)?;
    Ok(all.iter().map(|incident| item(incident, cx.now())).collect())
}

pub(super) fn item(incident: &Incident, now: Time) -> IncidentItem {
    let mut clocks: Vec<_> = incident.running().clocks();
    clocks.sort_by_key(|clock| clock.due);
    let clock = |clock: model::incident::Clock| ClockItem {
        kind: clock.kind,
        due: moment(clock.due, now),
        minutes: (clock.due - now).num_minutes(),
    };
    IncidentItem {
        id: incident.id,
        code: code(incident.id),
        title: incident.title.clone(),
        kind: incident.kind,
        severity: incident.severity,
        state: incident.progress.state,
        restricted: incident.restricted,
        drill: incident.drill,
        reported: moment(incident.reported_at, now),
        clocks: clocks.into_iter().map(clock).collect(),
    }
}

pub(crate) async fn incident_detail(cx: &Cx, scope: &IncidentScope) -> Result<IncidentDetail, Failure> {
    let (now, incident) = (cx.now(), scope.incident());
    let others = incidents::list(cx, scope.team()).await.map_err(fail)?;
    let others = others.into_iter().filter(|other| other.id != incident.id && incident.goes_into(other));
    let duty = |duty: &Duty| DutyItem {
        duty: *duty,
        holder: scope
            .duties()
            .iter()
            .find(|on| on.duty == *duty)
            .map(|on| (on.user, on.name.clone(), moment(on.since, now))),
    };
    let about = incidents::targets(cx, scope).await.map_err(fail)?;
    // Only to those who may see where it went.
    let into = match incident.merged_into {
        Some(into) => incidents::enter(cx, scope.team(), into).await.ok().map(|scope| scope.id()),
        None => None,
    };
    let runs =
        scope.team().role().is_some_and(|role| role.may(Permission::RunIncidents)) && !incident.progress.state.is_over();
    let nameable = if runs { nameable(cx, scope, &about).await? } else { Vec::new() };
    let steps = incidents::steps(cx, scope).await.map_err(fail)?;
    Ok(IncidentDetail {
        item: item(incident, now),
        began: incident.began_at.map(|at| moment(at, now)),
        detected: moment(incident.detected_at, now),
        reported_by: incident.reported_name.clone(),
        line: LINE.iter().map(|state| (*state, incident.progress.at(*state).map(|at| moment(at, now)))).collect(),
        steps: steps.into_iter().map(|(step, first)| (step, first.map(|first| first.to_string()))).collect(),
        about: about.into_iter().map(|target| format!("{}: {}", target.kind.title(), target.name)).collect(),
        duties: Duty::ALL.iter().map(duty).collect(),
        members: members(cx, scope.team()).await?,
        amazon: incident.amazon.clone().map(|(at, how)| (moment(at, now), how)),
        amazon_told: incident.amazon_told,
        others: others.map(|other| (other.id, format!("{}: {}", code(other.id), other.title))).collect(),
        merged_into: into,
        nameable,
        containment: containment(cx, scope, runs).await?,
        timeline: timeline(cx, scope).await?,
    })
}

/// Things of the Team that the incident does not name yet.
async fn nameable(cx: &Cx, scope: &IncidentScope, about: &[AboutTarget]) -> Result<Vec<(String, String)>, Failure> {
    let team = scope.team();
    let mut all: Vec<(TargetKind, uuid::Uuid, String)> = Vec::new();
    for one in backend::gateways::list(cx, team).await.map_err(fail)? {
        for key in
            backend::gateways::keys(cx, team, one.id).await.map_err(fail)?.into_iter().filter(|key| key.revoked_at.is_none())
        {
            all.push((TargetKind::GatewayKey, key.id.0, format!("{} ({})", one.name, key.id)));
        }
        all.push((TargetKind::Gateway, one.id.0, one.name.to_string()));
    }
    for one in backend::connections::list(cx, team).await.map_err(fail)? {
        all.push((TargetKind::Connection, one.id.0, one.name.to_string()));
    }
    for one in backend::lwa_apps::list(cx, team).await.map_err(fail)? {
        all.push((TargetKind::LwaApp, one.id.0, one.name.to_string()));
    }
    for one in teams::members(cx, team).await.map_err(fail)? {
        all.push((TargetKind::User, one.user.0, one.email.to_string()));
    }
    all.retain(|(kind, id, _)| !about.iter().any(|target| target.kind == *kind && target.id == *id));
    all.sort_by_key(|(kind, _, name)| (*kind, name.clone()));
    Ok(all.into_iter().map(|(kind, id, name)| (kind.write_id(id), format!("{}: {name}", kind.title()))).collect())
}

pub(crate) async fn timeline(cx: &Cx, scope: &IncidentScope) -> Result<Vec<TimelineItem>, Failure> {
    let lines = incidents::timeline(cx, scope).await.map_err(fail)?;
    let mut items: Vec<_> = lines.into_iter().map(|line| line_item(line, cx.now())).collect();
    // What is pinned stands on top, in its order.
    items.sort_by_key(|item| !item.pinned);
    Ok(items)
}

/// What machines compare; people read it in the log.
const FOR_MACHINES: [&str; 6] = ["bytes", "evidence", "media", "notice", "sha256", "words"];

/// What an event of the incident itself tells: "Lock the gateway, orders-sync".
fn details(json: &str) -> String {
    let mut details: serde_json::Map<String, serde_json::Value> = serde_json::from_str(json).unwrap_or_default();
    details.retain(|name, _| !FOR_MACHINES.contains(&name.as_str()));
    let word = |(name, value): (&String, &serde_json::Value)| match (name.as_str(), value.as_str()) {
        ("measure", Some(word)) => MeasureKind::parse(word).map_or_else(|| word.to_owned(), |kind| kind.title().to_owned()),
        (_, Some(word)) => word.to_owned(),
        _ => value.to_string(),
    };
    let words: Vec<_> = details.iter().map(word).collect();
    if words.is_empty() { String::new() } else { format!("({})", words.join(", ")) }
}

fn line_item(line: Line, now: Time) -> TimelineItem {
    let plain = |at: Time, who: String, text: String| TimelineItem {
        at: moment(at, now),
        who,
        text,
        entry: None,
        pinned: false,
        corrections: Vec::new(),
    };
    match line {
        Line::Event(row) => {
            let target = match row.target_kind.as_deref() {
                Some("incident") => details(&row.details),
                _ => row.target_name.clone().filter(|name| *name != row.actor_name).unwrap_or_default(),
            };
            let ended = row.reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
            plain(row.at, row.actor_name.clone(), format!("{} {target}{ended}", row.action.sentence()))
        }
        Line::Step(taken) => {
            let note = if taken.note.is_empty() { String::new() } else { format!(": {}", taken.note) };
            plain(taken.at, taken.name, format!("{}{note}", taken.state.title()))
        }
        Line::Earlier(at) => {
            let text = format!("knows more of the time before: the newest {} events are shown here", incidents::EVENTS);
            plain(at, "The log".to_owned(), text)
        }
        Line::Entry(entry, corrections) => TimelineItem {
            entry: Some((entry.id, entry.kind)),
            pinned: entry.pinned,
            corrections: corrections.into_iter().map(|one| (one.name, moment(one.written_at, now), one.body)).collect(),
            ..plain(entry.at, entry.name, entry.body)
        },
    }
}
