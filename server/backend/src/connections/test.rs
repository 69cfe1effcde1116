//! Asking Amazon whether a stored grant still holds. What gateways hold stays as it is.

use chrono::Duration;
use model::{audit::Action, connection::ConnectionAct, ids::ConnectionId};

use super::{ConnectionError, ProofFailure, get, place, prove, prove::For, siblings};
use crate::{
    Cx, TeamScope,
    amazon::LwaFailure,
    audit::{self, Event, Target},
    error::Outage,
    lwa_apps,
    mail::Message,
    store::{
        self, Tx,
        connection::Connection,
        lwa_app::LwaApp,
        rate_limit::{self, Limit},
    },
    teams,
};

/// How often one connection is tested.
pub const TEST_LIMIT: Limit = Limit { burst: 3, every: Duration::seconds(20) };

/// Proves the stored grant anew: one exchange at LWA, one call of its interface. The token that LWA gives for it is dropped.
#[tracing::instrument(skip_all, fields(team = %scope.team(), connection = %id))]
pub async fn test(cx: &Cx, scope: &TeamScope, id: ConnectionId) -> Result<(), ConnectionError> {
    let connection = get(cx, scope, id).await?;
    scope.touch(cx, connection.environment).await?;
    connection.state.after(ConnectionAct::Test)?;
    wait_your_turn(cx, id).await?;
    let db = &cx.portal.db.of(scope);
    let app = store::lwa_app::by_id(db, scope, connection.lwa_app).await?.ok_or(ConnectionError::NoSuchApp)?;
    let sealed = connection.refresh_token.as_ref().ok_or(Outage::Corrupt("refresh token"))?;
    let refresh_token = cx.portal.vault.open(db, &place(scope, id, "refresh_token"), sealed).await?;
    let vault = &cx.portal.vault;
    let sent = vault.grant_mac(scope.team(), &refresh_token);
    let proof = match prove(cx, scope, &app, For::connection(&connection), refresh_token).await? {
        Ok(proof) => proof,
        Err(failure) => {
            failed(cx, scope, &connection, &app, &failure).await?;
            return Err(ConnectionError::TestFailed(failure));
        }
    };
    let tx = cx.portal.begin_to_seal(Some(scope.team())).await?;
    // Should Amazon ever give another refresh token, that is the one that lives.
    siblings::follow(&tx, cx, scope, (Some(id), &sent), &proof.refresh_token).await?;
    let mac = vault.grant_mac(scope.team(), &proof.refresh_token);
    let other = if mac == sent {
        None
    } else {
        let place = place(scope, id, "refresh_token");
        Some((vault.seal(&*tx, cx.now(), &place, &proof.refresh_token).await?, mac))
    };
    let kept = store::connection::proved(&*tx, scope, &connection, &proof.marketplace_ids, other, cx.now()).await?;
    let target = Target::connection(id, &connection.name);
    audit::append(&*tx, cx, Event::of(scope, Action::ConnectionTested).on(target)).await?;
    // LWA and the interface have both taken the app.
    if app.rejected.is_some() {
        lwa_apps::recovered(&tx, cx, scope, &app).await?;
    }
    // What was asked is recorded, even when the grant has been replaced meanwhile.
    tx.commit().await?;
    if kept { Ok(()) } else { Err(ConnectionError::Changed) }
}

async fn wait_your_turn(cx: &Cx, id: ConnectionId) -> Result<(), ConnectionError> {
    let tx = cx.portal.db.begin().await?;
    let taken = rate_limit::take(&*tx, &format!("test:{id}"), TEST_LIMIT, 1, cx.now()).await?;
    tx.commit().await?;
    if taken.granted == 1 {
        return Ok(());
    }
    Err(ConnectionError::TestedTooOften { wait_s: taken.wait_s() })
}

/// What LWA says of the grant or the app is remembered as after a refresh; people are told once.
async fn failed(
    cx: &Cx,
    scope: &TeamScope,
    connection: &Connection,
    app: &LwaApp,
    failure: &ProofFailure,
) -> Result<(), Outage> {
    let tx = cx.portal.db.begin_in(scope).await?;
    store::connection::test_failed(&*tx, scope, connection, failure.word(), cx.now()).await?;
    let target = Target::connection(connection.id, &connection.name);
    audit::append(&*tx, cx, Event::of(scope, Action::ConnectionTested).on(target).failed(failure.word())).await?;
    match failure {
        ProofFailure::Lwa(LwaFailure::Permanent) => grant_refused(&tx, cx, scope, connection).await?,
        ProofFailure::Lwa(LwaFailure::Configuration { code }) => lwa_apps::rejected(&tx, cx, scope, app, code).await?,
        _ => {}
    }
    Ok(tx.commit().await?)
}

/// Amazon refuses the grant: it is kept, sealed, until a person decides.
pub(crate) async fn grant_refused(tx: &Tx, cx: &Cx, scope: &TeamScope, connection: &Connection) -> Result<(), Outage> {
    // What a person stopped stays stopped: Amazon's refusal must not become a way to start it again.
    let Ok(state) = connection.state.after(ConnectionAct::GrantRefused) else { return Ok(()) };
    if !store::connection::set_state(&**tx, scope, connection, state).await? {
        return Ok(());
    }
    let target = Target::connection(connection.id, &connection.name);
    audit::append(&**tx, cx, Event::of(scope, Action::ReauthorizationRequired).on(target)).await?;
    let also = siblings::refused(tx, cx, scope, connection).await?;
    teams::tell_managers(tx, cx, scope, &reauthorize(cx, scope, connection, &also)).await
}

fn reauthorize(cx: &Cx, scope: &TeamScope, connection: &Connection, also: &[Connection]) -> Message {
    let (url, team, id) = (&cx.portal.settings.public_url, scope.team(), connection.id);
    let names: Vec<_> = also.iter().map(|one| format!("“{}”", one.name)).collect();
    let also = if names.is_empty() { String::new() } else { format!(" The same grant serves {}.", names.join(", ")) };
    Message::SecurityNotice {
        headline: format!("{} must be authorized again", connection.name),
        text: format!(
            "Amazon refuses the refresh token of the connection “{}”: the seller withdrew the consent, or it ran out. Gateways get no \
             new access tokens for it until somebody authorizes again: {url}/teams/{team}/connections/{id}{also}",
            connection.name
        ),
    }
}
