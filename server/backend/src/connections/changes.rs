//! What people do to a connection after it is made.

use model::{
    Time,
    audit::Action,
    connection::{ConnectionAct, ConnectionState, SellerIdSource},
    credential::Cached,
    ids::{ConnectionId, EventId},
    step_up::DangerousAct,
};
use secrecy::SecretString;

use super::{
    ConnectionError, get, locks, place, prove,
    prove::{For, Proof},
    refused, siblings,
};
use crate::{
    Cx, TeamScope, access,
    access::AccessError,
    audit::{self, Event, Target},
    incidents, lwa_apps, store,
    store::{
        Tx,
        connection::{Access, Connection, Grant},
        lwa_app::LwaApp,
    },
};

/// Stops issuing; the credentials are kept, sealed.
#[tracing::instrument(skip_all, fields(team = %scope.team(), connection = %id))]
pub async fn disable(cx: &Cx, scope: &TeamScope, id: ConnectionId) -> Result<(), ConnectionError> {
    set(cx, scope, id, ConnectionAct::Disable, Action::ConnectionDisabled).await
}

/// Lets it issue again.
#[tracing::instrument(skip_all, fields(team = %scope.team(), connection = %id))]
pub async fn enable(cx: &Cx, scope: &TeamScope, id: ConnectionId) -> Result<(), ConnectionError> {
    set(cx, scope, id, ConnectionAct::Enable, Action::ConnectionEnabled).await
}

/// Makes a canary of it, or none any more. Nothing may use a canary: a call for it is refused, and found out.
#[tracing::instrument(skip_all, fields(team = %scope.team(), connection = %id))]
pub async fn set_canary(cx: &Cx, scope: &TeamScope, id: ConnectionId, canary: bool) -> Result<(), ConnectionError> {
    // Taking one away is what a thief would do first.
    if !canary {
        access::require_step_up(cx, scope, DangerousAct::ChangeWatch).await?;
    }
    let connection = get(cx, scope, id).await?;
    scope.touch(cx, connection.environment).await?;
    let tx = cx.portal.db.begin_in(scope).await?;
    if !store::connection::set_canary(&*tx, scope, id, canary).await? {
        return Err(ConnectionError::Changed);
    }
    let action = if canary { Action::CanaryPlanted } else { Action::CanaryLifted };
    audit::append(&*tx, cx, Event::of(scope, action).on(Target::connection(id, &connection.name))).await?;
    tx.commit().await?;
    Ok(())
}

async fn set(
    cx: &Cx,
    scope: &TeamScope,
    id: ConnectionId,
    act: ConnectionAct,
    action: Action,
) -> Result<(), ConnectionError> {
    let connection = get(cx, scope, id).await?;
    scope.touch(cx, connection.environment).await?;
    let state = connection.state.after(act)?;
    let tx = cx.portal.db.begin_in(scope).await?;
    if !store::connection::set_state(&*tx, scope, &connection, state).await? {
        return Err(ConnectionError::Changed);
    }
    audit::append(&*tx, cx, Event::of(scope, action).on(Target::connection(id, &connection.name))).await?;
    tx.commit().await?;
    Ok(())
}

/// Puts a new refresh token in place of the old one, after proving it.
#[tracing::instrument(skip_all, fields(team = %scope.team(), connection = %id))]
pub async fn replace_refresh_token(
    cx: &Cx,
    scope: &TeamScope,
    id: ConnectionId,
    refresh_token: SecretString,
) -> Result<(), ConnectionError> {
    // Gateways would go on, with another account under this name.
    access::require_step_up(cx, scope, DangerousAct::ReplaceRefreshToken).await?;
    let connection = get(cx, scope, id).await?;
    scope.touch(cx, connection.environment).await?;
    let state = connection.state.after(ConnectionAct::ReplaceRefreshToken)?;
    let app = store::lwa_app::by_id(&cx.portal.db.of(scope), scope, connection.lwa_app)
        .await?
        .ok_or(ConnectionError::NoSuchApp)?;
    let proof = match prove(cx, scope, &app, For::connection(&connection), refresh_token).await? {
        Ok(proof) => proof,
        Err(failure) => {
            return Err(ConnectionError::NotProved(refused(cx, scope, ("name", &connection.name), failure).await?));
        }
    };
    let tx = cx.portal.begin_to_seal(Some(scope.team())).await?;
    // A profile is Amazon's own word for whose the grant is; a pasted grant of a seller is that person's.
    let source = if connection.profile.is_some() { SellerIdSource::Amazon } else { SellerIdSource::Declared };
    let pasted = (&connection.seller_id, source);
    let mac = cx.portal.vault.grant_mac(scope.team(), &proof.refresh_token);
    locks::not_round(cx, &tx, scope, connection.environment, pasted, &mac, Some(id)).await?;
    replace(cx, &tx, scope, &app, &connection, state, proof, connection.seller_id_source).await?;
    tx.commit().await?;
    Ok(())
}

