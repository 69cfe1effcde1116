//! Connections: one selling partner's grant each. Tokens are here only sealed.

mod figures;
mod upkeep;

use model::{
    Environment, Name, Time,
    amazon::{Api, Marketplace, ProfileId, SellerId},
    connection::{ConnectionState, SellerIdSource},
    credential::Cached,
    ids::{ConnectionId, LwaAppId, UserId},
};
use sea_orm::{IntoActiveModel, QueryOrder, entity::prelude::*};

use super::{sql, stored};
use crate::{access::TeamScope, vault::Sealed};

pub use figures::{Counts, counts};
pub use upkeep::{authorizations, claim_test, follow, proved, test_failed, untested_since};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "connection")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub team_id: Uuid,
    pub lwa_app_id: Uuid,
    pub environment: String,
    pub name: String,
    pub seller_id: String,
    pub seller_id_source: String,
    pub marketplace: String,
    pub region: String,
    pub marketplace_ids: String,
    pub state: String,
    pub refresh_token: Option<Vec<u8>>,
    pub access_token: Option<Vec<u8>>,
    pub generation: i64,
    pub access_issued_at: Option<DateTimeUtc>,
    pub access_expires_at: Option<DateTimeUtc>,
    pub life_assumed: bool,
    pub authorized_at: DateTimeUtc,
    pub created_by: Uuid,
    pub created_at: DateTimeUtc,
    pub proved_at: DateTimeUtc,
    pub failed_at: Option<DateTimeUtc>,
    pub failure_code: Option<String>,
    pub failures: i32,
    pub retry_at: Option<DateTimeUtc>,
    pub refresh_holder: Option<Uuid>,
    pub refresh_until: Option<DateTimeUtc>,
    pub forced_at: Option<DateTimeUtc>,
    pub disconnected_at: Option<DateTimeUtc>,
    pub version: i32,
    pub grant_mac: Option<Vec<u8>>,
    pub tested_at: Option<DateTimeUtc>,
    pub test_failure: Option<String>,
    pub canary: bool,
    pub profile_id: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}

/// A Connection with its sealed tokens.
#[derive(Clone, Debug)]
pub struct Connection {
    pub id: ConnectionId,
    pub lwa_app: LwaAppId,
    pub environment: Environment,
    pub name: Name,
    pub seller_id: SellerId,
    pub seller_id_source: SellerIdSource,
    pub marketplace: Marketplace,
    /// What it is for at the Advertising API; a connection without one is for SP-API.
    pub profile: Option<ProfileId>,
    /// The marketplaces that it serves, as Amazon said at the last proof; space-separated when stored.
    pub marketplace_ids: Vec<String>,
    pub state: ConnectionState,
    pub refresh_token: Option<Sealed>,
    /// By what the grant is known again, however it is sealed.
    pub grant_mac: Option<Vec<u8>>,
    pub access: Option<Access>,
    pub authorized_at: Time,
    pub created_by: UserId,
    pub created_at: Time,
    /// The last time Amazon accepted the grant.
    pub proved_at: Time,
    pub failure: Option<Failure>,
    /// When the last test failed, and with which word.
    pub test_failure: Option<(Time, String)>,
    pub forced_at: Option<Time>,
    pub disconnected_at: Option<Time>,
    /// Laid out for a thief: nothing may use it.
    pub canary: bool,
    pub version: i32,
}

impl Connection {
    pub fn api(&self) -> Api {
        Api::of(self.profile)
    }

    /// Another one of the very same grant: profiles of the Advertising API share theirs.
    pub fn shares_grant(&self, other: &Connection) -> bool {
        self.id != other.id && self.grant_mac.is_some() && self.grant_mac == other.grant_mac
    }
}

/// The cached access token.
#[derive(Clone, Debug)]
pub struct Access {
    pub token: Sealed,
    pub cached: Cached,
    /// Amazon did not say how long it lives.
    pub life_assumed: bool,
}

/// What failed at the last try to refresh.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub at: Time,
    pub code: String,
    pub failures: i32,
    /// Amazon is left alone until then.
    pub retry_at: Option<Time>,
}

