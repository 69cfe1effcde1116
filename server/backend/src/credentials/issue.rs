//! Issuing a runtime credential: decide, record durably, then answer.

use model::{
    ProblemCode, Time,
    amazon::Marketplace,
    amazon::{AuthorizationClock, SecretClock},
    audit::{Action, SafeText},
    connection::ConnectionState,
    credential::{
        Ask, Cached, Decision, PURPOSE_MOST, Warning, WarningCode, clock_warnings, decide, refresh_after, still_servable,
    },
    gateway::Scope,
    ids::{ConnectionId, LeaseId, TeamId},
};
use secrecy::SecretString;

use super::{Allowance, Caller, Credentials, IssueError, Origin, Refused, identify, record, refresh};
use crate::{
    audit::{Event, Target},
    error::Outage,
    random,
    store::issue::Held,
    vault::Place,
};

/// What a gateway asks for. Team and connection are always named.
#[derive(Clone, Debug)]
pub struct IssueRequest {
    pub team: TeamId,
    pub connection: ConnectionId,
    pub ask: Ask,
    pub purpose: Option<String>,
}

/// The answer, recorded and ready to leave.
#[derive(Debug)]
pub struct Issued {
    pub lease: LeaseId,
    pub cached: Cached,
    /// `None` when the gateway has this generation already.
    pub token: Option<SecretString>,
    pub refreshed: bool,
    pub refresh_after: Time,
    pub held: Held,
    pub marketplace: Marketplace,
    pub warnings: Vec<Warning>,
    pub allowance: Allowance,
}

/// Issues a runtime credential for one Team and one connection.
#[tracing::instrument(skip_all, fields(connection = %request.connection))]
pub async fn issue(
    credentials: &Credentials,
    origin: &Origin,
    bearer: Option<&SecretString>,
    request: IssueRequest,
) -> Result<Issued, Refused> {
    let (caller, held) = identify(credentials, origin, bearer, Some(request.connection)).await?;
    // A key says which Team it is of; another Team in the path is a connection that does not exist.
    let held = held.filter(|_| caller.row.team == request.team);
    let result = answer(credentials, &caller, held.clone(), &request).await;
    match result {
        // These two are the failure to record itself.
        Err(refused @ Refused { error: IssueError::AuditUnavailable | IssueError::RateLimited { .. }, .. }) => Err(refused),
        Err(Refused { error, .. }) => {
            let asked = Some((request.connection, held.as_ref()));
            Err(record::refuse(credentials, &caller, Action::CredentialRefused, asked, error).await)
        }
        Ok(issued) => Ok(issued),
    }
}

async fn answer(
    credentials: &Credentials,
    caller: &Caller,
    held: Option<Held>,
    request: &IssueRequest,
) -> Result<Issued, Refused> {
    let ask = &request.ask;
    caller.needs(Scope::CredentialIssue)?;
    if ask.rejected_generation.is_some() {
        caller.needs(Scope::CredentialForce)?;
    }
    let held = held.ok_or(IssueError::ConnectionNotFound)?;
    may_issue(caller, &held)?;
    match decide(ask, held.cached.as_ref(), caller.cx.now()) {
        Decision::Serve => serve(credentials, caller, held, request, false, None).await,
        Decision::Unchanged => unchanged(credentials, caller, held, request).await,
        Decision::Refresh { forced } => {
            let refreshed = refresh::refresh(credentials, caller, &held, ask, forced).await;
            // Whatever happened meanwhile is seen here: a token refreshed in between does not leave past it.
            let (caller, held) = refresh::reload(credentials, caller, held.connection).await?;
            match refreshed {
                Ok(moved) => serve(credentials, &caller, held, request, moved, None).await,
                Err(error) if still_servable(ask, held.cached.as_ref(), caller.cx.now()) && transient(&error) => {
                    serve(credentials, &caller, held, request, false, Some(WarningCode::StaleServed)).await
                }
                Err(error) => Err(error.into()),
            }
        }
    }
}

/// A failure that says nothing against the token that is still valid.
fn transient(error: &IssueError) -> bool {
    let code = model::Problem::from(error).code;
    matches!(
        code,
        ProblemCode::LwaClientRejected
            | ProblemCode::LwaBadResponse
            | ProblemCode::LwaUnavailable
            | ProblemCode::LwaThrottled
            | ProblemCode::RefreshInProgress
    )
}

