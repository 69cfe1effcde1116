//! Gateways and keys that nothing uses: they are listed, and stopped in one step.

use model::{
    Time,
    audit::Action,
    gateway::{KeyPhase, key_phase, key_unused_days},
    ids::{GatewayId, GatewayKeyId},
};

use super::{GatewayError, get, list};
use crate::{
    Cx, TeamScope,
    access::AccessError,
    audit::{self, Event, Target},
    incidents,
    store::{self, gateway::Gateway, gateway_key::GatewayKey},
};

/// A gateway with live keys that nothing used for thirty days or more, or that nothing used at all.
#[derive(Clone, Debug)]
pub struct Idle {
    pub gateway: Gateway,
    /// Days since the gateway was used by any key, when they are thirty or more.
    pub days: Option<i64>,
    /// Its unused live keys, each with the days since it was used.
    pub keys: Vec<(GatewayKey, i64)>,
}

impl Idle {
    fn of(gateway: Gateway, all: &[GatewayKey], now: Time) -> Option<Self> {
        let own: Vec<_> = all.iter().filter(|key| key.gateway == gateway.id).collect();
        let used = own.iter().filter_map(|key| key.last_used_at).max();
        let days = key_unused_days(gateway.created_at, used, now);
        let is_live = |key: &GatewayKey| key_phase(key.expires_at, key.revoked_at, now) == KeyPhase::Live && !key.canary;
        let unused = |key: &GatewayKey| key_unused_days(key.created_at, key.last_used_at, now);
        let keys = own.into_iter().filter(|key| is_live(key)).filter_map(|key| Some((key.clone(), unused(key)?)));
        let keys: Vec<_> = keys.collect();
        (days.is_some() || !keys.is_empty()).then_some(Self { gateway, days, keys })
    }
}

/// What nothing uses, by the gateways' names; canaries are never used, and stay.
pub async fn idle(cx: &Cx, scope: &TeamScope) -> Result<Vec<Idle>, AccessError> {
    let keys = store::gateway_key::all(&cx.portal.db.of(scope), scope, None).await?;
    let gateways = list(cx, scope).await?.into_iter().filter(|gateway| gateway.disabled_at.is_none());
    Ok(gateways.filter_map(|gateway| Idle::of(gateway, &keys, cx.now())).collect())
}

async fn may_touch(cx: &Cx, scope: &TeamScope, gateways: &[GatewayId], keys: &[GatewayKeyId]) -> Result<(), GatewayError> {
    let all = store::gateway_key::all(&cx.portal.db.of(scope), scope, None).await?;
    let of_key = |id: &GatewayKeyId| all.iter().find(|key| key.id == *id).map(|key| key.gateway);
    let of_keys: Option<Vec<GatewayId>> = keys.iter().map(of_key).collect();
    for id in gateways.iter().copied().chain(of_keys.ok_or(AccessError::NotFound)?) {
        scope.touch(cx, get(cx, scope, id).await?.environment).await?;
    }
    Ok(())
}

/// Disables these gateways and revokes these keys, all or none. One that was used meanwhile is not stopped.
#[tracing::instrument(skip_all, fields(team = %scope.team()))]
pub async fn stop_idle(
    cx: &Cx,
    scope: &TeamScope,
    gateways: &[GatewayId],
    keys: &[GatewayKeyId],
) -> Result<(), GatewayError> {
    if gateways.is_empty() && keys.is_empty() {
        return Err(GatewayError::NothingChosen);
    }
    may_touch(cx, scope, gateways, keys).await?;
    let idle = idle(cx, scope).await?;
    let disabled: Vec<_> = idle.iter().filter(|one| one.days.is_some() && gateways.contains(&one.gateway.id)).collect();
    let revoked = idle.iter().flat_map(|one| one.keys.iter().map(move |(key, _)| (&one.gateway, key)));
    let revoked: Vec<_> = revoked.filter(|(_, key)| keys.contains(&key.id)).collect();
    if disabled.len() != gateways.len() || revoked.len() != keys.len() {
        return Err(GatewayError::Changed);
    }
    incidents::preserve(cx, scope).await?;
    let now = cx.now();
    let tx = cx.portal.db.begin_in(scope).await?;
    for one in disabled {
        let gateway = Gateway { disabled_at: Some(now), ..one.gateway.clone() };
        if !store::gateway::write(&*tx, scope, &gateway).await? {
            return Err(GatewayError::Changed);
        }
        let event = Event::of(scope, Action::GatewayDisabled).on(Target::gateway(gateway.id, &gateway.name));
        audit::append(&*tx, cx, event).await?;
    }
    for (gateway, key) in revoked {
        if !store::gateway_key::revoke(&*tx, scope, key.id, now).await? {
            return Err(GatewayError::Changed);
        }
        let event = Event::of(scope, Action::GatewayKeyRevoked).on(Target::gateway_key(key.id, &gateway.name));
        audit::append(&*tx, cx, event).await?;
    }
    Ok(tx.commit().await?)
}
