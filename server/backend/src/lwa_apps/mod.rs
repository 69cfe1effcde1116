//! LWA apps: adding them, rotating their client secrets, and what LWA says about them.

mod error;
mod exchange;
mod rotation;

use model::{
    Environment, Name, Time,
    amazon::{Api, ApplicationId, LwaClientId},
    audit::Action,
    ids::LwaAppId,
    lwa_app::OtherSecret,
    step_up::DangerousAct,
};
use secrecy::SecretString;

pub use error::LwaAppError;
pub(crate) use error::proof_words;
pub(crate) use exchange::{Held, exchange, recovered, rejected};
pub use rotation::{drop_other_secret, promote_secret, stage_secret};

use crate::{
    Cx, TeamScope,
    access::{self, AccessError},
    audit::{self, Event, Target},
    incidents, random,
    store::{self, lwa_app::LwaApp},
    vault::Place,
};

/// What a person fills in to add an LWA app.
#[derive(Debug)]
pub struct NewLwaApp {
    pub name: Name,
    pub api: Api,
    pub environment: Environment,
    pub client_id: LwaClientId,
    pub client_secret: SecretString,
    pub application_id: Option<ApplicationId>,
    /// Consent pages of draft apps need another address.
    pub is_draft: bool,
    /// When Amazon made the secret: the start of its 180 days.
    pub secret_made_at: Time,
}

/// The apps of the Team, by name.
pub async fn list(cx: &Cx, scope: &TeamScope) -> Result<Vec<LwaApp>, AccessError> {
    Ok(store::lwa_app::all(&cx.portal.db.of(scope), scope).await?)
}

/// One app of the Team.
pub async fn get(cx: &Cx, scope: &TeamScope, id: LwaAppId) -> Result<LwaApp, AccessError> {
    store::lwa_app::by_id(&cx.portal.db.of(scope), scope, id).await?.ok_or(AccessError::NotFound)
}

/// Adds an app. Its secret cannot be proved without a grant: the first connection does that.
#[tracing::instrument(skip_all, fields(team = %scope.team()))]
pub async fn create(cx: &Cx, scope: &TeamScope, new: NewLwaApp) -> Result<LwaAppId, LwaAppError> {
    let person = access::signed_in(cx)?;
    scope.touch(cx, new.environment).await?;
    let now = cx.now();
    if new.secret_made_at > now {
        return Err(LwaAppError::MadeInFuture);
    }
    if new.api == Api::Advertising && new.environment == Environment::Sandbox {
        return Err(LwaAppError::NoSandbox);
    }
    has_consent_page(new.api, new.application_id.as_ref())?;
    let id: LwaAppId = random::id(now);
    let tx = cx.portal.begin_to_seal(Some(scope.team())).await?;
    store::team::hold(&*tx, scope).await?;
    let secret = cx.portal.vault.seal(&*tx, now, &place(scope, id, "secret"), &new.client_secret).await?;
    let app = LwaApp {
        id,
        api: new.api,
        environment: new.environment,
        name: new.name.clone(),
        client_id: new.client_id.to_string(),
        application_id: new.application_id.map(|id| id.to_string()),
        is_draft: new.is_draft,
        secret,
        secret_made_at: new.secret_made_at,
        other: OtherSecret::Empty,
        other_secret: None,
        rejected: None,
        created_by: person.user,
        created_at: now,
        version: 1,
    };
    store::lwa_app::insert(&*tx, scope, app).await?;
    let event = Event::of(scope, Action::LwaAppCreated).on(Target::lwa_app(id, &new.name));
    audit::append(&*tx, cx, event.with("environment", new.environment).with("api", new.api.as_str())).await?;
    tx.commit().await?;
    Ok(id)
}

/// Changes its name and how its consent page is reached. Client id and environment stay: every grant was given to them. Another
/// application id takes a fresh proof: sellers would authorize another app than this one.
#[tracing::instrument(skip_all, fields(team = %scope.team(), app = %id))]
pub async fn change(
    cx: &Cx,
    scope: &TeamScope,
    id: LwaAppId,
    name: Name,
    application_id: Option<ApplicationId>,
    is_draft: bool,
) -> Result<(), LwaAppError> {
    let app = get(cx, scope, id).await?;
    scope.touch(cx, app.environment).await?;
    has_consent_page(app.api, application_id.as_ref())?;
    let application_id = application_id.map(|id| id.to_string());
    if application_id != app.application_id {
        access::require_step_up(cx, scope, DangerousAct::ChangeApplicationId).await?;
    }
    let app = LwaApp { name, application_id, is_draft, ..app };
    let tx = cx.portal.db.begin_in(scope).await?;
    if !store::lwa_app::write_facts(&*tx, scope, &app).await? {
        return Err(LwaAppError::Changed);
    }
    audit::append(&*tx, cx, Event::of(scope, Action::LwaAppChanged).on(Target::lwa_app(id, &app.name))).await?;
    tx.commit().await?;
    Ok(())
}

/// Amazon's consent page for sellers names apps of SP-API alone.
fn has_consent_page(api: Api, application_id: Option<&ApplicationId>) -> Result<(), LwaAppError> {
    if api == Api::Advertising && application_id.is_some() { Err(LwaAppError::NoApplicationId) } else { Ok(()) }
}

/// Removes an app that serves no connection, for good: its secrets are shredded. `typed` is the name, typed by the person.
#[tracing::instrument(skip_all, fields(team = %scope.team(), app = %id))]
pub async fn remove(cx: &Cx, scope: &TeamScope, id: LwaAppId, typed: &str) -> Result<(), LwaAppError> {
    access::require_step_up(cx, scope, DangerousAct::RemoveLwaApp).await?;
    let app = get(cx, scope, id).await?;
    scope.touch(cx, app.environment).await?;
    if typed.trim() != app.name.as_str() {
        return Err(LwaAppError::NameDiffers);
    }
    if store::connection::count_of_app(&cx.portal.db.of(scope), scope, id).await? > 0 {
        return Err(LwaAppError::InUse);
    }
    incidents::preserve(cx, scope).await?;
    let tx = cx.portal.db.begin_in(scope).await?;
    // Held, so that nobody connects through it meanwhile.
    store::team::hold(&*tx, scope).await?;
    if store::connection::count_of_app(&*tx, scope, id).await? > 0 {
        return Err(LwaAppError::InUse);
    }
    store::profile_choice::delete_of_app(&*tx, scope, id).await?;
    if !store::lwa_app::remove(&*tx, scope, &app, cx.now()).await? {
        return Err(LwaAppError::Changed);
    }
    audit::append(&*tx, cx, Event::of(scope, Action::LwaAppRemoved).on(Target::lwa_app(id, &app.name))).await?;
    tx.commit().await?;
    Ok(())
}

/// Where a secret of an app is sealed to. A secret changes its field when it is promoted, so it is sealed anew then.
fn place(scope: &TeamScope, id: LwaAppId, field: &'static str) -> Place {
    Place { team: Some(scope.team()), table: "lwa_app", row: id.0, field }
}
