//! Connections: proving a grant before it is stored, and everything that can happen to it afterwards.

mod changes;
mod consent;
mod error;
mod locks;
mod profiles;
mod prove;
mod siblings;
mod test;

use model::{
    Name, Time,
    amazon::{Api, Marketplace, ProfileId, SellerId},
    audit::Action,
    connection::{ConnectionState, SellerIdSource},
    ids::{ConnectionId, LwaAppId},
};
use secrecy::SecretString;

pub use changes::{Receipt, disable, disconnect, enable, replace_refresh_token, set_canary};
pub use consent::{Began, CONSENT_LIFE, NotConnected, Returned, finish_consent, start_consent};
pub use error::ConnectionError;
pub use profiles::{CHOICE_LIFE, Choice, NewGrant, choose_profile, list_profiles, profile_choice};
pub use prove::ProofFailure;
use prove::{For, Proof, prove};
pub(crate) use siblings::follow;
pub(crate) use test::grant_refused;
pub use test::{TEST_LIMIT, test};

use crate::{
    Cx, TeamScope,
    access::{self, AccessError},
    audit::{self, Event, Target},
    random,
    store::{
        self, Tx,
        connection::{Access, Connection},
        lwa_app::LwaApp,
    },
    vault::Place,
};

/// What a person fills in to connect with a pasted refresh token.
#[derive(Debug)]
pub struct NewConnection {
    pub lwa_app: LwaAppId,
    pub name: Name,
    pub seller_id: SellerId,
    pub marketplace: Marketplace,
    pub refresh_token: SecretString,
}

/// The connections of the Team by name, disconnected ones last.
pub async fn list(cx: &Cx, scope: &TeamScope) -> Result<Vec<Connection>, AccessError> {
    Ok(store::connection::all(&cx.portal.db.of(scope), scope).await?)
}

/// One connection of the Team.
pub async fn get(cx: &Cx, scope: &TeamScope, id: ConnectionId) -> Result<Connection, AccessError> {
    store::connection::by_id(&cx.portal.db.of(scope), scope, id).await?.ok_or(AccessError::NotFound)
}

/// Connects an account with a pasted refresh token. Nothing is stored when the proof fails.
#[tracing::instrument(skip_all, fields(team = %scope.team()))]
pub async fn create(cx: &Cx, scope: &TeamScope, new: NewConnection) -> Result<ConnectionId, ConnectionError> {
    access::signed_in(cx)?;
    let app = app_of(cx, scope, new.lwa_app, Api::SellingPartner).await?;
    let proof = match prove(cx, scope, &app, For::Seller(new.marketplace), new.refresh_token).await? {
        Ok(proof) => proof,
        Err(failure) => return Err(ConnectionError::NotProved(refused(cx, scope, ("name", &new.name), failure).await?)),
    };
    let tx = cx.portal.begin_to_seal(Some(scope.team())).await?;
    let NewConnection { seller_id, marketplace, .. } = new;
    let account =
        Account { seller_id, source: SellerIdSource::Declared, marketplace, profile: None, authorized_at: cx.now() };
    let id = store_new(cx, &tx, scope, &app, &new.name, account, proof).await?;
    tx.commit().await?;
    Ok(id)
}

/// An app that a grant is given to, if it is for this interface and whoever asks may touch its environment.
async fn app_of(cx: &Cx, scope: &TeamScope, id: LwaAppId, api: Api) -> Result<LwaApp, ConnectionError> {
    let app = store::lwa_app::by_id(&cx.portal.db.of(scope), scope, id).await?.ok_or(ConnectionError::NoSuchApp)?;
    scope.touch(cx, app.environment).await?;
    if app.api == api { Ok(app) } else { Err(ConnectionError::NoSuchApp) }
}

