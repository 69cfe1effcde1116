//! The one question of the issue path: this key, its gateway, the connection if it may be used, the app, and any lock.

use model::{
    Environment, Name, Time,
    alert::CANARY,
    amazon::{Api, ProfileId},
    connection::SellerIdSource,
    credential::Cached,
    gateway::{KeyPhase, Networks, Scopes, key_phase},
    ids::{ConnectionId, GatewayId, GatewayKeyId, LwaAppId, TeamId},
    lwa_app::CLIENT_SECRET_EXPIRED,
};
use sea_orm::{QueryResult, entity::prelude::*};

use super::{connection::Failure, flag, sql, stored};
use crate::vault::Sealed;

/// A key with its gateway.
#[derive(Clone, Debug)]
pub struct KeyRow {
    pub key: GatewayKeyId,
    pub hash: Vec<u8>,
    pub expires_at: Time,
    pub revoked_at: Option<Time>,
    pub team: TeamId,
    pub gateway: GatewayId,
    pub gateway_name: Name,
    pub environment: Environment,
    pub scopes: Scopes,
    pub networks: Networks,
    pub disabled_at: Option<Time>,
    /// Laid out for a thief: it opens nothing.
    pub canary: bool,
    /// A lock stands on the Team, the gateway or the key.
    pub locked: bool,
}

impl KeyRow {
    /// Why a key may not be used, as the log keeps it.
    pub fn why_dead(&self) -> &'static str {
        match (self.disabled_at, self.revoked_at) {
            _ if self.canary => CANARY,
            (Some(_), _) => "gateway-disabled",
            (None, Some(_)) => "key-revoked",
            (None, None) => "key-expired",
        }
    }

    /// The key may be used: no canary, not expired, not revoked, and its gateway is not disabled.
    pub fn is_live(&self, now: Time) -> bool {
        !self.canary && self.disabled_at.is_none() && key_phase(self.expires_at, self.revoked_at, now) == KeyPhase::Live
    }
}

/// A connection on the gateway's list, with what issuing needs of its app.
#[derive(Clone, Debug)]
pub struct Held {
    pub connection: ConnectionId,
    pub name: Name,
    pub environment: Environment,
    pub seller_id: String,
    pub marketplace: String,
    pub marketplace_ids: String,
    /// What it is for at the Advertising API; a connection without one is for SP-API.
    pub profile: Option<ProfileId>,
    pub state: String,
    pub cached: Option<Cached>,
    pub token: Option<Sealed>,
    pub life_assumed: bool,
    pub generation: i64,
    pub authorized_at: Time,
    /// The seller consented at Amazon, so the authorization runs out after 365 days.
    pub consented: bool,
    pub failure: Option<Failure>,
    pub forced_at: Option<Time>,
    pub refresh_until: Option<Time>,
    pub lwa_app: LwaAppId,
    pub client_id: String,
    pub secret_made_at: Time,
    /// LWA itself refuses the app: asking again is no use until its secret changes. An expired secret that only SP-API
    /// has told of (through a gateway) is shown to people, but does not stop refreshing.
    pub app_rejected: bool,
    /// Laid out for a thief: nothing may use it.
    pub canary: bool,
    /// A lock stands on the connection, or on another of the same grant: its tokens reach the same.
    pub locked: bool,
}

impl Held {
    pub fn api(&self) -> Api {
        Api::of(self.profile)
    }
}

const KEY: &str = "k.id AS key_id, k.hash, k.expires_at AS key_expires_at, k.revoked_at, k.team_id, k.gateway_id,
    g.name AS gateway_name, g.environment AS gateway_environment, g.scopes, g.networks, g.disabled_at, k.canary AS key_canary,
    EXISTS (SELECT 1 FROM lock l WHERE l.team_id = k.team_id AND l.lifted_at IS NULL AND (l.expires_at IS NULL OR l.expires_at > $2)
        AND l.target_id IN (k.team_id, k.gateway_id, k.id)) AS key_locked";

const HELD: &str = "c.id AS connection_id, c.name AS connection_name, c.environment, c.seller_id, c.marketplace, c.marketplace_ids,
    c.profile_id, c.state, c.access_token, c.generation, c.access_issued_at, c.access_expires_at, c.life_assumed, c.authorized_at, c.seller_id_source,
    c.failed_at, c.failure_code, c.failures, c.retry_at, c.forced_at, c.refresh_until, c.canary,
    a.id AS lwa_app_id, a.client_id, a.secret_made_at, a.rejected_code,
    EXISTS (SELECT 1 FROM lock l JOIN connection o ON o.id = l.target_id AND o.team_id = l.team_id
        WHERE l.team_id = k.team_id AND l.lifted_at IS NULL AND (l.expires_at IS NULL OR l.expires_at > $2)
            AND (o.id = c.id OR o.grant_mac = c.grant_mac)) AS connection_locked";

