//! From what verbs answer to what pages show. Nothing secret has a way through here: the types on the right hold none.

mod access_reviews;
mod alerts;
mod approvals;
mod apps;
mod attention;
mod connections;
mod evidence;
mod gateways;
mod impersonations;
mod incidents;
mod lessons;
mod log;
mod measures;
mod metrics;
mod notices;
mod notifications;
mod passkeys;
mod people;
mod places;
mod profiles;
mod promises;
mod reach;
mod readiness;
mod retention;
mod reviews;
mod tasks;
mod webhooks;

use backend::{
    Cx, TeamScope,
    access::AccessError,
    connections as connection_verbs, gateways as gateway_verbs, lwa_apps as app_verbs,
    store::{alert::Alert, connection::Connection, lease, lwa_app::LwaApp},
    teams,
};
use model::{
    Environments, Permission, Role, Time,
    amazon::{ClockLevel, SecretClock, days_left},
    gateway::{KeyPhase, key_phase},
    ids::UserId,
    impersonation::ImpersonationState,
};

use crate::{
    Failure,
    api::{Countdown, SupportItem, TeamItem, Viewer, connections::LeaseItem, teams::Overview},
    edge::{Theme, fail, moment},
};

pub use access_reviews::subject_id;
pub(crate) use access_reviews::{access_review_detail, access_review_item};
pub(crate) use alerts::{alert_items, alert_rules, installation};
pub(crate) use approvals::approval_items;
pub(crate) use apps::{app_item, app_items};
pub(crate) use connections::{connection_detail, connection_items};
pub(crate) use evidence::evidence_locker;
pub(crate) use gateways::{gateway_detail, gateway_items, idle_item, show_key};
pub(crate) use impersonations::{impersonation_items, own_impersonation_items, show_code, team_named};
pub(crate) use incidents::{incident_detail, incident_items, timeline};
pub(crate) use lessons::incident_lessons;
pub use log::log_filter;
pub(crate) use log::{log_event, log_items, log_rows};
pub(crate) use measures::holders;
pub(crate) use metrics::metrics_detail;
pub(crate) use notices::incident_notices;
pub(crate) use notifications::{inbox_detail, show_notification_key};
pub(crate) use passkeys::factors_of;
pub(crate) use people::{invitation_item, people, session_item};
pub(crate) use places::places;
pub(crate) use profiles::profile_choice_detail;
pub(crate) use promises::promises_detail;
pub(crate) use reach::reach_detail;
pub(crate) use readiness::readiness_detail;
pub(crate) use retention::retention_detail;
pub(crate) use reviews::{review_detail, review_items};
pub(crate) use tasks::{incident_tasks, playbook_detail};
pub(crate) use webhooks::webhook_detail;

/// Who looks at the page, with their Teams.
pub async fn viewer(cx: &Cx, theme: Theme) -> Result<Viewer, AccessError> {
    let person = backend::access::signed_in(cx)?;
    let (teams, live, now) = (teams::mine(cx).await?, backend::impersonations::under_way(cx).await?, cx.now());
    let looked_into = |team| live.iter().find(|one| one.0 == team).map(|(_, by, until)| (by.clone(), moment(*until, now)));
    let mut teams: Vec<_> = teams
        .into_iter()
        .map(|m| TeamItem {
            id: m.team,
            name: m.name.to_string(),
            role: m.role,
            environments: m.environments,
            passkeys_required: m.passkeys_required,
            by_passkey: m.by_passkey(),
            looked_into: looked_into(m.team),
        })
        .collect();
    // An operator who looks into a Team finds their way in it as an auditor does.
    teams.extend(person.support.as_ref().map(|support| TeamItem {
        id: support.team,
        name: support.name.to_string(),
        role: Role::Auditor,
        environments: Environments { production: false, sandbox: false },
        passkeys_required: false,
        by_passkey: false,
        looked_into: None,
    }));
    Ok(Viewer {
        email: person.email.to_string(),
        is_operator: person.is_operator,
        support: person.support.as_ref().map(|support| SupportItem {
            id: support.id,
            team: support.team,
            name: support.name.to_string(),
            owner: support.owner_name.clone(),
            until: moment(support.until, now),
        }),
        teams,
        theme: theme.as_str().to_owned(),
        simulated: cx.portal.amazon.is_simulated(),
        mailbox: cx.portal.mailer.is_folder(),
        stepped_up: person.proofs.left(cx.now()).map(|left| left.num_seconds()),
        stepped_up_by_passkey: person.proofs.left_by_passkey(cx.now()).map(|left| left.num_seconds()),
        has_passkey: !backend::passkeys::list(cx).await?.is_empty(),
    })
}

