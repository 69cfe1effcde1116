//! From what verbs answer to what pages show. Nothing secret has a way through here: the types on the right hold none.

use std::collections::{BTreeMap, HashMap};

use backend::{
    Cx, TeamScope,
    access::AccessError,
    audit::LogPage,
    connections as connection_verbs, gateways as gateway_verbs,
    gateways::NewKey,
    lwa_apps as app_verbs,
    sessions::OpenSession,
    store::{
        audit_event::Filter, connection::Connection, gateway::Gateway, gateway_key::GatewayKey, invitation::Invitation,
        lease, lwa_app::LwaApp, member::Member,
    },
    teams,
};
use leptos::prelude::*;
use model::{
    Permission, Role, Time,
    amazon::{AuthorizationClock, SecretClock},
    audit::{Action, Outcome},
    gateway::{KeyPhase, key_phase},
    ids::{ConnectionId, EventId, GatewayId, LwaAppId, RequestId, UserId},
    lwa_app::OtherSecret,
    step_up,
};
use secrecy::ExposeSecret;
use uuid::Uuid;

use super::{Reveal, Theme, fail, moment};
use crate::{
    Failure,
    api::{
        Countdown, TeamItem, Viewer,
        account::SessionItem,
        apps::AppItem,
        connections::{ConnectionDetail, ConnectionItem, LeaseItem},
        gateways::{Choice, GatewayDetail, GatewayItem, KeyItem, ShownKey},
        log::{LogItem, LogItems, LogQuery},
        teams::{InvitationItem, MemberItem, Overview, People},
    },
};

/// Who looks at the page, with their Teams.
pub async fn viewer(cx: &Cx, theme: Theme) -> Result<Viewer, AccessError> {
    let person = backend::access::signed_in(cx)?;
    let teams = teams::mine(cx).await?;
    Ok(Viewer {
        email: person.email.to_string(),
        is_operator: person.is_operator,
        teams: teams
            .into_iter()
            .map(|m| TeamItem { id: m.team, name: m.name.to_string(), role: m.role, environments: m.environments })
            .collect(),
        theme: theme.as_str().to_owned(),
        simulated: cx.portal.amazon.is_simulated(),
        mailbox: cx.portal.mailer.is_folder(),
        stepped_up: step_up::covers(person.stepped_up_at, cx.now()),
    })
}

pub(crate) fn session_item(session: OpenSession, now: Time) -> SessionItem {
    SessionItem {
        id: session.id,
        current: session.current,
        device: session.device,
        address: session.address,
        signed_in: moment(session.signed_in_at, now),
        last_seen: moment(session.last_seen_at, now),
    }
}

pub(crate) fn invitation_item(invitation: Invitation, now: Time) -> InvitationItem {
    InvitationItem {
        id: invitation.id,
        team: invitation.team_name.to_string(),
        email: invitation.email.to_string(),
        role: invitation.role,
        invited_by: invitation.invited_by.to_string(),
        expired: invitation.expires_at <= now,
        expires: moment(invitation.expires_at, now),
    }
}

pub(crate) fn people(
    cx: &Cx,
    scope: &TeamScope,
    members: Vec<Member>,
    invitations: Vec<Invitation>,
) -> Result<People, Failure> {
    let me = backend::access::signed_in(cx).map_err(fail)?.user;
    let my_role = scope.role().unwrap_or(Role::Auditor);
    let now = cx.now();
    Ok(People {
        members: members
            .into_iter()
            .map(|member| MemberItem {
                is_me: member.user == me,
                may_change: my_role.may_give(member.role),
                user: member.user,
                email: member.email.to_string(),
                role: member.role,
                environments: member.environments,
                joined: moment(member.joined_at, now),
            })
            .collect(),
        invitations: invitations.into_iter().map(|invitation| invitation_item(invitation, now)).collect(),
        my_role,
    })
}