/// Records a failed proof; nothing else of it stays.
async fn refused(
    cx: &Cx,
    scope: &TeamScope,
    (what, name): (&'static str, &Name),
    failure: ProofFailure,
) -> Result<ProofFailure, ConnectionError> {
    let event = Event::of(scope, Action::ConnectionProofFailed).with(what, name).failed(failure.word());
    audit::append_alone(cx, event).await?;
    Ok(failure)
}

/// Whose grant it is.
struct Account {
    seller_id: SellerId,
    source: SellerIdSource,
    marketplace: Marketplace,
    /// Set for the Advertising API.
    profile: Option<ProfileId>,
    authorized_at: Time,
}

async fn store_new(
    cx: &Cx,
    tx: &Tx,
    scope: &TeamScope,
    app: &LwaApp,
    name: &Name,
    account: Account,
    proof: Proof,
) -> Result<ConnectionId, ConnectionError> {
    let Account { seller_id, source, marketplace, profile, authorized_at } = account;
    let now = cx.now();
    let id: ConnectionId = random::id(now);
    let vault = &cx.portal.vault;
    // Held, so that two cannot take one name at once, nor somebody remove the app meanwhile.
    store::team::hold(&**tx, scope).await?;
    store::lwa_app::by_id(&**tx, scope, app.id).await?.ok_or(ConnectionError::NoSuchApp)?;
    if store::connection::is_named(&**tx, scope, app.environment, name).await? {
        return Err(ConnectionError::NameTaken);
    }
    let grant_mac = vault.grant_mac(scope.team(), &proof.refresh_token);
    locks::not_round(cx, tx, scope, app.environment, (&seller_id, source), &grant_mac, None).await?;
    let refresh_token = vault.seal(&**tx, now, &place(scope, id, "refresh_token"), &proof.refresh_token).await?;
    let token = vault.seal(&**tx, now, &place(scope, id, "access_token"), &proof.access_token).await?;
    let connection = Connection {
        id,
        lwa_app: app.id,
        environment: app.environment,
        name: name.clone(),
        seller_id,
        seller_id_source: source,
        marketplace,
        profile,
        marketplace_ids: proof.marketplace_ids,
        state: ConnectionState::Active,
        refresh_token: Some(refresh_token),
        grant_mac: Some(grant_mac.to_vec()),
        access: Some(Access { token, cached: proof.cached, life_assumed: proof.life_assumed }),
        authorized_at,
        created_by: access::signed_in(cx)?.user,
        created_at: now,
        proved_at: now,
        failure: None,
        test_failure: None,
        forced_at: None,
        disconnected_at: None,
        canary: false,
        version: 1,
    };
    store::connection::insert(&**tx, scope, connection).await?;
    let event = Event::of(scope, Action::ConnectionCreated).on(Target::connection(id, name));
    let event = event.with("environment", app.environment).with("marketplace", marketplace.code());
    audit::append(&**tx, cx, event.with("api", app.api.as_str()).with("seller_id_from", source.as_str())).await?;
    if app.rejected.is_some() {
        crate::lwa_apps::recovered(tx, cx, scope, app).await.map_err(AccessError::from)?;
    }
    Ok(id)
}

/// The refresh token of any live grant of an app: to prove a new client secret with.
pub(crate) async fn any_refresh_token(
    cx: &Cx,
    scope: &TeamScope,
    app: LwaAppId,
) -> Result<Option<SecretString>, AccessError> {
    let db = &cx.portal.db.of(scope);
    let live = |c: &Connection| c.lwa_app == app && c.state == ConnectionState::Active;
    let Some(connection) = store::connection::all(db, scope).await?.into_iter().find(live) else { return Ok(None) };
    let Some(sealed) = connection.refresh_token else { return Ok(None) };
    let place = place(scope, connection.id, "refresh_token");
    let token = cx.portal.vault.open(db, &place, &sealed).await.map_err(crate::error::Outage::from)?;
    Ok(Some(token))
}

fn place(scope: &TeamScope, id: ConnectionId, field: &'static str) -> Place {
    Place { team: Some(scope.team()), table: "connection", row: id.0, field }
}