/// Locks first: nothing about the connection is told past one.
pub(super) fn may_issue(caller: &Caller, held: &Held) -> Result<(), IssueError> {
    if caller.row.locked || held.locked {
        return Err(IssueError::Locked);
    }
    if held.environment != caller.row.environment {
        return Err(IssueError::ConnectionNotFound);
    }
    if held.canary {
        return Err(IssueError::Canary);
    }
    match ConnectionState::parse(&held.state) {
        Some(ConnectionState::Active) => Ok(()),
        Some(ConnectionState::Disabled) => Err(IssueError::Disabled),
        Some(ConnectionState::NeedsReauthorization) => Err(IssueError::ReauthorizationRequired),
        Some(ConnectionState::Disconnected) => Err(IssueError::ConnectionNotFound),
        None => Err(Outage::Corrupt("connection state").into()),
    }
}

async fn serve(
    credentials: &Credentials,
    caller: &Caller,
    held: Held,
    request: &IssueRequest,
    refreshed: bool,
    warning: Option<WarningCode>,
) -> Result<Issued, Refused> {
    let (Some(cached), Some(sealed)) = (held.cached, held.token.clone()) else {
        return Err(IssueError::RefreshInProgress.into());
    };
    let portal = &credentials.portal;
    let place = Place { team: Some(caller.row.team), table: "connection", row: held.connection.0, field: "access_token" };
    let token = portal.vault.open(&portal.db.of(&caller.scope), &place, &sealed).await?;
    finish(credentials, caller, held, request, cached, Some(token), refreshed, warning).await
}

async fn unchanged(
    credentials: &Credentials,
    caller: &Caller,
    held: Held,
    request: &IssueRequest,
) -> Result<Issued, Refused> {
    let Some(cached) = held.cached else { return Err(IssueError::RefreshInProgress.into()) };
    finish(credentials, caller, held, request, cached, None, false, None).await
}

async fn finish(
    credentials: &Credentials,
    caller: &Caller,
    held: Held,
    request: &IssueRequest,
    cached: Cached,
    token: Option<SecretString>,
    refreshed: bool,
    warning: Option<WarningCode>,
) -> Result<Issued, Refused> {
    let now = caller.cx.now();
    let marketplace = Marketplace::by_code(&held.marketplace).ok_or(Outage::Corrupt("marketplace"))?;
    let lease = record::lease(caller, &held, cached.generation, cached.expires_at);
    let action = if token.is_some() { Action::CredentialIssued } else { Action::CredentialUnchanged };
    let mut event = Event::of(&caller.scope, action)
        .on(Target::connection(held.connection, &held.name))
        .with("generation", cached.generation)
        .with("lease", lease.id);
    if let Some(purpose) = &request.purpose {
        event = event.with("purpose", &SafeText::new(purpose, PURPOSE_MOST));
    }
    let id = lease.id;
    let allowance = record::allow(credentials, caller, Some(held.connection), event, Some(lease)).await?;
    Ok(Issued {
        lease: id,
        cached,
        token,
        refreshed,
        refresh_after: refresh_after(cached.expires_at, now, random::dice()),
        warnings: warnings(caller, &held, request, warning, now),
        marketplace,
        held,
        allowance,
    })
}

fn warnings(caller: &Caller, held: &Held, request: &IssueRequest, warning: Option<WarningCode>, now: Time) -> Vec<Warning> {
    let secret_expires_at = SecretClock { made_at: held.secret_made_at }.expires_at();
    let authorization = AuthorizationClock { authorized_at: held.authorized_at };
    let authorization_expires_at = held.consented.then(|| authorization.expires_at());
    let mut warnings = clock_warnings(secret_expires_at, authorization_expires_at, caller.row.expires_at, now);
    let flags = [(request.ask.clamped, WarningCode::MinTtlClamped), (held.life_assumed, WarningCode::ExpiresInAssumed)];
    let flags = flags.into_iter().filter(|(raised, _)| *raised).map(|(_, code)| code);
    warnings.extend(flags.chain(warning).map(|code| Warning { code, at: None }));
    warnings
}
