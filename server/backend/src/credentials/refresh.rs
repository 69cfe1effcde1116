//! Refreshing: one flight in the process, one lease across replicas, and a compare-and-set that decides.

use std::time::Duration as StdDuration;

use chrono::Duration;
use model::{
    Time,
    audit::Action,
    credential::{ASSUMED_LIFE_S, Ask, Decision, FORCE_COOLDOWN, REFRESH_LEASE, REFRESH_WAIT, backoff, decide},
    ids::ConnectionId,
    lwa_app::CLIENT_SECRET_EXPIRED,
};
use tracing::Instrument;
use uuid::Uuid;

use super::{Caller, Credentials, IssueError, caller::seconds};
use crate::{
    amazon::{LwaFailure, TokenAnswer},
    audit::{self, Event, Target},
    connections,
    error::Outage,
    lwa_apps, random,
    store::{
        self,
        connection::Connection,
        issue::{self, Held},
        lwa_app::LwaApp,
        refresh::Refreshed,
    },
    vault::Place,
};

/// The caller and the connection as they stand now: whatever a lock, a revocation or a disable changed meanwhile is seen.
pub(super) async fn reload(
    credentials: &Credentials,
    caller: &Caller,
    id: ConnectionId,
) -> Result<(Caller, Held), IssueError> {
    let portal = &credentials.portal;
    let now = portal.clock.now();
    let found = issue::key_and_connection(portal.db.reader(), caller.row.key, id, now).await?;
    let (row, held) = found.filter(|(row, _)| row.is_live(now)).ok_or(IssueError::InvalidKey)?;
    let caller = Caller { row, ..caller.clone() };
    let held = held.ok_or(IssueError::ConnectionNotFound)?;
    super::issue::may_issue(&caller, &held)?;
    Ok((caller, held))
}

/// Sees to it that a newer token is stored. True when this request asked Amazon.
pub(super) async fn refresh(
    credentials: &Credentials,
    caller: &Caller,
    held: &Held,
    ask: &Ask,
    forced: bool,
) -> Result<bool, IssueError> {
    let started = caller.cx.now();
    let boarding = credentials.flights.board(held.connection);
    let patience = REFRESH_WAIT.to_std().unwrap_or_default();
    let _flight = tokio::time::timeout(patience, boarding).await.map_err(|_| IssueError::RefreshInProgress)?;
    let holder = random::uuid(started);
    loop {
        let (_, held) = reload(credentials, caller, held.connection).await?;
        let now = caller.cx.now();
        if !matches!(decide(ask, held.cached.as_ref(), now), Decision::Refresh { .. }) {
            return Ok(false);
        }
        may_ask_amazon(&held, forced, now)?;
        let tx = credentials.portal.db.begin_in(&caller.scope).await?;
        let won = store::refresh::take_lease(
            &*tx,
            &caller.scope,
            held.connection,
            held.generation,
            holder,
            now,
            REFRESH_LEASE,
            forced,
        )
        .await?;
        tx.commit().await?;
        if won {
            // A task of its own: a client that hangs up must not lose what Amazon answers, nor leave the lease behind.
            let (credentials, caller) = (credentials.clone(), caller.clone());
            let asking = async move { ask_amazon(&credentials, &caller, &held, holder).await };
            let asked = tokio::spawn(asking.in_current_span()).await;
            return asked.unwrap_or(Err(IssueError::Unavailable { retry_after_s: 1 })).map(|()| true);
        }
        if now - started >= REFRESH_WAIT {
            return Err(IssueError::RefreshInProgress);
        }
        tokio::time::sleep(StdDuration::from_millis(100)).await;
    }
}

/// What is remembered of earlier failures keeps Amazon from being hammered.
fn may_ask_amazon(held: &Held, forced: bool, now: Time) -> Result<(), IssueError> {
    if held.app_rejected {
        return Err(IssueError::ClientRejected);
    }
    if let Some(failure) = &held.failure
        && let Some(retry_at) = failure.retry_at
        && now < retry_at
    {
        return Err(failed(&failure.code, retry_at - now));
    }
    if forced {
        let cooled_at = held.forced_at.map(|at| at + FORCE_COOLDOWN);
        if let Some(cooled_at) = cooled_at.filter(|at| now < *at) {
            return Err(IssueError::ForceCooldown { retry_after_s: seconds(cooled_at - now) });
        }
    }
    Ok(())
}

fn failed(code: &str, wait: Duration) -> IssueError {
    let retry_after_s = seconds(wait);
    match code {
        "throttled" => IssueError::Throttled { retry_after_s },
        "bad_response" => IssueError::BadResponse,
        _ => IssueError::Unavailable { retry_after_s },
    }
}

