//! Gateway keys: shown once, stored hashed, two at a time.

use chrono::Duration;
use model::{
    audit::Action,
    gateway::{KEY_LIVES_DAYS, KEY_PREFIX, KeyPhase, LIVE_KEYS, key_phase},
    ids::{GatewayId, GatewayKeyId},
    step_up::DangerousAct,
};
use secrecy::{ExposeSecret, SecretString};

use super::{GatewayError, get};
use crate::{
    Cx, TeamScope,
    access::{self, AccessError},
    audit::{self, Event, Target},
    incidents, random,
    store::{self, gateway_key::GatewayKey},
    vault::sha256,
};

/// A key at the only moment when its secret is known.
#[derive(Debug)]
pub struct NewKey {
    pub key: GatewayKey,
    /// `ptl_gw_<key id>_<256 random bits>`
    pub secret: SecretString,
}

/// The keys of a gateway, the newest first; dead ones too.
pub async fn keys(cx: &Cx, scope: &TeamScope, gateway: GatewayId) -> Result<Vec<GatewayKey>, AccessError> {
    Ok(store::gateway_key::all(&cx.portal.db.of(scope), scope, Some(gateway)).await?)
}

/// Makes a key that lives `days`. `known`: how many keys the caller believes the gateway to have, dead ones too.
#[tracing::instrument(skip_all, fields(team = %scope.team(), gateway = %gateway))]
pub async fn create_key(
    cx: &Cx,
    scope: &TeamScope,
    gateway: GatewayId,
    days: i64,
    known: Option<usize>,
) -> Result<NewKey, GatewayError> {
    let created_by = access::require_step_up(cx, scope, DangerousAct::CreateGatewayKey).await?;
    if !KEY_LIVES_DAYS.contains(&days) {
        return Err(GatewayError::KeyLife);
    }
    let gateway = get(cx, scope, gateway).await?;
    scope.touch(cx, gateway.environment).await?;
    let now = cx.now();
    // A contractor's key does not outlive their access.
    let own = store::member::by_user(&cx.portal.db.of(scope), scope, created_by).await?.ok_or(AccessError::NotFound)?;
    let ends_at = now + Duration::days(days);
    let ends_at = own.engagement.ends_at().map_or(ends_at, |own| own.min(ends_at));
    let id: GatewayKeyId = random::id(now);
    let bits = base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, random::bytes::<32>());
    let secret = SecretString::from(format!("{KEY_PREFIX}{}_{bits}", id.0.simple()));
    let key = GatewayKey {
        id,
        gateway: gateway.id,
        created_by,
        created_at: now,
        expires_at: ends_at,
        revoked_at: None,
        last_used_at: None,
        last_used_address: None,
        last_used_agent: None,
        canary: false,
    };
    let tx = cx.portal.db.begin_in(scope).await?;
    // Held, so that two requests cannot both find room for a second key.
    store::team::hold(&*tx, scope).await?;
    let keys = store::gateway_key::all(&*tx, scope, Some(gateway.id)).await?;
    if known.is_some_and(|known| known != keys.len()) {
        return Err(GatewayError::OtherKeys);
    }
    let live = keys.iter().filter(|k| key_phase(k.expires_at, k.revoked_at, now) == KeyPhase::Live);
    if live.count() >= LIVE_KEYS {
        return Err(GatewayError::TooManyKeys);
    }
    #[expect(clippy::disallowed_methods, reason = "only its hash is kept")]
    store::gateway_key::insert(&*tx, scope, &key, sha256(secret.expose_secret().as_bytes())).await?;
    let event = Event::of(scope, Action::GatewayKeyCreated).on(Target::gateway_key(id, &gateway.name)).with("days", days);
    audit::append(&*tx, cx, event).await?;
    tx.commit().await?;
    Ok(NewKey { key, secret })
}

/// Revokes a key: the next request with it is refused.
#[tracing::instrument(skip_all, fields(team = %scope.team(), key = %id))]
pub async fn revoke_key(cx: &Cx, scope: &TeamScope, gateway: GatewayId, id: GatewayKeyId) -> Result<(), GatewayError> {
    let gateway = get(cx, scope, gateway).await?;
    scope.touch(cx, gateway.environment).await?;
    let keys = store::gateway_key::all(&cx.portal.db.of(scope), scope, Some(gateway.id)).await?;
    if !keys.iter().any(|key| key.id == id && key.revoked_at.is_none()) {
        return Err(AccessError::NotFound.into());
    }
    incidents::preserve(cx, scope).await?;
    let tx = cx.portal.db.begin_in(scope).await?;
    if !store::gateway_key::revoke(&*tx, scope, id, cx.now()).await? {
        return Err(AccessError::NotFound.into());
    }
    audit::append(&*tx, cx, Event::of(scope, Action::GatewayKeyRevoked).on(Target::gateway_key(id, &gateway.name))).await?;
    tx.commit().await?;
    Ok(())
}

/// Makes a canary of a key: from now on it opens nothing, and whoever uses it is found out. There is no way back.
#[tracing::instrument(skip_all, fields(team = %scope.team(), key = %id))]
pub async fn make_canary_key(cx: &Cx, scope: &TeamScope, gateway: GatewayId, id: GatewayKeyId) -> Result<(), GatewayError> {
    let gateway = get(cx, scope, gateway).await?;
    scope.touch(cx, gateway.environment).await?;
    let tx = cx.portal.db.begin_in(scope).await?;
    let keys = store::gateway_key::all(&*tx, scope, Some(gateway.id)).await?;
    if !keys.iter().any(|key| key.id == id) || !store::gateway_key::make_canary(&*tx, scope, id).await? {
        return Err(AccessError::NotFound.into());
    }
    audit::append(&*tx, cx, Event::of(scope, Action::CanaryPlanted).on(Target::gateway_key(id, &gateway.name))).await?;
    tx.commit().await?;
    Ok(())
}
