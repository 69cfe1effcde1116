//! What evidence holds: how the Team stands, without a secret, and its log so far with proofs.

use chrono::Duration;
use model::{Time, audit::Action};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use super::IncidentScope;
use crate::{
    Cx, TeamScope,
    access::AccessError,
    audit::{
        export::{End, Export, ExportError, Which},
        leaf,
    },
    error::Outage,
    store::{
        self,
        audit_search::{self, Filter},
        lease::Of,
    },
};

/// The log is taken from so long before the detection, and so many of its newest events.
const BEFORE: Duration = Duration::hours(24);
const EVENTS: usize = 5000;
/// What of the log does not hold, by a name that `verify` takes for no log.
pub(super) const UNPROVED: &str = "unproved-log.jsonl";

/// Members and their sessions, invitations, apps, connections, gateways and what each may use, keys, and who holds a token.
pub(super) async fn of_team(cx: &Cx, scope: &TeamScope) -> Result<String, AccessError> {
    let db = &cx.portal.db.of(scope);
    let mut members = Vec::new();
    for member in store::member::all(db, scope).await? {
        let sessions = store::session::of_user(db, member.user).await?;
        let sessions: Vec<Value> = sessions
            .into_iter()
            .map(|one| {
                json!({ "id": one.id, "signed_in_at": one.signed_in_at, "last_seen_at": one.last_seen_at,
                    "stepped_up_at": one.proofs.stepped_up_at, "address": one.address, "agent": one.agent })
            })
            .collect();
        members.push(json!({ "user": member.user, "email": member.email, "role": member.role,
            "engagement": member.engagement, "environments": member.environments, "sessions": sessions }));
    }
    let apps = store::lwa_app::all(db, scope).await?.into_iter().map(|app| {
        json!({ "id": app.id, "name": app.name, "api": app.api, "environment": app.environment, "client_id": app.client_id,
            "secret_made_at": app.secret_made_at })
    });
    let connections = store::connection::all(db, scope).await?.into_iter().map(|one| {
        json!({ "id": one.id, "name": one.name, "environment": one.environment, "seller_id": one.seller_id,
            "profile": one.profile, "state": one.state, "lwa_app": one.lwa_app })
    });
    let mut gateways = Vec::new();
    for one in store::gateway::all(db, scope).await? {
        let connections = store::gateway::connections(db, scope, one.id).await?;
        gateways.push(json!({ "id": one.id, "name": one.name, "environment": one.environment,
            "disabled_at": one.disabled_at, "scopes": one.scopes.to_text(), "networks": one.networks.to_text(),
            "connections": connections }));
    }
    let invitations = store::invitation::of_team(db, scope).await?.into_iter().map(|one| {
        json!({ "id": one.id, "email": one.email, "role": one.role, "environments": one.environments,
            "engagement": one.engagement, "invited_by": one.invited_by, "created_at": one.created_at, "expires_at": one.expires_at })
    });
    let keys = store::gateway_key::all(db, scope, None).await?.into_iter().map(|key| {
        json!({ "id": key.id, "gateway": key.gateway, "created_at": key.created_at, "expires_at": key.expires_at,
            "revoked_at": key.revoked_at, "last_used_at": key.last_used_at, "last_used_address": key.last_used_address,
            "last_used_agent": key.last_used_agent })
    });
    let leases = store::lease::all_live(db, scope, Of::Team, cx.now()).await?.into_iter().map(|lease| {
        json!({ "id": lease.id, "gateway": lease.gateway, "key": lease.key, "connection": lease.connection,
            "generation": lease.generation, "issued_at": lease.issued_at, "expires_at": lease.expires_at })
    });
    let all = json!({
        "team": scope.team(),
        "taken_at": cx.now(),
        "members": members,
        "lwa_apps": apps.collect::<Vec<_>>(),
        "connections": connections.collect::<Vec<_>>(),
        "gateways": gateways,
        "invitations": invitations.collect::<Vec<_>>(),
        "gateway_keys": keys.collect::<Vec<_>>(),
        "leases": leases.collect::<Vec<_>>(),
    });
    Ok(serde_json::to_string_pretty(&all).unwrap_or_default())
}

