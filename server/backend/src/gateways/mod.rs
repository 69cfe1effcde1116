//! Gateways and their keys, as people manage them. What a key may fetch is in `credentials`.

mod error;
mod idle;
mod keys;
mod may;

use model::{
    Environment, Name, Permission,
    access_review::Subject,
    audit::Action,
    gateway::{Networks, Scopes},
    ids::{ConnectionId, GatewayId},
};

pub use error::GatewayError;
pub use idle::{Idle, idle, stop_idle};
pub use keys::{NewKey, create_key, keys, make_canary_key, revoke_key};
pub use may::{change, set_connections};

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
