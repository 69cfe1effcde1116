//! Connections, without their tokens.

use std::collections::HashMap;

use backend::{
    Cx, TeamScope, gateways as gateway_verbs, lwa_apps as app_verbs,
    store::{connection::Connection, lease, lwa_app::LwaApp},
};
use model::{
    Time,
    amazon::{AuthorizationClock, Marketplace},
    ids::{ConnectionId, LwaAppId},
};

use crate::{
    Failure,
    api::connections::{ConnectionDetail, ConnectionItem},
    edge::{fail, moment},
};

use super::*;

pub(crate) async fn connection_items(
    cx: &Cx,
    scope: &TeamScope,
    all: Vec<Connection>,
) -> Result<Vec<ConnectionItem>, Failure> {
    let apps = app_verbs::list(cx, scope).await.map_err(fail)?;
    let names = backend::store::lwa_app::names(&cx.portal.db.of(scope), scope).await.map_err(outage)?;
    let issued: HashMap<ConnectionId, Time> = backend::store::lease::newest_by_connection(&cx.portal.db.of(scope), scope)
        .await
        .map_err(outage)?
        .into_iter()
        .collect();
    let now = cx.now();
    Ok(all
        .iter()
        .map(|connection| {
            let app = apps.iter().find(|app| app.id == connection.lwa_app);
            item_of_connection(connection, app, &names, issued.get(&connection.id).copied(), now)
        })
        .collect())
}

fn item_of_connection(
    connection: &Connection,
    app: Option<&LwaApp>,
    names: &HashMap<LwaAppId, String>,
    issued: Option<Time>,
    now: Time,
) -> ConnectionItem {
    let marketplace = connection.marketplace;
    ConnectionItem {
        id: connection.id,
        name: connection.name.to_string(),
        api: connection.api(),
        profile: connection.profile.map(|id| id.to_string()),
        environment: connection.environment,
        seller_id: connection.seller_id.to_string(),
        seller_id_source: connection.seller_id_source,
        marketplace: marketplace.code().to_owned(),
        marketplace_name: marketplace.name().to_owned(),
        marketplace_id: marketplace.marketplace_id().to_owned(),
        region: marketplace.region().as_str().to_owned(),
        endpoint: connection.api().endpoint(marketplace.region(), connection.environment).to_owned(),
        state: connection.state,
        canary: connection.canary,
        app: connection.lwa_app,
        app_name: names.get(&connection.lwa_app).cloned().unwrap_or_default(),
        app_rejected: app.and_then(|app| app.rejected.as_ref()).map(|(_, code)| code.clone()),
        failure: connection.failure.as_ref().map(|f| (f.code.clone(), moment(f.at, now))),
        test_failure: connection.test_failure.as_ref().map(|(at, word)| (word.clone(), moment(*at, now))),
        proved: moment(connection.proved_at, now),
        last_issue: issued.map(|at| moment(at, now)),
    }
}

/// Its name, or what Amazon calls it where the table does not know it.
fn name_of_marketplace(id: &str) -> String {
    Marketplace::by_id(id).map_or_else(|| id.to_owned(), |marketplace| marketplace.name().to_owned())
}

pub(crate) async fn connection_detail(
    cx: &Cx,
    scope: &TeamScope,
    connection: Connection,
) -> Result<ConnectionDetail, Failure> {
    let now = cx.now();
    let apps = app_verbs::list(cx, scope).await.map_err(fail)?;
    let app = apps.iter().find(|app| app.id == connection.lwa_app);
    let names = backend::store::lwa_app::names(&cx.portal.db.of(scope), scope).await.map_err(outage)?;
    let gateways = gateway_verbs::list(cx, scope).await.map_err(fail)?;
    let allowed = gateway_verbs::of_connection(cx, scope, connection.id).await.map_err(fail)?;
    let leases = lease_items(cx, scope, lease::Of::Connection(connection.id)).await?;
    let issued = backend::store::lease::newest_by_connection(&cx.portal.db.of(scope), scope).await.map_err(outage)?;
    let issued = issued.into_iter().find(|(id, _)| *id == connection.id).map(|(_, at)| at);
    let all = connection_verbs::list(cx, scope).await.map_err(fail)?;
    let siblings = all.iter().filter(|one| one.shares_grant(&connection)).map(|one| one.name.to_string()).collect();
    let authorized = AuthorizationClock { authorized_at: connection.authorized_at };
    Ok(ConnectionDetail {
        item: item_of_connection(&connection, app, &names, issued, now),
        created: moment(connection.created_at, now),
        created_by: name_of(cx, connection.created_by).await?,
        secret: app.map(|app| secret_countdown(app, now)),
        authorization: countdown(authorized.expires_at(), 365, now),
        marketplaces: connection.marketplace_ids.iter().map(|id| name_of_marketplace(id)).collect(),
        generation: connection.access.as_ref().map(|a| a.cached.generation),
        token_expires: connection.access.as_ref().map(|a| moment(a.cached.expires_at, now)),
        siblings,
        gateways: gateways.into_iter().filter(|g| allowed.contains(&g.id)).map(|g| (g.id, g.name.to_string())).collect(),
        leases,
        origin: cx.portal.settings.public_url.clone(),
    })
}
