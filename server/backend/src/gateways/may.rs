//! What a gateway may do, from where, and with which connections. To widen it takes a fresh proof of the person.

use model::{
    Name,
    audit::Action,
    gateway::{KeyPhase, Networks, Scopes, key_phase},
    ids::{ConnectionId, GatewayId},
    step_up::DangerousAct,
};

use super::{GatewayError, allowed, get, keys, write};
use crate::{
    Cx, TeamScope,
    access::{self, AccessError},
    audit::{self, Event, Target},
    store::{self, gateway::Gateway, gateway_key::GatewayKey},
};

/// Changes name, scopes and networks. To widen what it may do takes a fresh proof.
#[tracing::instrument(skip_all, fields(team = %scope.team(), gateway = %id))]
pub async fn change(
    cx: &Cx,
    scope: &TeamScope,
    id: GatewayId,
    name: Name,
    scopes: Scopes,
    networks: Networks,
) -> Result<(), GatewayError> {
    if scopes.0.is_empty() {
        return Err(GatewayError::NoScope);
    }
    let gateway = get(cx, scope, id).await?;
    scope.touch(cx, gateway.environment).await?;
    if scopes.0.iter().any(|scope| !gateway.scopes.0.contains(scope)) || networks.is_wider_than(&gateway.networks) {
        access::require_step_up(cx, scope, DangerousAct::WidenGateway).await?;
    }
    write(cx, scope, Gateway { name, scopes, networks, ..gateway }, Action::GatewayChanged).await
}

/// Sets the list of connections that a gateway may use: exactly these from now on. Where it has a key that works, one more takes a
/// fresh proof; before that, making the key does.
#[tracing::instrument(skip_all, fields(team = %scope.team(), gateway = %id))]
pub async fn set_connections(
    cx: &Cx,
    scope: &TeamScope,
    id: GatewayId,
    wanted: &[ConnectionId],
) -> Result<(), GatewayError> {
    let gateway = get(cx, scope, id).await?;
    scope.touch(cx, gateway.environment).await?;
    let is_live = |key: &GatewayKey| key_phase(key.expires_at, key.revoked_at, cx.now()) == KeyPhase::Live;
    let widens = |known: &[ConnectionId], keys: &[GatewayKey]| {
        wanted.iter().any(|one| !known.contains(one)) && keys.iter().any(is_live)
    };
    let proved = widens(&allowed(cx, scope, id).await?, &keys(cx, scope, id).await?);
    if proved {
        access::require_step_up(cx, scope, DangerousAct::WidenGateway).await?;
    }
    let tx = cx.portal.db.begin_in(scope).await?;
    // Held, as whoever makes a key does: what was no widening a moment ago is none now.
    store::team::hold(&*tx, scope).await?;
    let allowed = store::gateway::connections(&*tx, scope, id).await?;
    if !proved && widens(&allowed, &store::gateway_key::all(&*tx, scope, Some(id)).await?) {
        return Err(GatewayError::Changed);
    }
    for connection in wanted {
        let found = store::connection::by_id(&*tx, scope, *connection).await?.ok_or(AccessError::NotFound)?;
        if found.environment != gateway.environment {
            return Err(GatewayError::OtherEnvironment);
        }
        if !allowed.contains(connection) {
            store::gateway::allow(&*tx, scope, &gateway, *connection).await?;
            let event =
                Event::of(scope, Action::GatewayChanged).on(Target::gateway(id, &gateway.name)).with("allowed", *connection);
            audit::append(&*tx, cx, event).await?;
        }
    }
    for connection in allowed.iter().filter(|c| !wanted.contains(c)) {
        store::gateway::disallow(&*tx, scope, id, *connection).await?;
        let event =
            Event::of(scope, Action::GatewayChanged).on(Target::gateway(id, &gateway.name)).with("disallowed", *connection);
        audit::append(&*tx, cx, event).await?;
    }
    tx.commit().await?;
    Ok(())
}
