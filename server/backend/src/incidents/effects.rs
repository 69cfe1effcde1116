//! What a measure will stop, and who still holds a token afterwards: Amazon has no call that ends one.

use chrono::Duration;
use model::{
    Time,
    ids::{ConnectionId, GatewayId, GatewayKeyId, UserId},
    incident::TargetKind,
};
use uuid::Uuid;

use super::{IncidentScope, measures};
use crate::{
    Cx, TeamScope,
    access::AccessError,
    store::{
        self, audit_search,
        lease::{Lease, Of},
        measure::Measure,
    },
};

/// What stops.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effect {
    pub gateways: usize,
    pub connections: usize,
    /// Sessions of a person that are open.
    pub sessions: usize,
    /// Credentials that were issued in the last hour.
    pub issues: u64,
}

/// What stops when this is locked.
pub async fn effect(cx: &Cx, scope: &TeamScope, kind: TargetKind, id: Uuid) -> Result<Effect, AccessError> {
    let db = &cx.portal.db.of(scope);
    let since = cx.now() - Duration::hours(1);
    let issues = audit_search::issued_since(db, scope, kind, id, since).await?;
    let (gateways, connections) = match kind {
        TargetKind::Team => {
            let connections = store::connection::all(db, scope).await?;
            let live = connections.iter().filter(|one| one.disconnected_at.is_none()).count();
            let gateways = store::gateway::all(db, scope).await?;
            (gateways.iter().filter(|one| one.disabled_at.is_none()).count(), live)
        }
        TargetKind::Connection => (store::gateway::of_connection(db, scope, ConnectionId(id)).await?.len(), 1),
        TargetKind::Gateway => (1, store::gateway::connections(db, scope, GatewayId(id)).await?.len()),
        TargetKind::GatewayKey => {
            let keys = store::gateway_key::all(db, scope, None).await?;
            match keys.into_iter().find(|key| key.id.0 == id) {
                Some(key) => (1, store::gateway::connections(db, scope, key.gateway).await?.len()),
                None => (0, 0),
            }
        }
        TargetKind::LwaApp => {
            let connections = store::connection::all(db, scope).await?;
            (0, connections.iter().filter(|one| one.lwa_app.0 == id && one.disconnected_at.is_none()).count())
        }
        TargetKind::User => (0, 0),
    };
    let sessions = match kind {
        TargetKind::User => store::session::of_user(db, UserId(id)).await?.len(),
        _ => 0,
    };
    Ok(Effect { gateways, connections, sessions, issues })
}

/// Leases that live on although their target is locked or their key revoked, the last to end first, each once.
pub async fn holders(cx: &Cx, scope: &IncidentScope) -> Result<Vec<Lease>, AccessError> {
    let (db, now) = (&cx.portal.db.of(scope), cx.now());
    let mut held: Vec<Lease> = Vec::new();
    for measure in measures(cx, scope).await?.into_iter().filter(Measure::stops) {
        let id = measure.target_id;
        let live = |of: Of| store::lease::all_live(db, scope.team(), of, now);
        match measure.kind.target() {
            TargetKind::Team => held.extend(live(Of::Team).await?),
            TargetKind::Connection => held.extend(live(Of::Connection(ConnectionId(id))).await?),
            TargetKind::Gateway => held.extend(live(Of::Gateway(GatewayId(id))).await?),
            TargetKind::GatewayKey => held.extend(live(Of::Key(GatewayKeyId(id))).await?),
            TargetKind::User | TargetKind::LwaApp => {}
        }
    }
    held.sort_by_key(|lease| (std::cmp::Reverse(lease.expires_at), lease.id.0));
    held.dedup_by_key(|lease| lease.id);
    Ok(held)
}

/// When the last token of these dies.
pub fn last_end(held: &[Lease]) -> Option<Time> {
    held.iter().map(|lease| lease.expires_at).max()
}
