//! Rotating a client secret: store the next one, prove it, promote it; the old one stays for seven days.

use model::{
    Time,
    audit::Action,
    ids::LwaAppId,
    lwa_app::{OtherSecret, RotationError},
    step_up::DangerousAct,
};
use secrecy::SecretString;

use super::{LwaAppError, get, place};
use crate::{
    Cx, TeamScope, access,
    amazon::{LwaClient, LwaFailure},
    audit::{self, Event, Target},
    connections, incidents, store,
    store::lwa_app::LwaApp,
};

/// Stores the next secret after proving it with one of the app's grants. Without a grant there is nothing to prove it
/// with: then it is stored as it is, and the first connection proves it. Answers whether it was proved.
#[tracing::instrument(skip_all, fields(team = %scope.team(), app = %id))]
pub async fn stage_secret(
    cx: &Cx,
    scope: &TeamScope,
    id: LwaAppId,
    secret: SecretString,
    made_at: Time,
) -> Result<bool, LwaAppError> {
    access::require_step_up(cx, scope, DangerousAct::ChangeClientSecret).await?;
    let app = get(cx, scope, id).await?;
    scope.touch(cx, app.environment).await?;
    let now = cx.now();
    if made_at > now {
        return Err(LwaAppError::MadeInFuture);
    }
    let other = app.other.stage(made_at)?;
    // The same secret once more is no rotation, however new somebody says it is.
    let vault = &cx.portal.vault;
    let current = vault.open(&cx.portal.db.of(scope), &place(scope, id, "secret"), &app.secret).await?;
    if vault.grant_mac(scope.team(), &current) == vault.grant_mac(scope.team(), &secret) {
        return Err(LwaAppError::SameSecret);
    }
    let proved = prove(cx, scope, &app, &secret).await?;
    let tx = cx.portal.begin_to_seal(Some(scope.team())).await?;
    let sealed = cx.portal.vault.seal(&*tx, now, &place(scope, id, "other_secret"), &secret).await?;
    let changed = LwaApp { other, other_secret: Some(sealed), ..app };
    if !store::lwa_app::write_secrets(&*tx, scope, &changed).await? {
        return Err(LwaAppError::Changed);
    }
    let event = Event::of(scope, Action::ClientSecretStaged).on(Target::lwa_app(id, &changed.name)).with("proved", proved);
    audit::append(&*tx, cx, event).await?;
    tx.commit().await?;
    Ok(proved)
}

async fn prove(cx: &Cx, scope: &TeamScope, app: &LwaApp, secret: &SecretString) -> Result<bool, LwaAppError> {
    let Some(refresh_token) = connections::any_refresh_token(cx, scope, app.id).await? else { return Ok(false) };
    let client = LwaClient { client_id: app.client_id.clone(), client_secret: secret };
    match cx.portal.amazon.refresh(&client, &refresh_token).await {
        // A refused grant is no word against the secret: Amazon looked at the client first.
        Ok(_) | Err(LwaFailure::Permanent) => Ok(true),
        Err(failure) => Err(LwaAppError::NotProved(failure)),
    }
}

/// Makes the next secret the current one; the current one is kept as the old one for seven days.
#[tracing::instrument(skip_all, fields(team = %scope.team(), app = %id))]
pub async fn promote_secret(cx: &Cx, scope: &TeamScope, id: LwaAppId) -> Result<(), LwaAppError> {
    access::require_step_up(cx, scope, DangerousAct::ChangeClientSecret).await?;
    let app = get(cx, scope, id).await?;
    scope.touch(cx, app.environment).await?;
    let now = cx.now();
    let OtherSecret::Next { made_at } = app.other else { return Err(RotationError::NoNext.into()) };
    let other = app.other.promote(now)?;
    let vault = &cx.portal.vault;
    let next = app.other_secret.as_ref().ok_or(RotationError::NoNext)?;
    let next = vault.open(&cx.portal.db.of(scope), &place(scope, id, "other_secret"), next).await?;
    let old = vault.open(&cx.portal.db.of(scope), &place(scope, id, "secret"), &app.secret).await?;
    let tx = cx.portal.begin_to_seal(Some(scope.team())).await?;
    let secret = vault.seal(&*tx, now, &place(scope, id, "secret"), &next).await?;
    let other_secret = Some(vault.seal(&*tx, now, &place(scope, id, "other_secret"), &old).await?);
    let changed = LwaApp { secret, secret_made_at: made_at, other, other_secret, ..app };
    if !store::lwa_app::write_secrets(&*tx, scope, &changed).await? {
        return Err(LwaAppError::Changed);
    }
    // The new secret deserves a fresh judgement of Amazon.
    super::recovered(&tx, cx, scope, &changed).await.map_err(access::AccessError::from)?;
    audit::append(&*tx, cx, Event::of(scope, Action::ClientSecretPromoted).on(Target::lwa_app(id, &changed.name))).await?;
    tx.commit().await?;
    Ok(())
}

/// Forgets what is in the other slot: a next secret that was a mistake, or an old one before its seven days.
#[tracing::instrument(skip_all, fields(team = %scope.team(), app = %id))]
pub async fn drop_other_secret(cx: &Cx, scope: &TeamScope, id: LwaAppId) -> Result<(), LwaAppError> {
    access::require_step_up(cx, scope, DangerousAct::ChangeClientSecret).await?;
    let app = get(cx, scope, id).await?;
    scope.touch(cx, app.environment).await?;
    incidents::preserve(cx, scope).await?;
    let tx = cx.portal.db.begin_in(scope).await?;
    let changed = LwaApp { other: OtherSecret::Empty, other_secret: None, ..app };
    if !store::lwa_app::write_secrets(&*tx, scope, &changed).await? {
        return Err(LwaAppError::Changed);
    }
    audit::append(&*tx, cx, Event::of(scope, Action::ClientSecretDropped).on(Target::lwa_app(id, &changed.name))).await?;
    tx.commit().await?;
    Ok(())
}