pub(crate) async fn overview(cx: &Cx, scope: &TeamScope) -> Result<Overview, Failure> {
    let live = |c: &Connection| c.disconnected_at.is_none();
    let keys = backend::store::gateway_key::all(cx.portal.db.reader(), scope, None).await.map_err(outage)?;
    let now = cx.now();
    Ok(Overview {
        name: scope.name().map(ToString::to_string).unwrap_or_default(),
        role: scope.role().unwrap_or(Role::Auditor),
        apps: app_verbs::list(cx, scope).await.map_err(fail)?.len(),
        connections: connection_verbs::list(cx, scope).await.map_err(fail)?.iter().filter(|c| live(c)).count(),
        gateways: gateway_verbs::list(cx, scope).await.map_err(fail)?.len(),
        keys: keys.iter().filter(|k| key_phase(k.expires_at, k.revoked_at, now) == KeyPhase::Live).count(),
        leases: gateway_verbs::leases(cx, scope, lease::Of::Team).await.map_err(fail)?.len(),
        issued: !backend::store::lease::newest_by_connection(cx.portal.db.reader(), scope).await.map_err(outage)?.is_empty(),
    })
}

fn outage(error: impl Into<backend::access::AccessError>) -> Failure {
    fail(error.into())
}

fn countdown(ends: Time, of_days: i64, now: Time) -> Countdown {
    Countdown { ends: moment(ends, now), days_left: (ends - now).num_days(), of_days }
}

fn secret_countdown(app: &LwaApp, now: Time) -> Countdown {
    countdown(SecretClock { made_at: app.secret_made_at }.expires_at(), 180, now)
}

pub(crate) async fn app_items(cx: &Cx, scope: &TeamScope, apps: Vec<LwaApp>) -> Result<Vec<AppItem>, Failure> {
    let connections = connection_verbs::list(cx, scope).await.map_err(fail)?;
    let served = |id: LwaAppId| connections.iter().filter(|c| c.lwa_app == id && c.disconnected_at.is_none()).count();
    Ok(apps.into_iter().map(|app| item_of_app(served(app.id), app, cx.now())).collect())
}

pub(crate) async fn app_item(cx: &Cx, scope: &TeamScope, app: LwaApp) -> Result<AppItem, Failure> {
    let mut items = app_items(cx, scope, vec![app]).await?;
    items.pop().ok_or_else(|| fail(backend::access::AccessError::NotFound))
}

fn item_of_app(connections: usize, app: LwaApp, now: Time) -> AppItem {
    AppItem {
        secret: secret_countdown(&app, now),
        id: app.id,
        name: app.name.to_string(),
        environment: app.environment,
        client_id: app.client_id,
        application_id: app.application_id,
        is_draft: app.is_draft,
        other_at: match app.other {
            OtherSecret::Empty => None,
            OtherSecret::Next { made_at } => Some(moment(made_at, now)),
            OtherSecret::Old { until } => Some(moment(until, now)),
        },
        other: app.other,
        rejected: app.rejected.map(|(_, code)| code),
        created: moment(app.created_at, now),
        connections,
    }
}

pub(crate) async fn connection_items(
    cx: &Cx,
    scope: &TeamScope,
    all: Vec<Connection>,
) -> Result<Vec<ConnectionItem>, Failure> {
    let apps = app_verbs::list(cx, scope).await.map_err(fail)?;
    let issued: HashMap<ConnectionId, Time> = backend::store::lease::newest_by_connection(cx.portal.db.reader(), scope)
        .await
        .map_err(outage)?
        .into_iter()
        .collect();
    let now = cx.now();
    Ok(all
        .iter()
        .map(|connection| {
            let app = apps.iter().find(|app| app.id == connection.lwa_app);
            item_of_connection(connection, app, issued.get(&connection.id).copied(), now)
        })
        .collect())
}

fn item_of_connection(connection: &Connection, app: Option<&LwaApp>, issued: Option<Time>, now: Time) -> ConnectionItem {
    let marketplace = connection.marketplace;
    ConnectionItem {
        id: connection.id,
        name: connection.name.to_string(),
        environment: connection.environment,
        seller_id: connection.seller_id.to_string(),
        seller_id_source: connection.seller_id_source,
        marketplace: marketplace.code().to_owned(),
        marketplace_name: marketplace.name().to_owned(),
        marketplace_id: marketplace.marketplace_id().to_owned(),
        region: marketplace.region().as_str().to_owned(),
        endpoint: marketplace.endpoint(connection.environment).to_owned(),
        state: connection.state,
        app: connection.lwa_app,
        app_name: app.map(|app| app.name.to_string()).unwrap_or_default(),
        app_rejected: app.and_then(|app| app.rejected.as_ref()).map(|(_, code)| code.clone()),
        failure: connection.failure.as_ref().map(|f| (f.code.clone(), moment(f.at, now))),
        proved: moment(connection.proved_at, now),
        last_issue: issued.map(|at| moment(at, now)),
    }
}

