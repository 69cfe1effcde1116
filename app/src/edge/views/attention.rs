//! What somebody of the Team must see to, the gravest first.

use backend::store::{connection::Connection, lwa_app::LwaApp};
use model::{Time, connection::ConnectionState, lwa_app::CLIENT_SECRET_EXPIRED};

use super::secret_countdown;
use crate::api::teams::Attention;

pub(super) fn of(apps: &[LwaApp], connections: &[Connection], now: Time) -> Vec<Attention> {
    let apps = apps.iter().filter_map(|app| {
        let countdown = secret_countdown(app, now);
        let (grave, what) = match (&app.rejected, countdown.level()) {
            (Some((_, code)), _) if code == CLIENT_SECRET_EXPIRED => (true, "SP-API refuses its client secret".to_owned()),
            (Some(_), _) => (true, "Amazon refuses its client id and secret".to_owned()),
            (None, "late") => (true, format!("its client secret ended {}", countdown.ends.words)),
            (None, "soon") => (false, format!("its client secret ends {}", countdown.ends.words)),
            (None, _) => return None,
        };
        Some(Attention { grave, name: app.name.to_string(), what, place: format!("apps/{}", app.id) })
    });
    let connections = connections.iter().filter_map(|connection| {
        let (grave, what) = match (connection.state, &connection.failure) {
            (ConnectionState::NeedsReauthorization, _) => (true, "the seller must authorize again"),
            (ConnectionState::Active, Some(_)) => (false, "its last refresh failed; Portal tries again"),
            _ => return None,
        };
        let place = format!("connections/{}", connection.id);
        Some(Attention { grave, name: connection.name.to_string(), what: what.to_owned(), place })
    });
    let mut all: Vec<_> = apps.chain(connections).collect();
    all.sort_by_key(|one| !one.grave);
    all
}
