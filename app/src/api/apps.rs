//! LWA apps. No secret ever comes back from here.

use leptos::prelude::*;
use model::{
    Environment,
    amazon::Api,
    ids::{LwaAppId, TeamId},
    lwa_app::{OtherSecret, Standing},
};
use serde::{Deserialize, Serialize};

use super::{Countdown, Moment};
use crate::Failure;

/// An LWA app without its secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppItem {
    pub id: LwaAppId,
    pub name: String,
    pub api: Api,
    pub environment: Environment,
    pub client_id: String,
    pub application_id: Option<String>,
    pub is_draft: bool,
    pub secret: Countdown,
    pub other: OtherSecret,
    pub other_at: Option<Moment>,
    /// The code with which Amazon refuses the app.
    pub rejected: Option<String>,
    pub standing: Standing,
    pub created: Moment,
    pub connections: usize,
}

/// The Team's apps.
#[server(prefix = "/act", endpoint = "lwa_apps")]
pub async fn lwa_apps(team: TeamId) -> Result<Vec<AppItem>, Failure> {
    use crate::edge::{app_items, enter, fail};
    let (cx, scope) = enter(team, model::Permission::ViewTeam).await?;
    let apps = backend::lwa_apps::list(&cx, &scope).await.map_err(fail)?;
    app_items(&cx, &scope, apps).await
}

/// One app.
#[server(prefix = "/act", endpoint = "lwa_app")]
pub async fn lwa_app(team: TeamId, app: LwaAppId) -> Result<AppItem, Failure> {
    use crate::edge::{app_item, enter, fail};
    let (cx, scope) = enter(team, model::Permission::ViewTeam).await?;
    let app = backend::lwa_apps::get(&cx, &scope, app).await.map_err(fail)?;
    app_item(&cx, &scope, app).await
}

/// Adds an app.
#[server(prefix = "/act", endpoint = "create_lwa_app")]
pub async fn create_lwa_app(
    team: TeamId,
    name: String,
    #[server(default)] api: String,
    environment: String,
    client_id: String,
    client_secret: String,
    #[server(default)] application_id: String,
    #[server(default)] is_draft: bool,
    #[server(default)] secret_made_on: String,
) -> Result<LwaAppId, Failure> {
    use crate::edge::{enter, fail, form};
    let (cx, scope) = enter(team, model::Permission::ManageLwaApps).await?;
    let new = form::new_lwa_app(
        cx.now(),
        name,
        &api,
        environment,
        client_id,
        client_secret,
        application_id,
        is_draft,
        secret_made_on,
    )?;
    let app = backend::lwa_apps::create(&cx, &scope, new).await.map_err(fail)?;
    leptos_axum::redirect(&format!("/teams/{team}/apps/{app}"));
    Ok(app)
}

/// Changes its name and how its consent page is reached.
#[server(prefix = "/act", endpoint = "change_lwa_app")]
pub async fn change_lwa_app(
    team: TeamId,
    app: LwaAppId,
    name: String,
    #[server(default)] application_id: String,
    #[server(default)] is_draft: bool,
) -> Result<(), Failure> {
    use crate::edge::{enter, fail, form};
    let (cx, scope) = enter(team, model::Permission::ManageLwaApps).await?;
    let (name, application_id) = form::changed_lwa_app(&name, &application_id)?;
    backend::lwa_apps::change(&cx, &scope, app, name, application_id, is_draft).await.map_err(fail)
}

/// Removes an app that serves no connection.
#[server(prefix = "/act", endpoint = "remove_lwa_app")]
pub async fn remove_lwa_app(team: TeamId, app: LwaAppId, confirm: String) -> Result<(), Failure> {
    use crate::edge::{enter, fail};
    let (cx, scope) = enter(team, model::Permission::ManageLwaApps).await?;
    backend::lwa_apps::remove(&cx, &scope, app, &confirm).await.map_err(fail)?;
    leptos_axum::redirect(&format!("/teams/{team}/apps"));
    Ok(())
}

/// Stores the next client secret, proved where a grant allows it.
#[server(prefix = "/act", endpoint = "stage_secret")]
pub async fn stage_secret(
    team: TeamId,
    app: LwaAppId,
    client_secret: String,
    #[server(default)] secret_made_on: String,
) -> Result<bool, Failure> {
    use crate::edge::{enter, fail, form};
    let (cx, scope) = enter(team, model::Permission::ManageLwaApps).await?;
    let (secret, made_at) = form::client_secret(cx.now(), client_secret, secret_made_on)?;
    backend::lwa_apps::stage_secret(&cx, &scope, app, secret, made_at).await.map_err(fail)
}

/// Makes the next client secret the current one.
#[server(prefix = "/act", endpoint = "promote_secret")]
pub async fn promote_secret(team: TeamId, app: LwaAppId) -> Result<(), Failure> {
    use crate::edge::{enter, fail};
    let (cx, scope) = enter(team, model::Permission::ManageLwaApps).await?;
    backend::lwa_apps::promote_secret(&cx, &scope, app).await.map_err(fail)
}

/// Forgets the secret in the other slot.
#[server(prefix = "/act", endpoint = "drop_other_secret")]
pub async fn drop_other_secret(team: TeamId, app: LwaAppId) -> Result<(), Failure> {
    use crate::edge::{enter, fail};
    let (cx, scope) = enter(team, model::Permission::ManageLwaApps).await?;
    backend::lwa_apps::drop_other_secret(&cx, &scope, app).await.map_err(fail)
}