pub(super) fn connection(row: Model) -> Result<Connection, DbErr> {
    let cached = row.access_issued_at.zip(row.access_expires_at);
    let access = row.access_token.zip(cached).map(|(token, (issued_at, expires_at))| Access {
        token: Sealed(token),
        cached: Cached { generation: row.generation, issued_at, expires_at },
        life_assumed: row.life_assumed,
    });
    let failure = row.failed_at.zip(row.failure_code);
    Ok(Connection {
        id: ConnectionId(row.id),
        lwa_app: LwaAppId(row.lwa_app_id),
        environment: stored(Environment::parse(&row.environment), "environment")?,
        name: stored(row.name.parse().ok(), "name")?,
        seller_id: stored(SellerId::named_by_amazon(&row.seller_id), "seller id")?,
        seller_id_source: stored(SellerIdSource::parse(&row.seller_id_source), "seller id source")?,
        marketplace: stored(Marketplace::by_code(&row.marketplace), "marketplace")?,
        profile: row.profile_id.map(|id| stored(id.parse().ok(), "profile")).transpose()?,
        marketplace_ids: row.marketplace_ids.split_whitespace().map(str::to_owned).collect(),
        state: stored(ConnectionState::parse(&row.state), "state")?,
        refresh_token: row.refresh_token.map(Sealed),
        grant_mac: row.grant_mac,
        access,
        authorized_at: row.authorized_at,
        created_by: UserId(row.created_by),
        created_at: row.created_at,
        proved_at: row.proved_at,
        failure: failure.map(|(at, code)| Failure { at, code, failures: row.failures, retry_at: row.retry_at }),
        test_failure: row.tested_at.zip(row.test_failure),
        forced_at: row.forced_at,
        disconnected_at: row.disconnected_at,
        canary: row.canary,
        version: row.version,
    })
}

pub async fn insert(db: &impl ConnectionTrait, scope: &TeamScope, new: Connection) -> Result<(), DbErr> {
    let (access_token, cached, life_assumed) = match new.access {
        Some(access) => (Some(access.token.0), Some(access.cached), access.life_assumed),
        None => (None, None, false),
    };
    let row = Model {
        id: new.id.0,
        team_id: scope.team().0,
        lwa_app_id: new.lwa_app.0,
        environment: new.environment.as_str().to_owned(),
        name: new.name.to_string(),
        seller_id: new.seller_id.to_string(),
        seller_id_source: new.seller_id_source.as_str().to_owned(),
        marketplace: new.marketplace.code().to_owned(),
        region: new.marketplace.region().as_str().to_owned(),
        marketplace_ids: new.marketplace_ids.join(" "),
        state: new.state.as_str().to_owned(),
        refresh_token: new.refresh_token.map(|sealed| sealed.0),
        access_token,
        generation: cached.map_or(0, |c| c.generation),
        access_issued_at: cached.map(|c| c.issued_at),
        access_expires_at: cached.map(|c| c.expires_at),
        life_assumed,
        authorized_at: new.authorized_at,
        created_by: new.created_by.0,
        created_at: new.created_at,
        proved_at: new.proved_at,
        failed_at: None,
        failure_code: None,
        failures: 0,
        retry_at: None,
        refresh_holder: None,
        refresh_until: None,
        forced_at: None,
        disconnected_at: None,
        version: 1,
        grant_mac: new.grant_mac,
        tested_at: None,
        test_failure: None,
        canary: new.canary,
        profile_id: new.profile.map(|id| id.to_string()),
    };
    Entity::insert(row.into_active_model()).exec_without_returning(db).await.map(|_| ())
}

/// Makes a canary of it, or none any more; false when it was so already.
pub async fn set_canary(
    db: &impl ConnectionTrait,
    scope: &TeamScope,
    id: ConnectionId,
    canary: bool,
) -> Result<bool, DbErr> {
    let update = Entity::update_many().col_expr(Column::Canary, Expr::value(canary));
    let update = update.filter(Column::Id.eq(id.0)).filter(Column::TeamId.eq(scope.team().0));
    Ok(update.filter(Column::Canary.ne(canary)).exec(db).await?.rows_affected == 1)
}

/// The connections of the Team by name, disconnected ones last.
pub async fn all(db: &impl ConnectionTrait, scope: &TeamScope) -> Result<Vec<Connection>, DbErr> {
    let query = Entity::find().filter(Column::TeamId.eq(scope.team().0));
    let query = query.order_by_asc(Column::DisconnectedAt.is_not_null()).order_by_asc(Column::Name).order_by_asc(Column::Id);
    query.all(db).await?.into_iter().map(connection).collect()
}

pub async fn by_id(db: &impl ConnectionTrait, scope: &TeamScope, id: ConnectionId) -> Result<Option<Connection>, DbErr> {
    Entity::find_by_id(id.0).filter(Column::TeamId.eq(scope.team().0)).one(db).await?.map(connection).transpose()
}