/// Seals a proved grant into an existing connection; its generation goes on.
pub(super) async fn replace(
    cx: &Cx,
    tx: &Tx,
    scope: &TeamScope,
    app: &LwaApp,
    connection: &Connection,
    state: ConnectionState,
    proof: Proof,
    seller_id_source: SellerIdSource,
) -> Result<(), ConnectionError> {
    let now = cx.now();
    let vault = &cx.portal.vault;
    let id = connection.id;
    let generation = connection.access.as_ref().map_or(0, |a| a.cached.generation) + 1;
    let mac = vault.grant_mac(scope.team(), &proof.refresh_token);
    // A grant of the Advertising API that is entered once more does not begin anew.
    let same = connection.profile.is_some() && connection.grant_mac.as_deref() == Some(&mac);
    let grant = Grant {
        mac,
        authorized_at: if same { connection.authorized_at } else { now },
        refresh_token: vault.seal(&**tx, now, &place(scope, id, "refresh_token"), &proof.refresh_token).await?,
        access: Access {
            token: vault.seal(&**tx, now, &place(scope, id, "access_token"), &proof.access_token).await?,
            cached: Cached { generation, ..proof.cached },
            life_assumed: proof.life_assumed,
        },
        marketplace_ids: proof.marketplace_ids,
        seller_id_source,
        at: now,
    };
    if !store::connection::replace_grant(&**tx, scope, connection, state, grant).await? {
        return Err(ConnectionError::Changed);
    }
    let target = Target::connection(id, &connection.name);
    audit::append(&**tx, cx, Event::of(scope, Action::RefreshTokenReplaced).on(target)).await?;
    if app.rejected.is_some() {
        lwa_apps::recovered(tx, cx, scope, app).await.map_err(AccessError::from)?;
    }
    Ok(())
}

/// What remains of a disconnected account: the proof that its secrets are gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    pub connection: ConnectionId,
    pub at: Time,
    /// The audit event that records it.
    pub event: EventId,
    /// Other profiles whose connections hold the same grant: for the Advertising API it is gone only with the last of them.
    pub also: usize,
}

/// Disconnects for good: refused to gateways at once, secrets shredded. `typed` is the name, typed by the person.
#[tracing::instrument(skip_all, fields(team = %scope.team(), connection = %id))]
pub async fn disconnect(cx: &Cx, scope: &TeamScope, id: ConnectionId, typed: &str) -> Result<Receipt, ConnectionError> {
    access::require_step_up(cx, scope, DangerousAct::Disconnect).await?;
    let connection = get(cx, scope, id).await?;
    scope.touch(cx, connection.environment).await?;
    connection.state.after(ConnectionAct::Disconnect)?;
    if typed.trim() != connection.name.as_str() {
        return Err(ConnectionError::NameDiffers);
    }
    incidents::preserve(cx, scope).await?;
    let now = cx.now();
    let tx = cx.portal.db.begin_in(scope).await?;
    let also = siblings::of(&tx, scope, &connection).await?.len();
    if !store::connection::shred(&*tx, scope, &connection, now).await? {
        return Err(ConnectionError::Changed);
    }
    store::gateway::disallow_everywhere(&*tx, scope, id).await?;
    store::notification_key::revoke_all(&*tx, scope, id, now).await?;
    // Nothing of the grant is left to be chosen from.
    store::profile_choice::delete_of_grant(&*tx, scope, connection.grant_mac.as_deref().unwrap_or_default()).await?;
    let mut event = Event::of(scope, Action::ConnectionDisconnected).on(Target::connection(id, &connection.name));
    if also > 0 {
        event = event.with("grant_also_of", i64::try_from(also).unwrap_or(i64::MAX));
    }
    let row = event.into_row(cx);
    let receipt = Receipt { connection: id, at: now, event: row.id, also };
    store::audit_event::insert(&*tx, row).await?;
    tx.commit().await.map_err(AccessError::from)?;
    Ok(receipt)
}
