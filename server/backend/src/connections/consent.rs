//! Connecting by Amazon's own consent page: the only way that proves a Seller ID.

use chrono::Duration;
use model::{
    Name, Permission,
    amazon::{Marketplace, SellerId},
    audit::Action,
    connection::{ConnectionAct, SellerIdSource},
    ids::{ConnectionId, LwaAppId, TeamId},
};
use secrecy::SecretString;
use url::Url;

use super::{Account, ConnectionError, changes, get, prove, refused, store_new};
use crate::{
    Cx, TeamScope, access,
    audit::{self, Event, Target},
    lwa_apps, random,
    store::{self, consent::Consent, lwa_app::LwaApp},
    vault::sha256,
};

/// A state lives this long: time to sign in to Seller Central and to read the page.
pub const CONSENT_LIFE: Duration = Duration::minutes(30);

/// Where Amazon sends the browser back to.
fn redirect_uri(cx: &Cx) -> String {
    format!("{}/consent/return", cx.portal.settings.public_url)
}

/// Sends the browser to Amazon: the answer is the address to go to. The state in it is single-use, short-lived, stored
/// hashed and bound to this session. `existing` authorizes a connection again.
#[tracing::instrument(skip_all, fields(team = %scope.team()))]
pub async fn start_consent(
    cx: &Cx,
    scope: &TeamScope,
    app: LwaAppId,
    name: Name,
    marketplace: Marketplace,
    existing: Option<ConnectionId>,
) -> Result<Url, ConnectionError> {
    let session = access::signed_in(cx)?.session;
    let app = store::lwa_app::by_id(&cx.portal.db.of(scope), scope, app).await?.ok_or(ConnectionError::NoSuchApp)?;
    scope.touch(cx, app.environment).await?;
    let application_id = app.application_id.as_deref().ok_or(ConnectionError::NoApplicationId)?;
    let state = base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, random::bytes::<32>());
    let now = cx.now();
    let tx = cx.portal.db.begin_in(scope).await?;
    let consent = Consent {
        state_hash: sha256(state.as_bytes()),
        lwa_app: app.id,
        session,
        connection: existing,
        name,
        marketplace,
        created_at: now,
        expires_at: now + CONSENT_LIFE,
    };
    if consent.connection.is_none() && store::connection::is_named(&*tx, scope, app.environment, &consent.name).await? {
        return Err(ConnectionError::NameTaken);
    }
    store::consent::insert(&*tx, scope, consent).await?;
    audit::append(&*tx, cx, Event::of(scope, Action::ConsentStarted).on(Target::lwa_app(app.id, &app.name))).await?;
    tx.commit().await?;
    Ok(cx.portal.amazon.consent_url(marketplace, application_id, &state, &redirect_uri(cx), app.is_draft))
}

/// What Amazon sends back with the browser.
#[derive(Debug)]
pub struct Returned {
    pub state: String,
    pub selling_partner_id: Option<String>,
    pub code: Option<SecretString>,
}

/// A consent that did not end in a connection.
#[derive(Debug, thiserror::Error)]
#[error("the consent was not finished")]
pub struct NotConnected {
    #[source]
    pub error: ConnectionError,
    /// Where it had begun; nothing when its state is not known.
    pub began: Option<Began>,
}

/// What somebody chose before going to Amazon.
#[derive(Debug)]
pub struct Began {
    pub team: TeamId,
    /// Set when an existing connection was to be authorized again.
    pub connection: Option<ConnectionId>,
    pub name: Name,
    pub marketplace: Marketplace,
}

impl From<ConnectionError> for NotConnected {
    fn from(error: ConnectionError) -> Self {
        Self { error, began: None }
    }
}

/// Finishes a consent: exchanges the code, proves the grant, stores it with the Seller ID that Amazon named.
#[tracing::instrument(skip_all)]
pub async fn finish_consent(cx: &Cx, returned: Returned) -> Result<(TeamId, ConnectionId), NotConnected> {
    let (scope, consent) = use_up(cx, &returned.state).await?;
    let team = scope.team();
    match connect(cx, &scope, &consent, returned).await {
        Ok(id) => Ok((team, id)),
        Err(error) => {
            // A refusal by Amazon is recorded where it is met; everything else that ends a consent is recorded here.
            if let Some(word) = ended(&error) {
                let event = Event::of(&scope, Action::ConnectionProofFailed).with("name", &consent.name).failed(word);
                audit::append_alone(cx, event).await.map_err(ConnectionError::from)?;
            }
            let Consent { connection, name, marketplace, .. } = consent;
            Err(NotConnected { error, began: Some(Began { team, connection, name, marketplace }) })
        }
    }
}

