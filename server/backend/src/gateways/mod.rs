//! Gateways and their keys, as people manage them. What a key may fetch is in `credentials`.

mod error;
mod idle;
mod keys;

use model::{
    Environment, Name, Permission,
    access_review::Subject,
    audit::Action,
    gateway::{Networks, Scopes},
    ids::{ConnectionId, GatewayId},
    step_up::DangerousAct,
};

pub use error::GatewayError;
pub use idle::{Idle, idle, stop_idle};
pub use keys::{NewKey, create_key, keys, make_canary_key, revoke_key};

use crate::{
    Cx, TeamScope,
    access::{self, AccessError},
    audit::{self, Event, Target},
    random,
    store::{
        self,
        gateway::Gateway,
        lease::{self, Lease},
    },
};

/// The gateways of the Team, by name.
pub async fn list(cx: &Cx, scope: &TeamScope) -> Result<Vec<Gateway>, AccessError> {
    Ok(store::gateway::all(&cx.portal.db.of(scope), scope).await?)
}

/// One gateway of the Team.
pub async fn get(cx: &Cx, scope: &TeamScope, id: GatewayId) -> Result<Gateway, AccessError> {
    store::gateway::by_id(&cx.portal.db.of(scope), scope, id).await?.ok_or(AccessError::NotFound)
}

/// The connections that a gateway may use.
pub async fn allowed(cx: &Cx, scope: &TeamScope, id: GatewayId) -> Result<Vec<ConnectionId>, AccessError> {
    Ok(store::gateway::connections(&cx.portal.db.of(scope), scope, id).await?)
}

/// The gateways that may use a connection.
pub async fn of_connection(cx: &Cx, scope: &TeamScope, id: ConnectionId) -> Result<Vec<GatewayId>, AccessError> {
    Ok(store::gateway::of_connection(&cx.portal.db.of(scope), scope, id).await?)
}

/// Who holds a token, and until when.
pub async fn leases(cx: &Cx, scope: &TeamScope, of: lease::Of) -> Result<Vec<Lease>, AccessError> {
    Ok(lease::live(&cx.portal.db.of(scope), scope, of, cx.now()).await?)
}

/// Creates a gateway; it may use nothing until connections are allowed to it and a key is made.
#[tracing::instrument(skip_all, fields(team = %scope.team()))]
pub async fn create(
    cx: &Cx,
    scope: &TeamScope,
    name: Name,
    environment: Environment,
    scopes: Scopes,
    networks: Networks,
) -> Result<GatewayId, GatewayError> {
    let person = access::signed_in(cx)?;
    scope.touch(cx, environment).await?;
    if scopes.0.is_empty() {
        return Err(GatewayError::NoScope);
    }
    let now = cx.now();
    let id: GatewayId = random::id(now);
    let event = Event::of(scope, Action::GatewayCreated).on(Target::gateway(id, &name)).with("environment", environment);
    let gateway = Gateway {
        id,
        environment,
        name,
        scopes,
        networks,
        created_by: person.user,
        created_at: now,
        disabled_at: None,
        version: 1,
    };
    let tx = cx.portal.db.begin_in(scope).await?;
    store::team::hold(&*tx, scope).await?;
    store::gateway::insert(&*tx, scope, gateway).await?;
    audit::append(&*tx, cx, event).await?;
    tx.commit().await?;
    Ok(id)
}

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

/// Stops all its keys at once, without revoking them.
#[tracing::instrument(skip_all, fields(team = %scope.team(), gateway = %id))]
pub async fn disable(cx: &Cx, scope: &TeamScope, id: GatewayId) -> Result<(), GatewayError> {
    let gateway = get(cx, scope, id).await?;
    scope.touch(cx, gateway.environment).await?;
    write(cx, scope, Gateway { disabled_at: Some(cx.now()), ..gateway }, Action::GatewayDisabled).await
}

/// Lets its keys work again.
#[tracing::instrument(skip_all, fields(team = %scope.team(), gateway = %id))]
pub async fn enable(cx: &Cx, scope: &TeamScope, id: GatewayId) -> Result<(), GatewayError> {
    let gateway = get(cx, scope, id).await?;
    scope.touch(cx, gateway.environment).await?;
    // What an access review took away comes back by those who decide there.
    let decides = scope.role().is_some_and(|role| role.may(Permission::ManageMembers));
    if !decides && store::access_review::is_removed(&cx.portal.db.of(scope), scope, Subject::Gateway, id.0).await? {
        let refused = Event::of(scope, Action::AccessRefused).on(Target::gateway(id, &gateway.name));
        audit::append_alone(cx, refused.refused("removed-at-review")).await?;
        return Err(AccessError::NotPermitted(Permission::ManageMembers).into());
    }
    write(cx, scope, Gateway { disabled_at: None, ..gateway }, Action::GatewayEnabled).await
}

async fn write(cx: &Cx, scope: &TeamScope, gateway: Gateway, action: Action) -> Result<(), GatewayError> {
    let tx = cx.portal.db.begin_in(scope).await?;
    if !store::gateway::write(&*tx, scope, &gateway).await? {
        return Err(GatewayError::Changed);
    }
    audit::append(&*tx, cx, Event::of(scope, action).on(Target::gateway(gateway.id, &gateway.name))).await?;
    tx.commit().await?;
    Ok(())
}

/// Sets the list of connections that a gateway may use: exactly these from now on.
#[tracing::instrument(skip_all, fields(team = %scope.team(), gateway = %id))]
pub async fn set_connections(
    cx: &Cx,
    scope: &TeamScope,
    id: GatewayId,
    wanted: &[ConnectionId],
) -> Result<(), GatewayError> {
    let gateway = get(cx, scope, id).await?;
    scope.touch(cx, gateway.environment).await?;
    let tx = cx.portal.db.begin_in(scope).await?;
    let allowed = store::gateway::connections(&*tx, scope, id).await?;
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