/// The log from then on, or from a day before the detection, as `portal audit verify --export` checks it, by the names of its files: the
/// Team's newest events; where there were more, also those that are no issue of a credential, which would push out the rest; and
/// of a restricted incident its own, which stand in no Team's log. Nothing before anything is signed.
pub(super) async fn log(cx: &Cx, scope: &IncidentScope, since: Option<Time>) -> Result<Vec<(String, String)>, Outage> {
    let since = since.unwrap_or(scope.incident().detected_at - BEFORE);
    match read_logs(cx, scope, since).await {
        Ok(files) => Ok(files),
        Err(ExportError::NoCheckpoint) => Ok(Vec::new()),
        Err(ExportError::Store(error)) => Err(error.into()),
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "the log is taken as evidence without its proofs");
            Ok(vec![(UNPROVED.to_owned(), unproved(cx, scope, since, &error).await?)])
        }
    }
}

/// The log as it stands in the database, when it does not hold: that somebody changed it is evidence too, and nobody keeps an
/// incident from being contained by it.
async fn unproved(cx: &Cx, scope: &IncidentScope, since: Time, why: &ExportError) -> Result<String, Outage> {
    let filter = Filter { from: Some(since), ..Filter::default() };
    let rows = audit_search::of_team(&cx.portal.db.of(&scope.team()), scope.team(), &filter, EVENTS as u64).await?;
    let mut lines = vec![json!({ "kind": "portal-audit-unproved", "v": 1, "why": why.to_string() }).to_string()];
    lines.extend(rows.iter().rev().map(|row| String::from_utf8_lossy(&leaf(row)).into_owned()));
    Ok(lines.join("\n") + "\n")
}

async fn read_logs(cx: &Cx, scope: &IncidentScope, since: Time) -> Result<Vec<(String, String)>, ExportError> {
    let (db, team) = (&cx.portal.db.of(&scope.team()), scope.team());
    let of_team = |from| Which { team: Some(team.team()), from: Some(from), ..Which::default() };
    let mut files = Vec::new();
    match audit_search::nth_newest(db, team, since, false, EVENTS).await? {
        None => files.push(("log.jsonl".to_owned(), read_log(db, of_team(since)).await?)),
        Some(first) => {
            files.push(("log.jsonl".to_owned(), read_log(db, of_team(first)).await?));
            let from = audit_search::nth_newest(db, team, since, true, EVENTS).await?.unwrap_or(since);
            let actions = Action::ALL.iter().copied().filter(|action| !action.is_traffic());
            let filter = Filter { actions: actions.collect(), ..Filter::default() };
            let which = Which { filter: Some((filter, "all but credentials".to_owned())), ..of_team(from) };
            files.push(("log-without-credentials.jsonl".to_owned(), read_log(db, which).await?));
        }
    }
    if scope.incident().restricted {
        let filter = Filter { target: Some(scope.id().0), ..Filter::default() };
        let which = Which { filter: Some((filter, "of the incident".to_owned())), from: Some(since), ..Which::default() };
        // Events of a restricted incident are in no Team's log.
        files.push(("log-of-incident.jsonl".to_owned(), read_log(cx.portal.db.reader(), which).await?));
    }
    Ok(files)
}

/// At most twice as many events as are asked for: those of one moment stay together.
async fn read_log(db: &(impl ConnectionTrait + Clone), which: Which) -> Result<String, ExportError> {
    let mut export = Export::begin(db, which, None).await?;
    let mut lines = vec![serde_json::to_string(&export.header()).unwrap_or_default()];
    while lines.len() <= 2 * EVENTS {
        let page = export.page().await?;
        if page.is_empty() {
            break;
        }
        lines.extend(page.iter().map(|(_, proved)| serde_json::to_string(proved).unwrap_or_default()));
    }
    let events = (lines.len() - 1) as u64;
    lines.push(serde_json::to_string(&End { events }).unwrap_or_default());
    Ok(lines.join("\n") + "\n")
}