/// The consent behind a state, which is spent even when the rest fails.
async fn use_up(cx: &Cx, state: &str) -> Result<(TeamScope, Consent), ConnectionError> {
    let session = access::signed_in(cx)?.session;
    let state_hash = sha256(state.as_bytes());
    let team = store::consent::team_of(cx.portal.db.reader(), state_hash, session, cx.now()).await?;
    let team = team.ok_or(ConnectionError::ConsentOver)?;
    let scope = access::enter(cx, team, Permission::ManageConnections).await?;
    let tx = cx.portal.db.begin_in(&scope).await?;
    let consent =
        store::consent::use_up(&*tx, &scope, state_hash, session, cx.now()).await?.ok_or(ConnectionError::ConsentOver)?;
    tx.commit().await?;
    Ok((scope, consent))
}

fn ended(error: &ConnectionError) -> Option<&'static str> {
    match error {
        ConnectionError::NotProved(_) => None,
        ConnectionError::ConsentDenied => Some("consent_denied"),
        ConnectionError::AlreadyConnected => Some("already_connected"),
        ConnectionError::OtherSeller => Some("other_seller"),
        ConnectionError::Access(_) => Some("not_permitted"),
        _ => Some("not_possible"),
    }
}

async fn connect(
    cx: &Cx,
    scope: &TeamScope,
    consent: &Consent,
    returned: Returned,
) -> Result<ConnectionId, ConnectionError> {
    let seller_id = returned.selling_partner_id.and_then(|id| id.parse::<SellerId>().ok());
    let (Some(seller_id), Some(code)) = (seller_id, returned.code) else { return Err(ConnectionError::ConsentDenied) };
    let app = store::lwa_app::by_id(&cx.portal.db.of(scope), scope, consent.lwa_app).await?;
    let app = app.ok_or(ConnectionError::NoSuchApp)?;
    // The role may have changed while the person was at Amazon.
    scope.touch(cx, app.environment).await?;
    // A code can be used once: what seals its token is there before.
    cx.portal.vault.ready(&cx.portal.db.of(scope), cx.now(), Some(scope.team())).await?;
    let proof = match exchange(cx, scope, &app, consent, &code).await? {
        Ok(proof) => proof,
        Err(failure) => return Err(ConnectionError::NotProved(refused(cx, scope, ("name", &consent.name), failure).await?)),
    };
    let Some(id) = consent.connection else {
        let tx = cx.portal.begin_to_seal(Some(scope.team())).await?;
        let account = Account {
            seller_id,
            source: SellerIdSource::Amazon,
            marketplace: consent.marketplace,
            profile: None,
            authorized_at: cx.now(),
        };
        let id = store_new(cx, &tx, scope, &app, &consent.name, account, proof).await?;
        tx.commit().await?;
        return Ok(id);
    };
    again(cx, scope, &app, id, &seller_id, proof).await
}

async fn again(
    cx: &Cx,
    scope: &TeamScope,
    app: &LwaApp,
    id: ConnectionId,
    seller_id: &SellerId,
    proof: prove::Proof,
) -> Result<ConnectionId, ConnectionError> {
    let connection = get(cx, scope, id).await?;
    if connection.seller_id != *seller_id {
        return Err(ConnectionError::OtherSeller);
    }
    let state = connection.state.after(ConnectionAct::ReplaceRefreshToken)?;
    let tx = cx.portal.begin_to_seal(Some(scope.team())).await?;
    changes::replace(cx, &tx, scope, app, &connection, state, proof, SellerIdSource::Amazon).await?;
    tx.commit().await?;
    Ok(id)
}

async fn exchange(
    cx: &Cx,
    scope: &TeamScope,
    app: &LwaApp,
    consent: &Consent,
    code: &SecretString,
) -> Result<Result<prove::Proof, prove::ProofFailure>, ConnectionError> {
    let asked_at = cx.now();
    let redirect_uri = redirect_uri(cx);
    let held = lwa_apps::Held::Code { code, redirect_uri: &redirect_uri };
    let mut answer = match lwa_apps::exchange(cx, scope, app, held).await? {
        Ok(answer) => answer,
        Err(failure) => return Ok(Err(prove::ProofFailure::Lwa(failure))),
    };
    // Without a refresh token there is no grant to keep.
    let Some(refresh_token) = answer.refresh_token.take() else {
        return Ok(Err(prove::ProofFailure::Lwa(crate::amazon::LwaFailure::BadResponse)));
    };
    Ok(prove::participations(cx, app, consent.marketplace, refresh_token, answer, asked_at).await)
}
