//! Gateways and their keys; a new key is shown once.

use backend::{
    Cx, TeamScope, connections as connection_verbs, gateways as gateway_verbs,
    gateways::{Idle, NewKey},
    store::{connection::Connection, gateway::Gateway, gateway_key::GatewayKey, lease},
};
use leptos::prelude::*;
use model::{
    Time,
    gateway::{KeyPhase, key_phase, key_unused_days},
};
use secrecy::ExposeSecret;

use crate::{
    Failure,
    answer::Revealed,
    api::gateways::{Choice, GatewayDetail, GatewayItem, IdleItem, KeyItem, ShownKey},
    edge::{Reveal, fail, moment},
};

use super::*;

pub(crate) async fn gateway_items(cx: &Cx, scope: &TeamScope, all: Vec<Gateway>) -> Result<Vec<GatewayItem>, Failure> {
    let keys = backend::store::gateway_key::all(&cx.portal.db.of(scope), scope, None).await.map_err(outage)?;
    let mut items = Vec::with_capacity(all.len());
    for gateway in all {
        let allowed = gateway_verbs::allowed(cx, scope, gateway.id).await.map_err(fail)?.len();
        items.push(item_of_gateway(&gateway, allowed, &keys, cx.now()));
    }
    Ok(items)
}

fn item_of_gateway(gateway: &Gateway, connections: usize, keys: &[GatewayKey], now: Time) -> GatewayItem {
    let mine = || keys.iter().filter(|k| k.gateway == gateway.id);
    GatewayItem {
        id: gateway.id,
        name: gateway.name.to_string(),
        environment: gateway.environment,
        disabled: gateway.disabled_at.is_some(),
        connections,
        live_keys: mine().filter(|k| !k.canary && key_phase(k.expires_at, k.revoked_at, now) == KeyPhase::Live).count(),
        last_used: mine().filter_map(|k| k.last_used_at).max().map(|at| moment(at, now)),
    }
}

pub(crate) fn idle_item(idle: &Idle) -> IdleItem {
    IdleItem {
        id: idle.gateway.id,
        name: idle.gateway.name.to_string(),
        environment: idle.gateway.environment,
        days: idle.days,
        keys: idle.keys.iter().map(|(key, days)| (key.id.to_string(), *days)).collect(),
    }
}

pub(crate) async fn gateway_detail(cx: &Cx, scope: &TeamScope, gateway: Gateway) -> Result<GatewayDetail, Failure> {
    let now = cx.now();
    let keys = gateway_verbs::keys(cx, scope, gateway.id).await.map_err(fail)?;
    let allowed = gateway_verbs::allowed(cx, scope, gateway.id).await.map_err(fail)?;
    let connections = connection_verbs::list(cx, scope).await.map_err(fail)?;
    let fits = |c: &&Connection| c.environment == gateway.environment && c.disconnected_at.is_none();
    Ok(GatewayDetail {
        item: item_of_gateway(&gateway, allowed.len(), &keys, now),
        scopes: gateway.scopes.0.clone(),
        networks: gateway.networks.to_text(),
        created: moment(gateway.created_at, now),
        choices: connections
            .iter()
            .filter(fits)
            .map(|c| Choice {
                id: c.id,
                name: c.name.to_string(),
                hint: format!("{} · {}", c.marketplace.name(), c.seller_id),
                allowed: allowed.contains(&c.id),
            })
            .collect(),
        keys: keys.into_iter().map(|key| key_item(key, now)).collect(),
        leases: lease_items(cx, scope, lease::Of::Gateway(gateway.id)).await?,
        origin: cx.portal.settings.public_url.clone(),
    })
}

fn key_item(key: GatewayKey, now: Time) -> KeyItem {
    KeyItem {
        id: key.id,
        phase: key_phase(key.expires_at, key.revoked_at, now),
        created: moment(key.created_at, now),
        expires: moment(key.expires_at, now),
        unused_days: unused_days(&key, now),
        canary: key.canary,
        last_used: key.last_used_at.map(|at| moment(at, now)),
        last_used_address: key.last_used_address,
        last_used_agent: key.last_used_agent,
    }
}

/// Days without a use of a live key, once they are too many.
pub(super) fn unused_days(key: &GatewayKey, now: Time) -> Option<i64> {
    let live = key_phase(key.expires_at, key.revoked_at, now) == KeyPhase::Live;
    key_unused_days(key.created_at, key.last_used_at, now).filter(|_| live && !key.canary)
}

/// The one place where a gateway key is shown. A plain form post gets it through [`Reveal`].
#[expect(clippy::disallowed_methods, reason = "a new key is shown once, to the person who made it")]
pub(crate) async fn show_key(cx: &Cx, scope: &TeamScope, new: NewKey) -> Result<ShownKey, Failure> {
    let allowed = gateway_verbs::allowed(cx, scope, new.key.gateway).await.map_err(fail)?;
    let shown =
        ShownKey { key: new.key.id, secret: new.secret.expose_secret().to_owned(), connection: allowed.first().copied() };
    if let Some(reveal) = use_context::<Reveal>() {
        reveal.put(Revealed::GatewayKey(shown.clone()));
    }
    Ok(shown)
}
