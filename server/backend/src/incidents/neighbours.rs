use std::collections::BTreeSet;

use model::{
    ids::{ConnectionId, GatewayId},
    incident::TargetKind,
};
use uuid::Uuid;

use super::{IncidentScope, report::target_named};
use crate::{
    Cx,
    access::AccessError,
    store::{self, incident::AboutTarget},
};

/// More than this of a kind are offered by naming them.
const MOST: usize = 12;

/// What stands beside the things that an incident is about, and may have been reached through them: the keys and connections of
/// a gateway, the gateway of a key, the app and the gateways of a connection, the other
/// profiles of its grant, the connections of an app.
pub(super) async fn neighbours(
    cx: &Cx,
    scope: &IncidentScope,
    named: &[AboutTarget],
) -> Result<Vec<AboutTarget>, AccessError> {
    let mut near = BTreeSet::new();
    for target in named {
        near.extend(beside(cx, scope, target).await?);
    }
    let mut found: Vec<AboutTarget> = Vec::new();
    for (kind, id) in near {
        let is_named = named.iter().any(|target| target.kind == kind && target.id == id);
        if is_named || found.iter().filter(|one| one.kind == kind).count() == MOST {
            continue;
        }
        found.extend(target_named(cx, scope.team(), kind, id).await?);
    }
    Ok(found)
}

async fn beside(cx: &Cx, scope: &IncidentScope, target: &AboutTarget) -> Result<Vec<(TargetKind, Uuid)>, AccessError> {
    let (db, team, id) = (&cx.portal.db.of(&scope.team()), scope.team(), target.id);
    let keys = async || store::gateway_key::all(db, team, None).await;
    let connections = async || store::connection::all(db, team).await;
    Ok(match target.kind {
        TargetKind::Gateway => {
            let live = keys().await?.into_iter().filter(|key| key.gateway.0 == id && key.revoked_at.is_none());
            let used = store::gateway::connections(db, team, GatewayId(id)).await?.into_iter();
            let used = used.map(|one| (TargetKind::Connection, one.0));
            live.map(|key| (TargetKind::GatewayKey, key.id.0)).chain(used).collect()
        }
        TargetKind::GatewayKey => {
            let of = keys().await?.into_iter().filter(|key| key.id.0 == id);
            of.map(|key| (TargetKind::Gateway, key.gateway.0)).collect()
        }
        TargetKind::Connection => {
            let all = connections().await?;
            let own = all.iter().find(|one| one.id.0 == id);
            let same = all.iter().filter(|one| own.is_some_and(|own| one.shares_grant(own)));
            let same: Vec<_> = same.map(|one| (TargetKind::Connection, one.id.0)).collect();
            let of = all.into_iter().filter(|one| one.id.0 == id);
            let users = store::gateway::of_connection(db, team, ConnectionId(id)).await?.into_iter();
            let users = users.map(|gateway| (TargetKind::Gateway, gateway.0));
            of.map(|one| (TargetKind::LwaApp, one.lwa_app.0)).chain(users).chain(same).collect()
        }
        TargetKind::LwaApp => {
            let of = connections().await?.into_iter().filter(|one| one.lwa_app.0 == id && one.disconnected_at.is_none());
            of.map(|one| (TargetKind::Connection, one.id.0)).collect()
        }
        TargetKind::Team | TargetKind::User => Vec::new(),
    })
}
