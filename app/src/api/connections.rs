//! Connections. No token ever comes back from here.

use leptos::prelude::*;
use model::{
    Environment,
    amazon::Api,
    connection::{ConnectionState, SellerIdSource},
    ids::{ConnectionId, GatewayId, LwaAppId, TeamId},
};
use serde::{Deserialize, Serialize};

use super::{Countdown, Moment};
use crate::Failure;

/// A connection without its tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionItem {
    pub id: ConnectionId,
    pub name: String,
    pub api: Api,
    /// What it is for at the Advertising API.
    pub profile: Option<String>,
    pub environment: Environment,
    pub seller_id: String,
    pub seller_id_source: SellerIdSource,
    pub marketplace: String,
    pub marketplace_name: String,
    pub marketplace_id: String,
    pub region: String,
    pub endpoint: String,
    pub state: ConnectionState,
    /// Nothing may use it: whoever does is found out.
    pub canary: bool,
    pub app: LwaAppId,
    pub app_name: String,
    /// The code with which Amazon refuses the app.
    pub app_rejected: Option<String>,
    /// The last failure since the last success: its code and when.
    pub failure: Option<(String, Moment)>,
    /// When the last test failed, and with which word.
    pub test_failure: Option<(String, Moment)>,
    pub proved: Moment,
    pub last_issue: Option<Moment>,
}

/// Everything on a connection's page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionDetail {
    pub item: ConnectionItem,
    pub created: Moment,
    pub created_by: String,
    /// Nothing once the app is removed.
    pub secret: Option<Countdown>,
    pub authorization: Countdown,
    /// By name: where the seller sells, as Amazon said at the last proof.
    pub marketplaces: Vec<String>,
    pub generation: Option<i64>,
    pub token_expires: Option<Moment>,
    /// The other connections of the same grant, by name: of the Advertising API alone.
    pub siblings: Vec<String>,
    pub gateways: Vec<(GatewayId, String)>,
    pub leases: Vec<LeaseItem>,
    /// The origin of the gateway route, for the snippets.
    pub origin: String,
}

/// Who holds a token, and until when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaseItem {
    pub id: String,
    pub gateway: String,
    pub connection: String,
    pub generation: i64,
    pub issued: Moment,
    pub expires: Moment,
}

/// The Team's connections.
#[server(prefix = "/act", endpoint = "connections")]
pub async fn connections(team: TeamId) -> Result<Vec<ConnectionItem>, Failure> {
    use crate::edge::{connection_items, enter, fail};
    let (cx, scope) = enter(team, model::Permission::ViewTeam).await?;
    let all = backend::connections::list(&cx, &scope).await.map_err(fail)?;
    connection_items(&cx, &scope, all).await
}

/// One connection.
#[server(prefix = "/act", endpoint = "connection")]
pub async fn connection(team: TeamId, connection: ConnectionId) -> Result<ConnectionDetail, Failure> {
    use crate::edge::{connection_detail, enter, fail};
    let (cx, scope) = enter(team, model::Permission::ViewTeam).await?;
    let found = backend::connections::get(&cx, &scope, connection).await.map_err(fail)?;
    connection_detail(&cx, &scope, found).await
}

/// Connects with a pasted refresh token, proved against Amazon first.
#[server(prefix = "/act", endpoint = "create_connection")]
pub async fn create_connection(
    team: TeamId,
    name: String,
    lwa_app: String,
    seller_id: String,
    marketplace: String,
    refresh_token: String,
) -> Result<ConnectionId, Failure> {
    use crate::edge::{enter, fail, form};
    let (cx, scope) = enter(team, model::Permission::ManageConnections).await?;
    let new = form::new_connection(name, lwa_app, seller_id, marketplace, refresh_token)?;
    let connection = backend::connections::create(&cx, &scope, new).await.map_err(fail)?;
    leptos_axum::redirect(&format!("/teams/{team}/connections/{connection}"));
    Ok(connection)
}

