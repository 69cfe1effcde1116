//! Connecting for the Advertising API: a grant's profiles, and the choice of one. The token never comes back from here.

use leptos::prelude::*;
use model::ids::{ConnectionId, ProfileChoiceId, TeamId};
use serde::{Deserialize, Serialize};

use super::Moment;
use crate::Failure;

/// A choice that is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileChoiceDetail {
    pub id: ProfileChoiceId,
    pub app_name: String,
    pub region: String,
    pub until: Moment,
    pub profiles: Vec<ProfileItem>,
}

/// A profile that may be chosen, or is connected already.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileItem {
    pub id: String,
    pub name: String,
    pub kind: String,
    pub account: String,
    pub marketplace: String,
    pub connection: Option<ConnectionId>,
}

/// Proves a refresh token of the Advertising API and goes on to its profiles.
#[server(prefix = "/act", endpoint = "list_profiles")]
pub async fn list_profiles(
    team: TeamId,
    lwa_app: String,
    region: String,
    refresh_token: String,
    #[server(default)] consented_on: String,
) -> Result<ProfileChoiceId, Failure> {
    use crate::edge::{enter, fail, form};
    let (cx, scope) = enter(team, model::Permission::ManageConnections).await?;
    let new = form::new_grant(cx.now(), &lwa_app, &region, refresh_token, &consented_on)?;
    let choice = backend::connections::list_profiles(&cx, &scope, new).await.map_err(fail)?;
    leptos_axum::redirect(&format!("/teams/{team}/connections/profiles/{choice}"));
    Ok(choice)
}

/// What there is to choose from.
#[server(prefix = "/act", endpoint = "profile_choice")]
pub async fn profile_choice(team: TeamId, choice: ProfileChoiceId) -> Result<ProfileChoiceDetail, Failure> {
    use crate::edge::{enter, fail, profile_choice_detail};
    let (cx, scope) = enter(team, model::Permission::ManageConnections).await?;
    let open = backend::connections::profile_choice(&cx, &scope, choice).await.map_err(fail)?;
    profile_choice_detail(&cx, &scope, choice, open).await
}

/// Connects one of the profiles.
#[server(prefix = "/act", endpoint = "choose_profile")]
pub async fn choose_profile(
    team: TeamId,
    choice: ProfileChoiceId,
    #[server(default)] profile: String,
    name: String,
) -> Result<ConnectionId, Failure> {
    use crate::edge::{enter, fail, form};
    let (cx, scope) = enter(team, model::Permission::ManageConnections).await?;
    let (profile, name) = form::two(("profile", profile.parse()), ("name", name.parse()))?;
    let connection = backend::connections::choose_profile(&cx, &scope, choice, profile, name).await.map_err(fail)?;
    leptos_axum::redirect(&format!("/teams/{team}/connections/{connection}"));
    Ok(connection)
}
