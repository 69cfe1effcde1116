//! What somebody of the Team must see to, the gravest first.

use backend::store::{alert::Alert, connection::Connection, gateway::Gateway, gateway_key::GatewayKey, lwa_app::LwaApp};
use model::{Time, alert::Severity, connection::ConnectionState, lwa_app::Standing};

use super::{apps::standing, gateways::unused_days, secret_countdown};
use crate::api::teams::Attention;

pub(super) fn of(
    approvals: usize,
    asks_support: bool,
    alerts: &[Alert],
    apps: &[LwaApp],
    connections: &[Connection],
    gateways: &[Gateway],
    keys: &[GatewayKey],
    now: Time,
) -> Vec<Attention> {
    let apps = apps.iter().filter_map(|app| {
        let clock = secret_countdown(app, now).words();
        let (grave, what) = match standing(app, now) {
            Standing::Refused => (true, "Amazon refuses its client id and secret".to_owned()),
            Standing::ReportedExpired => (true, "SP-API refuses its client secret".to_owned()),
            Standing::SecretEnded => (true, format!("client secret, {clock}")),
            Standing::SecretEndsSoon => (false, format!("client secret, {clock}")),
            Standing::InOrder => return None,
        };
        Some(Attention { grave, name: app.name.to_string(), what, place: format!("apps/{}", app.id) })
    });
    let connections = connections.iter().filter_map(|connection| {
        let (grave, what) = match (connection.state, &connection.failure) {
            (ConnectionState::NeedsReauthorization, _) => (true, "the seller must authorize again"),
            (ConnectionState::Active, Some(_)) => (false, "its last refresh failed; Portal tries again"),
            (ConnectionState::Active, None) if connection.test_failure.is_some() => (false, "its last test failed"),
            _ => return None,
        };
        let place = format!("connections/{}", connection.id);
        Some(Attention { grave, name: connection.name.to_string(), what: what.to_owned(), place })
    });
    let keys = keys.iter().filter_map(|key| {
        let days = unused_days(key, now)?;
        let gateway = gateways.iter().find(|gateway| gateway.id == key.gateway)?;
        let what = format!("a key has been unused for {days} days");
        Some(Attention { grave: false, name: gateway.name.to_string(), what, place: format!("gateways/{}", gateway.id) })
    });
    let critical = alerts.iter().any(|alert| alert.severity == Severity::Critical);
    let waiting = (!alerts.is_empty()).then(|| {
        let what = if alerts.len() == 1 {
            "1 waits for somebody".to_owned()
        } else {
            format!("{} wait for somebody", alerts.len())
        };
        Attention { grave: critical, name: "Alerts".to_owned(), what, place: "alerts".to_owned() }
    });
    let asked = (approvals > 0).then(|| Attention {
        grave: false,
        name: "Approvals".to_owned(),
        what: "somebody asks for yours".to_owned(),
        place: "approvals".to_owned(),
    });
    let support = asks_support.then(|| Attention {
        grave: false,
        name: "Support".to_owned(),
        what: "asks to look into this Team".to_owned(),
        place: "support".to_owned(),
    });
    let mut all: Vec<_> =
        asked.into_iter().chain(support).chain(waiting).chain(apps).chain(connections).chain(keys).collect();
    all.sort_by_key(|one| !one.grave);
    all
}