/// Asks LWA, outside any transaction, and writes what it said.
async fn ask_amazon(credentials: &Credentials, caller: &Caller, held: &Held, holder: Uuid) -> Result<(), IssueError> {
    let portal = &credentials.portal;
    let connection = store::connection::by_id(&portal.db.of(&caller.scope), &caller.scope, held.connection).await?;
    let connection = connection.ok_or(IssueError::ConnectionNotFound)?;
    let app = store::lwa_app::by_id(&portal.db.of(&caller.scope), &caller.scope, connection.lwa_app).await?;
    let app = app.ok_or(Outage::Corrupt("lwa app"))?;
    let sealed = connection.refresh_token.as_ref().ok_or(IssueError::ConnectionNotFound)?;
    let place = place(caller, &connection, "refresh_token");
    let refresh_token = portal.vault.open(&portal.db.of(&caller.scope), &place, sealed).await?;
    // Amazon may answer with another refresh token, the old one being worth nothing any more: what seals it is there before.
    portal.vault.ready(&portal.db.of(&caller.scope), caller.cx.now(), Some(caller.scope.team())).await?;
    let asked_at = caller.cx.now();
    match lwa_apps::exchange(&caller.cx, &caller.scope, &app, lwa_apps::Held::RefreshToken(&refresh_token)).await? {
        Ok(answer) => keep(caller, &connection, &app, held.generation, answer, asked_at).await,
        Err(failure) => Err(note(caller, &connection, &app, holder, failure).await?),
    }
}

fn place(caller: &Caller, connection: &Connection, field: &'static str) -> Place {
    Place { team: Some(caller.row.team), table: "connection", row: connection.id.0, field }
}

async fn keep(
    caller: &Caller,
    connection: &Connection,
    app: &LwaApp,
    generation: i64,
    answer: TokenAnswer,
    asked_at: Time,
) -> Result<(), IssueError> {
    let cx = &caller.cx;
    let vault = &cx.portal.vault;
    let life = answer.expires_in.unwrap_or(ASSUMED_LIFE_S);
    let tx = cx.portal.begin_to_seal(Some(caller.scope.team())).await?;
    let access_token = vault.seal(&*tx, cx.now(), &place(caller, connection, "access_token"), &answer.access_token).await?;
    let refresh_token = match &answer.refresh_token {
        Some(token) => {
            let old = connection.grant_mac.as_deref().unwrap_or_default();
            connections::follow(&tx, cx, &caller.scope, (Some(connection.id), old), token).await?;
            let sealed = vault.seal(&*tx, cx.now(), &place(caller, connection, "refresh_token"), token).await?;
            Some((sealed, vault.grant_mac(caller.row.team, token)))
        }
        None => None,
    };
    let new = Refreshed {
        access_token,
        refresh_token,
        issued_at: asked_at,
        // Counted from the question, so that the time of the answer's travel is never given away.
        expires_at: asked_at + Duration::seconds(i64::from(life)),
        life_assumed: answer.expires_in.is_none(),
    };
    if !store::refresh::store(&*tx, &caller.scope, connection.id, generation, new).await? {
        // Another refresher, a disable or a disconnect came first; the caller looks again.
        return Ok(());
    }
    let target = Target::connection(connection.id, &connection.name);
    let event = Event::of(&caller.scope, Action::AccessTokenRefreshed).on(target).with("generation", generation + 1);
    audit::append(&*tx, cx, event).await?;
    // LWA goes on answering for an expired secret that SP-API refuses: only a new secret mends that.
    if app.rejected.as_ref().is_some_and(|(_, code)| code != CLIENT_SECRET_EXPIRED) {
        lwa_apps::recovered(&tx, cx, &caller.scope, app).await?;
    }
    tx.commit().await?;
    metrics::counter!("portal_lwa_refreshes_total", "result" => "ok").increment(1);
    Ok(())
}

/// Remembers a failure where it belongs: at the grant, at the app, or as a pause.
async fn note(
    caller: &Caller,
    connection: &Connection,
    app: &LwaApp,
    holder: Uuid,
    failure: LwaFailure,
) -> Result<IssueError, IssueError> {
    let cx = &caller.cx;
    let scope = &caller.scope;
    let now = cx.now();
    let failures = connection.failure.as_ref().map_or(0, |f| f.failures).unsigned_abs() + 1;
    let pause = backoff(failures, random::dice());
    let (code, retry_at, error): (&'static str, _, _) = match &failure {
        LwaFailure::Permanent => ("invalid_grant", None, IssueError::ReauthorizationRequired),
        LwaFailure::Configuration { code } => (code, None, IssueError::ClientRejected),
        LwaFailure::Throttled { retry_after } => {
            let asked = retry_after.and_then(|d| Duration::from_std(d).ok()).unwrap_or(Duration::zero());
            let wait = pause.max(asked.min(Duration::hours(1)));
            ("throttled", Some(now + wait), IssueError::Throttled { retry_after_s: seconds(wait) })
        }
        LwaFailure::BadResponse => ("bad_response", Some(now + pause), IssueError::BadResponse),
        LwaFailure::OurMistake { .. } => ("bad_response", Some(now + pause), IssueError::BadResponse),
        LwaFailure::Unavailable | LwaFailure::Refused => {
            ("unavailable", Some(now + pause), IssueError::Unavailable { retry_after_s: seconds(pause) })
        }
    };
    let tx = cx.portal.db.begin_in(scope).await?;
    store::refresh::fail(&*tx, scope, connection.id, holder, code, now, retry_at).await?;
    let target = Target::connection(connection.id, &connection.name);
    audit::append(&*tx, cx, Event::of(scope, Action::RefreshFailed).on(target).failed(code)).await?;
    match &failure {
        LwaFailure::Permanent => connections::grant_refused(&tx, cx, scope, connection).await?,
        LwaFailure::Configuration { code } => lwa_apps::rejected(&tx, cx, scope, app, code).await?,
        _ => {}
    }
    tx.commit().await?;
    metrics::counter!("portal_lwa_refreshes_total", "result" => code).increment(1);
    Ok(error)
}
