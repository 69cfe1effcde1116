//! Who calls: the key, its gateway, its Team. Nothing else about a request decides what it may reach.

use std::net::IpAddr;

use model::{
    audit::{Action, SafeText},
    gateway::{Scope, split_key},
    ids::{ConnectionId, GatewayKeyId, RequestId, TeamId},
};
use secrecy::{ExposeSecret, SecretString};

use super::{Flights, IssueError, Limits, Refused, record};
use crate::{
    Actor, Cx, Portal, TeamScope, access,
    audit::{Event, Recorder},
    cx::GatewayActor,
    store::{
        issue::{self, Held, KeyRow},
        rate_limit::{self, Limit},
    },
    vault::sha256,
};

/// The handles of the gateway route: one per process.
#[derive(Clone, Debug)]
pub struct Credentials {
    pub portal: Portal,
    pub recorder: Recorder,
    pub flights: Flights,
    pub limits: Limits,
}

/// Where a gateway's request came from.
#[derive(Clone, Debug)]
pub struct Origin {
    pub request: RequestId,
    pub address: Option<IpAddr>,
    pub agent: Option<SafeText>,
}

/// A gateway whose key is live and whose address is allowed.
#[derive(Clone, Debug)]
pub struct Caller {
    pub(super) cx: Cx,
    pub(super) scope: TeamScope,
    pub(super) row: KeyRow,
}

/// Misses of one client address: ten at once, then one every ten seconds.
const MISSES: Limit = Limit { burst: 10, every: chrono::Duration::seconds(10) };

impl Caller {
    /// The Team that the key belongs to.
    pub fn team(&self) -> TeamId {
        self.row.team
    }

    pub(super) fn needs(&self, scope: Scope) -> Result<(), IssueError> {
        if self.row.scopes.contain(scope) { Ok(()) } else { Err(IssueError::ScopeMissing(scope)) }
    }
}

/// Finds the caller behind a bearer key, together with the connection it names (when it may use it).
/// Failures are recorded, and slowed down per client address.
#[expect(clippy::disallowed_methods, reason = "a presented key is taken apart and hashed")]
pub async fn identify(
    credentials: &Credentials,
    origin: &Origin,
    bearer: Option<&SecretString>,
    connection: Option<ConnectionId>,
) -> Result<(Caller, Option<Held>), Refused> {
    let portal = &credentials.portal;
    let now = portal.clock.now();
    let key = bearer.and_then(|bearer| split_key(bearer.expose_secret()).map(|(key, _)| key));
    let found = match (key, connection) {
        (Some(key), Some(connection)) => issue::key_and_connection(portal.db.reader(), key, connection, now).await?,
        (Some(key), None) => issue::key(portal.db.reader(), key, now).await?.map(|row| (row, None)),
        (None, _) => None,
    };
    // An unknown key is compared too, so that it takes as long as a known one.
    let presented = sha256(bearer.map(|b| b.expose_secret()).unwrap_or_default().as_bytes());
    let stored = found.as_ref().map_or(&[0_u8; 32][..], |(row, _)| &row.hash);
    let known = bool::from(subtle::ConstantTimeEq::ct_eq(&presented[..], stored));
    let Some((row, held)) = found.filter(|_| known) else {
        let error = miss(credentials, origin, key, None).await;
        let nothing_sent = bearer.is_none() && matches!(error, IssueError::InvalidKey);
        return Err(if nothing_sent { IssueError::NoKey } else { error }.into());
    };
    let caller = caller(credentials, origin, row);
    if !caller.row.is_live(now) {
        return Err(miss(credentials, origin, key, Some(&caller)).await.into());
    }
    if !caller.row.networks.allow(origin.address) {
        return Err(record::refuse(credentials, &caller, Action::GatewayRefused, None, IssueError::AddressNotAllowed).await);
    }
    Ok((caller, held))
}

fn caller(credentials: &Credentials, origin: &Origin, row: KeyRow) -> Caller {
    let actor = GatewayActor { team: row.team, gateway: row.gateway, key: row.key, name: row.gateway_name.to_string() };
    Caller { cx: cx(credentials, origin, Actor::Gateway(actor)), scope: access::gateway(row.team, row.environment), row }
}

fn cx(credentials: &Credentials, origin: &Origin, actor: Actor) -> Cx {
    let Origin { request, address, agent } = origin.clone();
    Cx { portal: credentials.portal.clone(), actor, request, address, agent }
}

/// Records a failed authentication, unless its network fails so often that recording would serve the attacker. `dead`: the
/// caller behind a key that was right and is not live any more, whose Team wants to know.
async fn miss(credentials: &Credentials, origin: &Origin, key: Option<GatewayKeyId>, dead: Option<&Caller>) -> IssueError {
    let event = match dead {
        Some(caller) => Event::of(&caller.scope, Action::GatewayRefused).refused(caller.row.why_dead()),
        None => Event::new(Action::GatewayRefused).refused("invalid-gateway-key"),
    };
    let event = if let Some(key) = key { event.with("key", key) } else { event };
    let cx = dead.map_or_else(|| cx(credentials, origin, Actor::Anonymous), |caller| caller.cx.clone());
    match record_miss(&cx, event).await {
        Ok(error) => error,
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "failed authentication not recorded");
            IssueError::AuditUnavailable
        }
    }
}

async fn record_miss(cx: &Cx, event: Event) -> Result<IssueError, sea_orm::DbErr> {
    let bucket = format!("key-miss:{}", cx.network());
    // Asked first without a transaction: who is over the limit must not hold up those who write.
    let mut taken = rate_limit::look(cx.portal.db.reader(), &bucket, MISSES, cx.now()).await?;
    if taken.granted == 0 {
        return Ok(IssueError::RateLimited { retry_after_s: seconds(taken.wait) });
    }
    let tx = cx.portal.db.begin().await?;
    taken = rate_limit::take(&*tx, &bucket, MISSES, 1, cx.now()).await?;
    if taken.granted == 0 {
        return Ok(IssueError::RateLimited { retry_after_s: seconds(taken.wait) });
    }
    crate::audit::append(&*tx, cx, event).await?;
    tx.commit().await?;
    Ok(IssueError::InvalidKey)
}

/// Whole seconds, rounded up, at least one.
pub(super) fn seconds(wait: chrono::Duration) -> u32 {
    u32::try_from((wait.num_milliseconds() + 999) / 1000).unwrap_or(u32::MAX).max(1)
}
