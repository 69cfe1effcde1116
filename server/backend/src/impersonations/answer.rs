//! What an owner answers.

use model::{audit::Action, ids::ImpersonationId, impersonation::ImpersonationState, step_up::DangerousAct};
use secrecy::SecretString;

use super::{ImpersonationError, list, look};
use crate::{
    Cx, TeamScope,
    access::{self, AccessError},
    audit::{self, Event, Target},
    random,
    store::{
        self,
        audit_hold::By,
        impersonation::{self, Impersonation},
    },
};

/// Approves what an operator asked. Answers the code that they need, which is shown once and good once.
#[tracing::instrument(skip_all, fields(team = %scope.team(), impersonation = %id))]
pub async fn approve(cx: &Cx, scope: &TeamScope, id: ImpersonationId) -> Result<SecretString, ImpersonationError> {
    let found = one(cx, scope, id).await?;
    let user = access::require_step_up(cx, scope, DangerousAct::ApproveImpersonation).await?;
    let now = cx.now();
    // A code that nobody wrote down, or whose time is short, gives way to another one.
    if !matches!(found.state(now), ImpersonationState::Asked | ImpersonationState::Approved) {
        return Err(ImpersonationError::Over);
    }
    let code = random::login_code();
    let mac = cx.portal.vault.login_code_mac(id.0, &found.asked.name, &code);
    let by = By { at: now, user, name: access::signed_in(cx)?.email.to_string() };
    let tx = cx.portal.db.begin_in(scope).await?;
    store::team::hold(&*tx, scope).await?;
    if !impersonation::approve(&*tx, scope, id, &by, mac).await? {
        return Err(ImpersonationError::Over);
    }
    let event = Event::of(scope, Action::ImpersonationApproved).on(Target::team(scope.team(), &found.team_name));
    audit::append(&*tx, cx, event.with("impersonation", id).with("asked_by", found.asked.user)).await?;
    tx.commit().await?;
    Ok(SecretString::from(code))
}

/// Declines it.
#[tracing::instrument(skip_all, fields(team = %scope.team(), impersonation = %id))]
pub async fn decline(cx: &Cx, scope: &TeamScope, id: ImpersonationId) -> Result<(), ImpersonationError> {
    let found = one(cx, scope, id).await?;
    if !matches!(found.state(cx.now()), ImpersonationState::Asked | ImpersonationState::Approved) {
        return Err(ImpersonationError::Over);
    }
    let tx = cx.portal.db.begin_in(scope).await?;
    if !look::over(cx, &tx, &found, Action::ImpersonationDeclined).await? {
        return Err(ImpersonationError::Over);
    }
    Ok(tx.commit().await?)
}

pub(super) async fn one(cx: &Cx, scope: &TeamScope, id: ImpersonationId) -> Result<Impersonation, AccessError> {
    list(cx, scope).await?.into_iter().find(|one| one.id == id).ok_or(AccessError::NotFound)
}