/// Whether a connection of this environment that is not over has the name, in capitals or small.
pub async fn is_named(
    db: &impl ConnectionTrait,
    scope: &TeamScope,
    environment: Environment,
    name: &Name,
) -> Result<bool, DbErr> {
    let query = Entity::find().filter(Column::TeamId.eq(scope.team().0)).filter(Column::DisconnectedAt.is_null());
    let named = query.filter(Column::Environment.eq(environment.as_str())).all(db).await?;
    Ok(named.iter().any(|row| row.name.to_lowercase() == name.as_str().to_lowercase()))
}

/// How many undisconnected connections an LWA app serves.
pub async fn count_of_app(db: &impl ConnectionTrait, scope: &TeamScope, app: LwaAppId) -> Result<u64, DbErr> {
    let query = Entity::find().filter(Column::TeamId.eq(scope.team().0)).filter(Column::LwaAppId.eq(app.0));
    query.filter(Column::DisconnectedAt.is_null()).count(db).await
}

/// Moves to another state; false when the connection changed since it was loaded.
pub async fn set_state(
    db: &impl ConnectionTrait,
    scope: &TeamScope,
    loaded: &Connection,
    state: ConnectionState,
) -> Result<bool, DbErr> {
    let text = "UPDATE connection SET state = $4, version = version + 1 WHERE team_id = $1 AND id = $2 AND version = $3";
    let values = [scope.team().0.into(), loaded.id.0.into(), loaded.version.into(), state.as_str().into()];
    Ok(db.execute_raw(sql(db, text, values)).await?.rows_affected() == 1)
}

/// Disconnects: the sealed tokens are overwritten with nothing in the same statement.
pub async fn shred(db: &impl ConnectionTrait, scope: &TeamScope, loaded: &Connection, now: Time) -> Result<bool, DbErr> {
    let text =
        "UPDATE connection SET state = 'disconnected', refresh_token = NULL, grant_mac = NULL, access_token = NULL, access_issued_at = NULL,
            access_expires_at = NULL, generation = generation + 1, refresh_holder = NULL, refresh_until = NULL,
            disconnected_at = $4, version = version + 1
        WHERE team_id = $1 AND id = $2 AND version = $3";
    let values = [scope.team().0.into(), loaded.id.0.into(), loaded.version.into(), now.into()];
    Ok(db.execute_raw(sql(db, text, values)).await?.rows_affected() == 1)
}

/// A newly proved grant in place of the old one.
#[derive(Clone, Debug)]
pub struct Grant {
    pub refresh_token: Sealed,
    /// By what it is known again.
    pub mac: [u8; 32],
    pub access: Access,
    pub marketplace_ids: Vec<String>,
    pub seller_id_source: SellerIdSource,
    /// When somebody consented at Amazon.
    pub authorized_at: Time,
    pub at: Time,
}

/// Replaces the grant; false when the connection changed since it was loaded.
pub async fn replace_grant(
    db: &impl ConnectionTrait,
    scope: &TeamScope,
    loaded: &Connection,
    state: ConnectionState,
    grant: Grant,
) -> Result<bool, DbErr> {
    let text =
        "UPDATE connection SET state = $4, refresh_token = $5, access_token = $6, generation = $7, access_issued_at = $8,
            access_expires_at = $9, life_assumed = $10, marketplace_ids = $11, authorized_at = $15, proved_at = $12,
            seller_id_source = $13, grant_mac = $14, test_failure = NULL, failed_at = NULL, failure_code = NULL, failures = 0, retry_at = NULL,
            refresh_holder = NULL, refresh_until = NULL, version = version + 1
        WHERE team_id = $1 AND id = $2 AND version = $3";
    let Access { token, cached, life_assumed } = grant.access;
    let values = [
        scope.team().0.into(),
        loaded.id.0.into(),
        loaded.version.into(),
        state.as_str().into(),
        grant.refresh_token.0.into(),
        token.0.into(),
        cached.generation.into(),
        cached.issued_at.into(),
        cached.expires_at.into(),
        life_assumed.into(),
        grant.marketplace_ids.join(" ").into(),
        grant.at.into(),
        grant.seller_id_source.as_str().into(),
        grant.mac.to_vec().into(),
        grant.authorized_at.into(),
    ];
    Ok(db.execute_raw(sql(db, text, values)).await?.rows_affected() == 1)
}
