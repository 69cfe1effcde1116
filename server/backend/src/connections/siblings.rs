//! Profiles of one grant: what happens to the grant happens to all of them.

use model::{Time, audit::Action, connection::ConnectionAct, ids::ConnectionId};
use secrecy::SecretString;

use super::{place, profiles};
use crate::{
    Cx, TeamScope,
    audit::{self, Event, Target},
    error::Outage,
    store::{self, Tx, connection::Connection, profile_choice},
};

/// The other connections of the same grant that are not over. Only the Advertising API has any.
pub(super) async fn of(tx: &Tx, scope: &TeamScope, connection: &Connection) -> Result<Vec<Connection>, Outage> {
    let mut all = store::connection::all(&**tx, scope).await?;
    all.retain(|one| one.shares_grant(connection));
    Ok(all)
}

/// Since when a grant stands that connections hold already.
pub(super) async fn authorized_at(tx: &Tx, scope: &TeamScope, mac: &[u8; 32]) -> Result<Option<Time>, Outage> {
    let all = store::connection::all(&**tx, scope).await?;
    Ok(all.iter().filter(|one| one.grant_mac.as_deref() == Some(mac)).map(|one| one.authorized_at).min())
}

/// Amazon refuses their grant: each waits for a person, like the one whose refresh told so.
pub(super) async fn refused(
    tx: &Tx,
    cx: &Cx,
    scope: &TeamScope,
    connection: &Connection,
) -> Result<Vec<Connection>, Outage> {
    let mut also = of(tx, scope, connection).await?;
    also.retain(|one| one.state.after(ConnectionAct::GrantRefused).is_ok());
    for one in &also {
        let Ok(state) = one.state.after(ConnectionAct::GrantRefused) else { continue };
        if store::connection::set_state(&**tx, scope, one, state).await? {
            let event = Event::of(scope, Action::ReauthorizationRequired).on(Target::connection(one.id, &one.name));
            audit::append(&**tx, cx, event).await?;
        }
    }
    Ok(also)
}

/// Amazon gave another refresh token for a grant, the old one being worth nothing any more: whatever else holds the old one
/// gets it. `own`: the connection that its caller writes.
pub(crate) async fn follow(
    tx: &Tx,
    cx: &Cx,
    scope: &TeamScope,
    (own, old): (Option<ConnectionId>, &[u8]),
    new: &SecretString,
) -> Result<(), Outage> {
    let (vault, now) = (&cx.portal.vault, cx.now());
    let mac = vault.grant_mac(scope.team(), new);
    if mac.as_slice() == old {
        return Ok(());
    }
    for one in store::connection::all(&**tx, scope).await? {
        if Some(one.id) != own && one.profile.is_some() && one.grant_mac.as_deref() == Some(old) {
            let sealed = vault.seal(&**tx, now, &place(scope, one.id, "refresh_token"), new).await?;
            store::connection::follow(&**tx, scope, &one, sealed, mac).await?;
        }
    }
    for id in profile_choice::of_grant(&**tx, scope, old).await? {
        let sealed = vault.seal(&**tx, now, &profiles::place(scope, id, "refresh_token"), new).await?;
        profile_choice::follow(&**tx, scope, id, sealed, mac).await?;
    }
    Ok(())
}