/// Goes to Amazon's consent page.
#[server(prefix = "/act", endpoint = "start_consent")]
pub async fn start_consent(team: TeamId, name: String, lwa_app: String, marketplace: String) -> Result<(), Failure> {
    use crate::edge::{enter, fail, form};
    let (cx, scope) = enter(team, model::Permission::ManageConnections).await?;
    let (name, app, marketplace) = form::consent(name, lwa_app, marketplace)?;
    let url = backend::connections::start_consent(&cx, &scope, app, name, marketplace, None).await.map_err(fail)?;
    leptos_axum::redirect(url.as_str());
    Ok(())
}

/// Goes to Amazon's consent page to authorize a connection again.
#[server(prefix = "/act", endpoint = "authorize_again")]
pub async fn authorize_again(team: TeamId, connection: ConnectionId) -> Result<(), Failure> {
    use crate::edge::{enter, fail};
    let (cx, scope) = enter(team, model::Permission::ManageConnections).await?;
    let found = backend::connections::get(&cx, &scope, connection).await.map_err(fail)?;
    let (app, marketplace) = (found.lwa_app, found.marketplace);
    let url = backend::connections::start_consent(&cx, &scope, app, found.name, marketplace, Some(connection))
        .await
        .map_err(fail)?;
    leptos_axum::redirect(url.as_str());
    Ok(())
}

/// Asks Amazon whether the grant still holds. No token comes back.
#[server(prefix = "/act", endpoint = "test_connection")]
pub async fn test_connection(team: TeamId, connection: ConnectionId) -> Result<(), Failure> {
    use crate::edge::{enter, fail};
    let (cx, scope) = enter(team, model::Permission::ManageConnections).await?;
    backend::connections::test(&cx, &scope, connection).await.map_err(fail)
}

/// Makes a canary of a connection, or none any more.
#[server(prefix = "/act", endpoint = "set_canary")]
pub async fn set_canary(team: TeamId, connection: ConnectionId, #[server(default)] canary: bool) -> Result<(), Failure> {
    use crate::edge::{enter, fail};
    let (cx, scope) = enter(team, model::Permission::ManageConnections).await?;
    backend::connections::set_canary(&cx, &scope, connection, canary).await.map_err(fail)
}

/// Stops issuing.
#[server(prefix = "/act", endpoint = "disable_connection")]
pub async fn disable_connection(team: TeamId, connection: ConnectionId) -> Result<(), Failure> {
    use crate::edge::{enter, fail};
    let (cx, scope) = enter(team, model::Permission::ManageConnections).await?;
    backend::connections::disable(&cx, &scope, connection).await.map_err(fail)
}

/// Lets it issue again.
#[server(prefix = "/act", endpoint = "enable_connection")]
pub async fn enable_connection(team: TeamId, connection: ConnectionId) -> Result<(), Failure> {
    use crate::edge::{enter, fail};
    let (cx, scope) = enter(team, model::Permission::ManageConnections).await?;
    backend::connections::enable(&cx, &scope, connection).await.map_err(fail)
}

/// Puts a new refresh token in place of the old one, proved first.
#[server(prefix = "/act", endpoint = "replace_refresh_token")]
pub async fn replace_refresh_token(team: TeamId, connection: ConnectionId, refresh_token: String) -> Result<(), Failure> {
    use crate::edge::{enter, fail, form};
    let (cx, scope) = enter(team, model::Permission::ManageConnections).await?;
    let token = form::refresh_token(refresh_token)?;
    backend::connections::replace_refresh_token(&cx, &scope, connection, token).await.map_err(fail)
}

/// Disconnects for good.
#[server(prefix = "/act", endpoint = "disconnect")]
pub async fn disconnect(team: TeamId, connection: ConnectionId, confirm: String) -> Result<(), Failure> {
    use crate::edge::{enter, fail};
    let (cx, scope) = enter(team, model::Permission::Disconnect).await?;
    backend::connections::disconnect(&cx, &scope, connection, &confirm).await.map(|_| ()).map_err(fail)
}
