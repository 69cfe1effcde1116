//! Who can reach what: people by environment, keys by connection.

use model::{
    connection::ConnectionState,
    gateway::{KeyPhase, key_phase},
    ids::{ConnectionId, GatewayId},
};

use crate::{
    Cx, TeamScope,
    access::AccessError,
    store::{self, connection::Connection, gateway::Gateway, gateway_key::GatewayKey, member::Member},
};

/// Who can reach what in a Team, as it is now.
#[derive(Clone, Debug)]
pub struct Reach {
    /// Those whose time is not over, by address.
    pub members: Vec<Member>,
    /// Those that are not disconnected, by name.
    pub connections: Vec<Connection>,
    /// Gateways that are not disabled, with their live keys that open something and the connections that they may use.
    pub gateways: Vec<(Gateway, Vec<GatewayKey>, Vec<ConnectionId>)>,
}

impl Reach {
    /// The gateways that may use a connection, with their keys.
    pub fn of(&self, connection: ConnectionId) -> impl Iterator<Item = (&Gateway, &[GatewayKey])> {
        let uses = move |one: &&(Gateway, Vec<GatewayKey>, Vec<ConnectionId>)| one.2.contains(&connection);
        self.gateways.iter().filter(uses).map(|(gateway, keys, _)| (gateway, keys.as_slice()))
    }
}

/// Who can reach what.
pub async fn reach(cx: &Cx, scope: &TeamScope) -> Result<Reach, AccessError> {
    let (db, now) = (&cx.portal.db.of(scope), cx.now());
    let mut members = store::member::all(db, scope).await?;
    members.retain(|member| !member.engagement.is_over(now));
    let mut connections = store::connection::all(db, scope).await?;
    connections.retain(|one| one.state != ConnectionState::Disconnected);
    let keys = store::gateway_key::all(db, scope, None).await?;
    let opens = |key: &&GatewayKey, gateway: GatewayId| {
        key.gateway == gateway && !key.canary && key_phase(key.expires_at, key.revoked_at, now) == KeyPhase::Live
    };
    let mut gateways = Vec::new();
    for gateway in store::gateway::all(db, scope).await?.into_iter().filter(|one| one.disabled_at.is_none()) {
        let live = keys.iter().filter(|key| opens(key, gateway.id)).cloned().collect();
        let uses = store::gateway::connections(db, scope, gateway.id).await?;
        gateways.push((gateway, live, uses));
    }
    Ok(Reach { members, connections, gateways })
}
