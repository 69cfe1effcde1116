//! Who can reach what.

use leptos::prelude::*;
use model::{
    Environment, Role,
    ids::{ConnectionId, GatewayId, TeamId},
};
use serde::{Deserialize, Serialize};

use super::Moment;
use crate::Failure;

/// One person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonReach {
    pub email: String,
    pub role: Role,
    /// The company of a contractor, and the end of their access.
    pub contractor: Option<(String, Moment)>,
    /// Where they change connections and gateways; elsewhere they read of them.
    pub changes: Vec<Environment>,
}

/// One key of a gateway, by its id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyReach {
    pub id: String,
    pub ends: Moment,
    pub last_used: Option<Moment>,
}

/// One key that signs notifications, by its id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotificationKeyReach {
    pub id: String,
    pub made: Moment,
    pub last_used: Option<Moment>,
}

/// A connection, and the gateways that may use it with their keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionReach {
    pub id: ConnectionId,
    pub name: String,
    pub environment: Environment,
    pub gateways: Vec<(GatewayId, String, Vec<KeyReach>)>,
    /// Those that sign its notifications.
    pub notification_keys: Vec<NotificationKeyReach>,
}

/// Who can reach what in the Team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReachDetail {
    pub at: Moment,
    pub people: Vec<PersonReach>,
    pub connections: Vec<ConnectionReach>,
    /// Gateways that may use nothing, with their keys.
    pub idle: Vec<(GatewayId, String, Vec<KeyReach>)>,
}

/// Who can reach what, as it is now.
#[server(prefix = "/act", endpoint = "reach")]
pub async fn reach(team: TeamId) -> Result<ReachDetail, Failure> {
    use crate::edge::{enter, reach_detail};
    let (cx, scope) = enter(team, model::Permission::ViewTeam).await?;
    reach_detail(&cx, &scope).await
}
