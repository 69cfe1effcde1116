//! The choice of a profile, without its token.

use backend::{
    Cx, TeamScope,
    connections::{self as verbs, Choice},
};
use model::{connection::ConnectionState, ids::ProfileChoiceId};

use super::*;
use crate::api::profiles::{ProfileChoiceDetail, ProfileItem};

pub(crate) async fn profile_choice_detail(
    cx: &Cx,
    scope: &TeamScope,
    id: ProfileChoiceId,
    choice: Choice,
) -> Result<ProfileChoiceDetail, Failure> {
    let mut all = verbs::list(cx, scope).await.map_err(fail)?;
    all.retain(|one| one.lwa_app == choice.lwa_app && one.state != ConnectionState::Disconnected);
    let app = app_verbs::get(cx, scope, choice.lwa_app).await.map_err(fail)?;
    let item = |one: model::amazon::Profile| ProfileItem {
        connection: all.iter().find(|connection| connection.profile == Some(one.id)).map(|connection| connection.id),
        id: one.id.to_string(),
        name: one.name,
        kind: one.kind.as_str().to_owned(),
        account: one.account.to_string(),
        marketplace: one.marketplace.name().to_owned(),
    };
    Ok(ProfileChoiceDetail {
        id,
        app_name: app.name.to_string(),
        region: choice.region.name().to_owned(),
        until: moment(choice.expires_at, cx.now()),
        profiles: choice.profiles.into_iter().map(item).collect(),
    })
}
