//! LWA apps, without their secrets.

use backend::{Cx, TeamScope, connections as connection_verbs, store::lwa_app::LwaApp};
use model::{
    Time,
    amazon::SecretClock,
    ids::LwaAppId,
    lwa_app::{OtherSecret, Standing},
};

use crate::edge::{fail, moment};
use crate::{Failure, api::apps::AppItem};

use super::*;

pub(crate) async fn app_items(cx: &Cx, scope: &TeamScope, apps: Vec<LwaApp>) -> Result<Vec<AppItem>, Failure> {
    let connections = connection_verbs::list(cx, scope).await.map_err(fail)?;
    let served = |id: LwaAppId| connections.iter().filter(|c| c.lwa_app == id && c.disconnected_at.is_none()).count();
    Ok(apps.into_iter().map(|app| item_of_app(served(app.id), app, cx.now())).collect())
}

pub(crate) async fn app_item(cx: &Cx, scope: &TeamScope, app: LwaApp) -> Result<AppItem, Failure> {
    let mut items = app_items(cx, scope, vec![app]).await?;
    items.pop().ok_or_else(|| fail(backend::access::AccessError::NotFound))
}

/// How an app stands now.
pub(super) fn standing(app: &LwaApp, now: Time) -> Standing {
    let code = app.rejected.as_ref().map(|(_, code)| code.as_str());
    Standing::of(code, SecretClock { made_at: app.secret_made_at }, now)
}

fn item_of_app(connections: usize, app: LwaApp, now: Time) -> AppItem {
    AppItem {
        secret: secret_countdown(&app, now),
        standing: standing(&app, now),
        id: app.id,
        name: app.name.to_string(),
        api: app.api,
        environment: app.environment,
        client_id: app.client_id,
        application_id: app.application_id,
        is_draft: app.is_draft,
        other_at: match app.other {
            OtherSecret::Empty => None,
            OtherSecret::Next { made_at } => Some(moment(made_at, now)),
            OtherSecret::Old { until } => Some(moment(until, now)),
        },
        other: app.other,
        rejected: app.rejected.map(|(_, code)| code),
        created: moment(app.created_at, now),
        connections,
    }
}
