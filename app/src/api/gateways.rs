//! Gateways and their keys.

use leptos::prelude::*;
use model::{
    Environment,
    gateway::{KeyPhase, Scope},
    ids::{ConnectionId, GatewayId, GatewayKeyId, TeamId},
};
use serde::{Deserialize, Serialize};

use super::{Moment, connections::LeaseItem};
use crate::Failure;

/// A gateway in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GatewayItem {
    pub id: GatewayId,
    pub name: String,
    pub environment: Environment,
    pub disabled: bool,
    pub connections: usize,
    pub live_keys: usize,
    pub last_used: Option<Moment>,
}

/// A key without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyItem {
    pub id: GatewayKeyId,
    pub phase: KeyPhase,
    pub created: Moment,
    pub expires: Moment,
    /// Days without a use, once they are too many.
    pub unused_days: Option<i64>,
    /// It opens nothing: whoever uses it is found out.
    pub canary: bool,
    pub last_used: Option<Moment>,
    pub last_used_address: Option<String>,
    pub last_used_agent: Option<String>,
}

/// A connection that a gateway may be allowed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    pub id: ConnectionId,
    pub name: String,
    pub hint: String,
    pub allowed: bool,
}

/// Everything on a gateway's page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GatewayDetail {
    pub item: GatewayItem,
    pub scopes: Vec<Scope>,
    pub networks: String,
    pub created: Moment,
    pub keys: Vec<KeyItem>,
    pub choices: Vec<Choice>,
    pub leases: Vec<LeaseItem>,
    pub origin: String,
}

/// A key at the only moment when it is shown. The action's value, never a resource's.
#[derive(Clone, Serialize, Deserialize)]
pub struct ShownKey {
    pub key: GatewayKeyId,
    pub secret: String,
    /// A connection to try it with.
    pub connection: Option<ConnectionId>,
}

impl std::fmt::Debug for ShownKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ShownKey").field("key", &self.key).finish_non_exhaustive()
    }
}

/// A gateway that nothing uses, or keys of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdleItem {
    pub id: GatewayId,
    pub name: String,
    pub environment: Environment,
    /// Days since anything used the gateway, when they are thirty or more.
    pub days: Option<i64>,
    /// Unused live keys, each with its days.
    pub keys: Vec<(String, i64)>,
}

/// The Team's gateways.
#[server(prefix = "/act", endpoint = "gateways")]
pub async fn gateways(team: TeamId) -> Result<Vec<GatewayItem>, Failure> {
    use crate::edge::{enter, fail, gateway_items};
    let (cx, scope) = enter(team, model::Permission::ViewTeam).await?;
    let all = backend::gateways::list(&cx, &scope).await.map_err(fail)?;
    gateway_items(&cx, &scope, all).await
}

/// One gateway.
#[server(prefix = "/act", endpoint = "gateway")]
pub async fn gateway(team: TeamId, gateway: GatewayId) -> Result<GatewayDetail, Failure> {
    use crate::edge::{enter, fail, gateway_detail};
    let (cx, scope) = enter(team, model::Permission::ViewTeam).await?;
    let found = backend::gateways::get(&cx, &scope, gateway).await.map_err(fail)?;
    gateway_detail(&cx, &scope, found).await
}

/// Creates a gateway.
#[server(prefix = "/act", endpoint = "create_gateway")]
pub async fn create_gateway(
    team: TeamId,
    name: String,
    environment: String,
    #[server(default)] scopes: Vec<String>,
    #[server(default)] networks: String,
) -> Result<GatewayId, Failure> {
    use crate::edge::{enter, fail, form};
    let (cx, scope) = enter(team, model::Permission::ManageGateways).await?;
    let (name, environment, scopes, networks) = form::gateway(name, environment, &scopes, &networks)?;
    let gateway = backend::gateways::create(&cx, &scope, name, environment, scopes, networks).await.map_err(fail)?;
    leptos_axum::redirect(&format!("/teams/{team}/gateways/{gateway}"));
    Ok(gateway)
}

/// Changes name, scopes and networks.
#[server(prefix = "/act", endpoint = "change_gateway")]
pub async fn change_gateway(
    team: TeamId,
    gateway: GatewayId,
    name: String,
    #[server(default)] scopes: Vec<String>,
    #[server(default)] networks: String,
) -> Result<(), Failure> {
    use crate::edge::{enter, fail, form};
    let (cx, scope) = enter(team, model::Permission::ManageGateways).await?;
    let (name, _, scopes, networks) = form::gateway(name, "production".to_owned(), &scopes, &networks)?;
    backend::gateways::change(&cx, &scope, gateway, name, scopes, networks).await.map_err(fail)
}

