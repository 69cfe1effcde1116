//! What a gateway may know without a secret: a connection's state, and itself.

use model::{
    Environment, Name, Time,
    audit::Action,
    connection::ConnectionState,
    gateway::Scope,
    gateway::Scopes,
    ids::{ConnectionId, GatewayId, GatewayKeyId, TeamId},
};
use secrecy::SecretString;

use super::{Allowance, Credentials, IssueError, Origin, Refused, identify, record};
use crate::{
    audit::{Event, Target},
    error::Outage,
    store::{self, issue::Held},
};

/// A connection's state as a gateway sees it.
#[derive(Clone, Debug)]
pub struct ConnectionStatus {
    pub state: ConnectionState,
    /// A lock stands somewhere between this key and this connection.
    pub locked: bool,
    pub held: Held,
    pub allowance: Allowance,
}

/// Reads the state of one connection.
pub async fn status(
    credentials: &Credentials,
    origin: &Origin,
    bearer: Option<&SecretString>,
    team: TeamId,
    id: ConnectionId,
) -> Result<ConnectionStatus, Refused> {
    let (caller, held) = identify(credentials, origin, bearer, Some(id)).await?;
    let held = held.filter(|_| caller.row.team == team);
    let there = held.as_ref().ok_or(IssueError::ConnectionNotFound);
    let there = there.and_then(|held| if held.canary { Err(IssueError::Canary) } else { Ok(()) });
    let allowed = caller.needs(Scope::ConnectionStatus).and(there);
    let held = match (allowed, held) {
        (Ok(()), Some(held)) => held,
        (Err(error), held) => {
            let asked = Some((id, held.as_ref()));
            return Err(record::refuse(credentials, &caller, Action::GatewayRefused, asked, error).await);
        }
        (Ok(()), None) => return Err(IssueError::ConnectionNotFound.into()),
    };
    let event = Event::of(&caller.scope, Action::ConnectionStatusRead).on(Target::connection(id, &held.name));
    let allowance = record::allow(credentials, &caller, Some(id), event, None).await?;
    let state = ConnectionState::parse(&held.state).ok_or(Outage::Corrupt("connection state"))?;
    Ok(ConnectionStatus { state, locked: caller.row.locked || held.locked, held, allowance })
}

/// A gateway's description of itself.
#[derive(Clone, Debug)]
pub struct SelfDescription {
    pub team: TeamId,
    pub gateway: GatewayId,
    pub name: Name,
    pub environment: Environment,
    pub scopes: Scopes,
    pub key: GatewayKeyId,
    pub key_expires_at: Time,
    pub connections: Vec<ConnectionId>,
    pub allowance: Allowance,
}

/// Which gateway and key this is, and what it may use.
pub async fn self_description(
    credentials: &Credentials,
    origin: &Origin,
    bearer: Option<&SecretString>,
) -> Result<SelfDescription, Refused> {
    let (caller, _) = identify(credentials, origin, bearer, None).await?;
    let connections =
        store::gateway::connections(&credentials.portal.db.of(&caller.scope), &caller.scope, caller.row.gateway).await?;
    let event = Event::of(&caller.scope, Action::GatewaySelfRead);
    let allowance = record::allow(credentials, &caller, None, event, None).await?;
    let row = caller.row;
    Ok(SelfDescription {
        team: row.team,
        gateway: row.gateway,
        name: row.gateway_name,
        environment: row.environment,
        scopes: row.scopes,
        key: row.key,
        key_expires_at: row.expires_at,
        connections,
        allowance,
    })
}