async fn lease_items(cx: &Cx, scope: &TeamScope, of: lease::Of) -> Result<Vec<LeaseItem>, Failure> {
    let leases = gateway_verbs::leases(cx, scope, of).await.map_err(fail)?;
    let gateways = gateway_verbs::list(cx, scope).await.map_err(fail)?;
    let connections = connection_verbs::list(cx, scope).await.map_err(fail)?;
    let now = cx.now();
    Ok(leases
        .into_iter()
        .map(|lease| LeaseItem {
            id: lease.id.to_string(),
            gateway: gateways.iter().find(|g| g.id == lease.gateway).map(|g| g.name.to_string()).unwrap_or_default(),
            connection: connections
                .iter()
                .find(|c| c.id == lease.connection)
                .map(|c| c.name.to_string())
                .unwrap_or_default(),
            generation: lease.generation,
            issued: moment(lease.issued_at, now),
            expires: moment(lease.expires_at, now),
        })
        .collect())
}

pub(crate) async fn connection_detail(
    cx: &Cx,
    scope: &TeamScope,
    connection: Connection,
) -> Result<ConnectionDetail, Failure> {
    let now = cx.now();
    let app = app_verbs::get(cx, scope, connection.lwa_app).await.map_err(fail)?;
    let gateways = gateway_verbs::list(cx, scope).await.map_err(fail)?;
    let allowed = gateway_verbs::of_connection(cx, scope, connection.id).await.map_err(fail)?;
    let leases = lease_items(cx, scope, lease::Of::Connection(connection.id)).await?;
    let issued = backend::store::lease::newest_by_connection(cx.portal.db.reader(), scope).await.map_err(outage)?;
    let issued = issued.into_iter().find(|(id, _)| *id == connection.id).map(|(_, at)| at);
    let authorized = AuthorizationClock { authorized_at: connection.authorized_at };
    Ok(ConnectionDetail {
        item: item_of_connection(&connection, Some(&app), issued, now),
        created: moment(connection.created_at, now),
        created_by: name_of(cx, connection.created_by).await?,
        secret: secret_countdown(&app, now),
        authorization: countdown(authorized.expires_at(), 365, now),
        marketplaces: connection.marketplace_ids.clone(),
        generation: connection.access.as_ref().map(|a| a.cached.generation),
        token_expires: connection.access.as_ref().map(|a| moment(a.cached.expires_at, now)),
        gateways: gateways.into_iter().filter(|g| allowed.contains(&g.id)).map(|g| (g.id, g.name.to_string())).collect(),
        leases,
        origin: cx.portal.settings.public_url.clone(),
    })
}

async fn name_of(cx: &Cx, user: UserId) -> Result<String, Failure> {
    let user = backend::store::user::by_id(cx.portal.db.reader(), user).await.map_err(outage)?;
    Ok(user.map(|user| user.email.to_string()).unwrap_or_default())
}

pub(crate) async fn gateway_items(cx: &Cx, scope: &TeamScope, all: Vec<Gateway>) -> Result<Vec<GatewayItem>, Failure> {
    let keys = backend::store::gateway_key::all(cx.portal.db.reader(), scope, None).await.map_err(outage)?;
    let mut items = Vec::with_capacity(all.len());
    for gateway in all {
        let allowed = gateway_verbs::allowed(cx, scope, gateway.id).await.map_err(fail)?.len();
        items.push(item_of_gateway(&gateway, allowed, &keys, cx.now()));
    }
    Ok(items)
}

fn item_of_gateway(gateway: &Gateway, connections: usize, keys: &[GatewayKey], now: Time) -> GatewayItem {
    let mine = || keys.iter().filter(|k| k.gateway == gateway.id);
    GatewayItem {
        id: gateway.id,
        name: gateway.name.to_string(),
        environment: gateway.environment,
        disabled: gateway.disabled_at.is_some(),
        connections,
        live_keys: mine().filter(|k| key_phase(k.expires_at, k.revoked_at, now) == KeyPhase::Live).count(),
        last_used: mine().filter_map(|k| k.last_used_at).max().map(|at| moment(at, now)),
    }
}

