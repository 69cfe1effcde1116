//! Who can reach what: people by environment, keys by connection.

use model::{
    connection::ConnectionState,
    gateway::{KeyPhase, key_phase},
    ids::{ConnectionId, GatewayId},
};
use uuid::Uuid;

use crate::{
    Cx, TeamScope,
    access::AccessError,
    store::{
        self, connection::Connection, gateway::Gateway, gateway_key::GatewayKey, member::Member,
        notification_key::NotificationKey,
    },
};

/// Who can reach what in a Team, as it is now.
#[derive(Clone, Debug)]
pub struct Reach {
    /// Those whose time is not over, whose account is not disabled and whom no lock stops, by address.
    pub members: Vec<Member>,
    /// Those that give credentials: active, and no canaries; by name.
    pub connections: Vec<Connection>,
    /// Gateways that are neither disabled nor locked, with their live keys that open something and the connections that they may use.
    pub gateways: Vec<(Gateway, Vec<GatewayKey>, Vec<ConnectionId>)>,
    /// Live keys that sign notifications of a connection: they reach no account, but what gateways are told.
    pub notification_keys: Vec<NotificationKey>,
}

impl Reach {
    /// The gateways that may use a connection, with their keys.
    pub fn of(&self, connection: ConnectionId) -> impl Iterator<Item = (&Gateway, &[GatewayKey])> {
        let uses = move |one: &&(Gateway, Vec<GatewayKey>, Vec<ConnectionId>)| one.2.contains(&connection);
        self.gateways.iter().filter(uses).map(|(gateway, keys, _)| (gateway, keys.as_slice()))
    }

    /// The keys that sign its notifications.
    pub fn notification_keys_of(&self, connection: ConnectionId) -> impl Iterator<Item = &NotificationKey> {
        self.notification_keys.iter().filter(move |key| key.connection == connection)
    }
}

/// Who can reach what.
pub async fn reach(cx: &Cx, scope: &TeamScope) -> Result<Reach, AccessError> {
    let (db, now) = (&cx.portal.db.of(scope), cx.now());
    let mut members = store::member::all(db, scope).await?;
    // Whom or what a lock stops reaches nothing, until it is lifted.
    let locked = store::lock::targets(db, scope, now).await?;
    let is_free = |id: Uuid| !locked.contains(&id) && !locked.contains(&scope.team().0);
    let accounts = store::dormancy::of_team(db, scope).await?;
    let is_disabled = |user| accounts.iter().any(|account| account.user == user && account.disabled_at.is_some());
    members
        .retain(|member| !member.engagement.is_over(now) && !locked.contains(&member.user.0) && !is_disabled(member.user));
    let mut connections = store::connection::all(db, scope).await?;
    connections.retain(|one| one.state == ConnectionState::Active && !one.canary && is_free(one.id.0));
    let keys = store::gateway_key::all(db, scope, None).await?;
    let opens = |key: &&GatewayKey, gateway: GatewayId| {
        key.gateway == gateway
            && !key.canary
            && is_free(key.id.0)
            && key_phase(key.expires_at, key.revoked_at, now) == KeyPhase::Live
    };
    let mut gateways = Vec::new();
    for gateway in
        store::gateway::all(db, scope).await?.into_iter().filter(|one| one.disabled_at.is_none() && is_free(one.id.0))
    {
        let live = keys.iter().filter(|key| opens(key, gateway.id)).cloned().collect();
        let mut uses = store::gateway::connections(db, scope, gateway.id).await?;
        uses.retain(|id| is_free(id.0));
        gateways.push((gateway, live, uses));
    }
    let notification_keys = store::notification_key::live(db, scope).await?;
    Ok(Reach { members, connections, gateways, notification_keys })
}