pub(crate) async fn overview(cx: &Cx, scope: &TeamScope) -> Result<Overview, Failure> {
    let live = |c: &Connection| c.disconnected_at.is_none();
    let keys = backend::store::gateway_key::all(&cx.portal.db.of(scope), scope, None).await.map_err(outage)?;
    let now = cx.now();
    let apps = app_verbs::list(cx, scope).await.map_err(fail)?;
    let connections = connection_verbs::list(cx, scope).await.map_err(fail)?;
    let gateways = gateway_verbs::list(cx, scope).await.map_err(fail)?;
    Ok(Overview {
        attention: attention::of(
            waiting_approvals(cx, scope).await?,
            asks_support(cx, scope).await?,
            &open_alerts(cx, scope).await?,
            &apps,
            &connections,
            &gateways,
            &keys,
            now,
        ),
        name: scope.name().map(ToString::to_string).unwrap_or_default(),
        role: scope.role().unwrap_or(Role::Auditor),
        apps: apps.len(),
        connections: connections.iter().filter(|c| live(c)).count(),
        gateways: gateways.len(),
        keys: keys.iter().filter(|k| key_phase(k.expires_at, k.revoked_at, now) == KeyPhase::Live).count(),
        leases: gateway_verbs::leases(cx, scope, lease::Of::Team).await.map_err(fail)?.len(),
        issued: !backend::store::lease::newest_by_connection(&cx.portal.db.of(scope), scope)
            .await
            .map_err(outage)?
            .is_empty(),
    })
}

/// Those that the viewer may answer.
async fn waiting_approvals(cx: &Cx, scope: &TeamScope) -> Result<usize, Failure> {
    Ok(approval_items(cx, scope).await?.iter().filter(|item| item.may_approve).count())
}

/// Whether an operator waits for an owner, for owners.
async fn asks_support(cx: &Cx, scope: &TeamScope) -> Result<bool, Failure> {
    let owns = scope.role().is_some_and(|role| role.may(Permission::ManageTeam));
    let items = if owns { impersonation_items(cx, scope).await? } else { Vec::new() };
    Ok(items.iter().any(|item| item.state == ImpersonationState::Asked))
}

/// For those who may see them.
async fn open_alerts(cx: &Cx, scope: &TeamScope) -> Result<Vec<Alert>, Failure> {
    if !scope.role().is_some_and(|role| role.may(Permission::ViewLog)) {
        return Ok(Vec::new());
    }
    Ok(backend::alerts::list(cx, scope).await.map_err(fail)?.open)
}

fn outage(error: impl Into<backend::access::AccessError>) -> Failure {
    fail(error.into())
}

fn countdown(ends: Time, of_days: i64, now: Time) -> Countdown {
    Countdown { ends: moment(ends, now), days_left: days_left(ends, now), of_days, level: ClockLevel::of(ends, now) }
}

fn secret_countdown(app: &LwaApp, now: Time) -> Countdown {
    countdown(SecretClock { made_at: app.secret_made_at }.expires_at(), 180, now)
}

pub(super) async fn lease_items(cx: &Cx, scope: &TeamScope, of: lease::Of) -> Result<Vec<LeaseItem>, Failure> {
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

async fn name_of(cx: &Cx, user: UserId) -> Result<String, Failure> {
    let user = backend::store::user::by_id(cx.portal.db.reader(), user).await.map_err(outage)?;
    Ok(user.map(|user| user.email.to_string()).unwrap_or_default())
}