/// Sets which connections it may use.
#[server(prefix = "/act", endpoint = "set_gateway_connections")]
pub async fn set_gateway_connections(
    team: TeamId,
    gateway: GatewayId,
    #[server(default)] connections: Vec<String>,
) -> Result<(), Failure> {
    use crate::edge::{enter, fail, form};
    let (cx, scope) = enter(team, model::Permission::ManageGateways).await?;
    let wanted = form::ids("connections", &connections)?;
    backend::gateways::set_connections(&cx, &scope, gateway, &wanted).await.map_err(fail)
}

/// What nothing used for thirty days or more.
#[server(prefix = "/act", endpoint = "idle_gateways")]
pub async fn idle_gateways(team: TeamId) -> Result<Vec<IdleItem>, Failure> {
    use crate::edge::{enter, fail, idle_item};
    let (cx, scope) = enter(team, model::Permission::ViewTeam).await?;
    let all = backend::gateways::idle(&cx, &scope).await.map_err(fail)?;
    Ok(all.iter().map(idle_item).collect())
}

/// Disables gateways and revokes keys that nothing uses.
#[server(prefix = "/act", endpoint = "stop_idle")]
pub async fn stop_idle(
    team: TeamId,
    #[server(default)] gateways: Vec<String>,
    #[server(default)] keys: Vec<String>,
) -> Result<(), Failure> {
    use crate::edge::{enter, fail, form};
    let (cx, scope) = enter(team, model::Permission::ManageGateways).await?;
    let (gateways, keys) = (form::ids("gateways", &gateways)?, form::ids("keys", &keys)?);
    backend::gateways::stop_idle(&cx, &scope, &gateways, &keys).await.map_err(fail)
}

/// Stops all its keys at once.
#[server(prefix = "/act", endpoint = "disable_gateway")]
pub async fn disable_gateway(team: TeamId, gateway: GatewayId) -> Result<(), Failure> {
    use crate::edge::{enter, fail};
    let (cx, scope) = enter(team, model::Permission::ManageGateways).await?;
    backend::gateways::disable(&cx, &scope, gateway).await.map_err(fail)
}

/// Lets its keys work again.
#[server(prefix = "/act", endpoint = "enable_gateway")]
pub async fn enable_gateway(team: TeamId, gateway: GatewayId) -> Result<(), Failure> {
    use crate::edge::{enter, fail};
    let (cx, scope) = enter(team, model::Permission::ManageGateways).await?;
    backend::gateways::enable(&cx, &scope, gateway).await.map_err(fail)
}

/// Makes a key and shows it once.
///
/// `known_keys`: how many keys the page showed, so that a page loaded anew, which posts again, does not make another.
#[server(prefix = "/act", endpoint = "create_gateway_key")]
pub async fn create_gateway_key(
    team: TeamId,
    gateway: GatewayId,
    days: i64,
    #[server(default)] known_keys: Option<usize>,
) -> Result<ShownKey, Failure> {
    use crate::edge::{enter, fail, show_key};
    let (cx, scope) = enter(team, model::Permission::ManageGateways).await?;
    let new = backend::gateways::create_key(&cx, &scope, gateway, days, known_keys).await.map_err(fail)?;
    show_key(&cx, &scope, new).await
}

/// Revokes a key.
#[server(prefix = "/act", endpoint = "revoke_gateway_key")]
pub async fn revoke_gateway_key(team: TeamId, gateway: GatewayId, key: GatewayKeyId) -> Result<(), Failure> {
    use crate::edge::{enter, fail};
    let (cx, scope) = enter(team, model::Permission::ManageGateways).await?;
    backend::gateways::revoke_key(&cx, &scope, gateway, key).await.map_err(fail)
}

/// Makes a canary of a key, for good.
#[server(prefix = "/act", endpoint = "make_canary_key")]
pub async fn make_canary_key(team: TeamId, gateway: GatewayId, key: GatewayKeyId) -> Result<(), Failure> {
    use crate::edge::{enter, fail};
    let (cx, scope) = enter(team, model::Permission::ManageGateways).await?;
    backend::gateways::make_canary_key(&cx, &scope, gateway, key).await.map_err(fail)
}