/// The key and its gateway.
pub async fn key(db: &impl ConnectionTrait, key: GatewayKeyId, now: Time) -> Result<Option<KeyRow>, DbErr> {
    let text = format!("SELECT {KEY} FROM gateway_key k JOIN gateway g ON g.id = k.gateway_id WHERE k.id = $1");
    let row = db.query_one_raw(sql(db, &text, [key.0.into(), now.into()])).await?;
    row.as_ref().map(read_key).transpose()
}

/// The key, its gateway, and the connection when it is on the gateway's list.
pub async fn key_and_connection(
    db: &impl ConnectionTrait,
    key: GatewayKeyId,
    connection: ConnectionId,
    now: Time,
) -> Result<Option<(KeyRow, Option<Held>)>, DbErr> {
    let text = format!(
        "SELECT {KEY}, {HELD} FROM gateway_key k JOIN gateway g ON g.id = k.gateway_id
            LEFT JOIN gateway_connection gc ON gc.gateway_id = g.id AND gc.connection_id = $3 AND gc.team_id = k.team_id
            LEFT JOIN connection c ON c.id = gc.connection_id AND c.team_id = gc.team_id
            LEFT JOIN lwa_app a ON a.id = c.lwa_app_id AND a.team_id = c.team_id
        WHERE k.id = $1"
    );
    let row = db.query_one_raw(sql(db, &text, [key.0.into(), now.into(), connection.0.into()])).await?;
    row.map(|row| Ok((read_key(&row)?, read_held(&row)?))).transpose()
}

fn text(row: &QueryResult, column: &str) -> Result<String, DbErr> {
    row.try_get("", column)
}

fn read_key(row: &QueryResult) -> Result<KeyRow, DbErr> {
    Ok(KeyRow {
        key: GatewayKeyId(row.try_get("", "key_id")?),
        hash: row.try_get("", "hash")?,
        expires_at: row.try_get("", "key_expires_at")?,
        revoked_at: row.try_get("", "revoked_at")?,
        team: TeamId(row.try_get("", "team_id")?),
        gateway: GatewayId(row.try_get("", "gateway_id")?),
        gateway_name: stored(text(row, "gateway_name")?.parse().ok(), "name")?,
        environment: stored(Environment::parse(&text(row, "gateway_environment")?), "environment")?,
        scopes: Scopes::from_text(&text(row, "scopes")?),
        networks: stored(text(row, "networks")?.parse().ok(), "network list")?,
        disabled_at: row.try_get("", "disabled_at")?,
        canary: row.try_get("", "key_canary")?,
        locked: flag(row, "key_locked")?,
    })
}

fn read_held(row: &QueryResult) -> Result<Option<Held>, DbErr> {
    let Some(id) = row.try_get::<Option<Uuid>>("", "connection_id")? else { return Ok(None) };
    let generation = row.try_get("", "generation")?;
    let issued_at: Option<Time> = row.try_get("", "access_issued_at")?;
    let expires_at: Option<Time> = row.try_get("", "access_expires_at")?;
    let cached = issued_at.zip(expires_at).map(|(issued_at, expires_at)| Cached { generation, issued_at, expires_at });
    let failed_at: Option<Time> = row.try_get("", "failed_at")?;
    let failure = match failed_at {
        Some(at) => Some(Failure {
            at,
            code: text(row, "failure_code")?,
            failures: row.try_get("", "failures")?,
            retry_at: row.try_get("", "retry_at")?,
        }),
        None => None,
    };
    let profile: Option<String> = row.try_get("", "profile_id")?;
    Ok(Some(Held {
        connection: ConnectionId(id),
        name: stored(text(row, "connection_name")?.parse().ok(), "name")?,
        environment: stored(Environment::parse(&text(row, "environment")?), "environment")?,
        seller_id: text(row, "seller_id")?,
        marketplace: text(row, "marketplace")?,
        marketplace_ids: text(row, "marketplace_ids")?,
        profile: profile.map(|id| stored(id.parse().ok(), "profile")).transpose()?,
        state: text(row, "state")?,
        cached,
        token: row.try_get::<Option<Vec<u8>>>("", "access_token")?.map(Sealed),
        life_assumed: row.try_get("", "life_assumed")?,
        generation,
        authorized_at: row.try_get("", "authorized_at")?,
        consented: text(row, "seller_id_source")? == SellerIdSource::Amazon.as_str(),
        failure,
        forced_at: row.try_get("", "forced_at")?,
        refresh_until: row.try_get("", "refresh_until")?,
        lwa_app: LwaAppId(row.try_get("", "lwa_app_id")?),
        client_id: text(row, "client_id")?,
        secret_made_at: row.try_get("", "secret_made_at")?,
        app_rejected: row.try_get::<Option<String>>("", "rejected_code")?.is_some_and(|code| code != CLIENT_SECRET_EXPIRED),
        canary: row.try_get("", "canary")?,
        locked: flag(row, "connection_locked")?,
    }))
}
