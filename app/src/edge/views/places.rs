//! What of a Team the command palette finds.

use backend::{Cx, TeamScope, connections, gateways, incidents, lwa_apps, teams};

use crate::{Failure, api::places::Place, edge::fail};

pub(crate) async fn places(cx: &Cx, scope: &TeamScope) -> Result<Vec<Place>, Failure> {
    let home = format!("/teams/{}", scope.team());
    let place = |kind: &str, name: String, hint: String, path: String| Place {
        name,
        kind: kind.to_owned(),
        hint,
        path: format!("{home}/{path}"),
    };
    let mut all = Vec::new();
    for connection in connections::list(cx, scope).await.map_err(fail)? {
        let hint = format!("{} · {}", connection.marketplace.name(), connection.seller_id);
        all.push(place("Connection", connection.name.to_string(), hint, format!("connections/{}", connection.id)));
    }
    for gateway in gateways::list(cx, scope).await.map_err(fail)? {
        let hint = gateway.environment.as_str().to_owned();
        all.push(place("Gateway", gateway.name.to_string(), hint, format!("gateways/{}", gateway.id)));
    }
    for app in lwa_apps::list(cx, scope).await.map_err(fail)? {
        let hint = app.environment.as_str().to_owned();
        all.push(place("LWA app", app.name.to_string(), hint, format!("apps/{}", app.id)));
    }
    for member in teams::members(cx, scope).await.map_err(fail)? {
        all.push(place("Member", member.email.to_string(), member.role.title().to_owned(), "members".to_owned()));
    }
    for incident in incidents::list(cx, scope).await.map_err(fail)? {
        let hint = incident.progress.state.title().to_owned();
        all.push(place("Incident", incident.title, hint, format!("incidents/{}", incident.id)));
    }
    Ok(all)
}