pub(crate) async fn gateway_detail(cx: &Cx, scope: &TeamScope, gateway: Gateway) -> Result<GatewayDetail, Failure> {
    let now = cx.now();
    let keys = gateway_verbs::keys(cx, scope, gateway.id).await.map_err(fail)?;
    let allowed = gateway_verbs::allowed(cx, scope, gateway.id).await.map_err(fail)?;
    let connections = connection_verbs::list(cx, scope).await.map_err(fail)?;
    let fits = |c: &&Connection| c.environment == gateway.environment && c.disconnected_at.is_none();
    Ok(GatewayDetail {
        item: item_of_gateway(&gateway, allowed.len(), &keys, now),
        scopes: gateway.scopes.0.clone(),
        networks: gateway.networks.to_text(),
        created: moment(gateway.created_at, now),
        choices: connections
            .iter()
            .filter(fits)
            .map(|c| Choice {
                id: c.id,
                name: c.name.to_string(),
                hint: format!("{} · {}", c.marketplace.name(), c.seller_id),
                allowed: allowed.contains(&c.id),
            })
            .collect(),
        keys: keys.into_iter().map(|key| key_item(key, now)).collect(),
        leases: lease_items(cx, scope, lease::Of::Gateway(gateway.id)).await?,
        origin: cx.portal.settings.public_url.clone(),
    })
}

fn key_item(key: GatewayKey, now: Time) -> KeyItem {
    KeyItem {
        id: key.id,
        phase: key_phase(key.expires_at, key.revoked_at, now),
        created: moment(key.created_at, now),
        expires: moment(key.expires_at, now),
        last_used: key.last_used_at.map(|at| moment(at, now)),
        last_used_address: key.last_used_address,
        last_used_agent: key.last_used_agent,
    }
}

/// The one place where a gateway key is shown. A plain form post gets it through [`Reveal`].
#[expect(clippy::disallowed_methods, reason = "a new key is shown once, to the person who made it")]
pub(crate) async fn show_key(cx: &Cx, scope: &TeamScope, new: NewKey) -> Result<ShownKey, Failure> {
    let allowed = gateway_verbs::allowed(cx, scope, new.key.gateway).await.map_err(fail)?;
    let shown =
        ShownKey { key: new.key.id, secret: new.secret.expose_secret().to_owned(), connection: allowed.first().copied() };
    if let Some(reveal) = use_context::<Reveal>() {
        reveal.put(shown.clone());
    }
    Ok(shown)
}

pub(crate) fn log_filter(query: &LogQuery) -> Result<Filter, Failure> {
    use super::form::one;
    let uuid = |field, text: &str| match text.trim() {
        "" => Ok(None),
        text => one(field, Uuid::try_parse(text).map(Some).map_err(|_| "This is not an id of the log.")),
    };
    let time = |field, text: &str| match text.trim() {
        "" => Ok(None),
        text => {
            let parsed = chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M").map(|at| Some(at.and_utc()));
            one(field, parsed.map_err(|_| "Enter a day and a time."))
        }
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
    Ok(Filter {
        actions: actions.collect(),
        actor: uuid("actor", &query.actor)?,
        target: uuid("target", &query.target)?,
        outcome: Outcome::parse(&query.outcome),
        from: time("from", &query.from)?,
        until: time("until", &query.until)?,
        before: before.map(|(at, id)| (at, EventId(id))),
    })
}

pub(crate) async fn log_items(cx: &Cx, scope: &TeamScope, page: LogPage) -> Result<LogItems, Failure> {
    let now = cx.now();
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
    let items = page.rows.into_iter().map(|row| {
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
            actor: row.actor_name,
            sentence: row.action.sentence().to_owned(),
            target: row.target_name,
            outcome: row.outcome,
            reason: row.reason,
            raw: serde_json::to_string_pretty(&raw).unwrap_or_default(),
        }
    });
    Ok(LogItems {
        items: items.collect(),
        older,
        actors: actors.into_iter().collect(),
        targets: targets.into_iter().collect(),
    })
}
