//! Changing who is in a Team. The Team's row is held, so that two changes cannot both believe that an owner is left.

use model::{Environment, Environments, Permission, Role, audit::Action, ids::UserId, step_up::DangerousAct};

use super::TeamError;
use crate::{
    Cx, TeamScope,
    access::{self, AccessError},
    audit::{self, Event, Target},
    incidents,
    store::{self, Tx, invitation::End, member::Member},
};

/// The members of the Team, by address.
pub async fn members(cx: &Cx, scope: &TeamScope) -> Result<Vec<Member>, AccessError> {
    Ok(store::member::all(&cx.portal.db.of(scope), scope).await?)
}

/// Gives a member another role or other environments.
#[tracing::instrument(skip_all, fields(team = %scope.team(), user = %user))]
pub async fn change_member(
    cx: &Cx,
    scope: &TeamScope,
    user: UserId,
    role: Role,
    environments: Environments,
) -> Result<(), TeamError> {
    access::require_step_up(cx, scope, DangerousAct::ChangeRole).await?;
    if !environments.production && !environments.sandbox {
        return Err(TeamError::NoEnvironment);
    }
    may_give(cx, scope, role).await?;
    let before = store::member::by_user(&cx.portal.db.of(scope), scope, user).await?.ok_or(AccessError::NotFound)?;
    may_give(cx, scope, before.role).await?;
    // What is taken away counts like what is given.
    scope.give(cx, before.environments.changed(environments)).await?;
    let (tx, member) = hold(cx, scope, user).await?;
    if member != before {
        return Err(TeamError::ChangedMeanwhile);
    }
    if !member.engagement.fits(role) {
        return Err(TeamError::ContractorOwner);
    }
    let after = Member { role, environments, ..member.clone() };
    owned(&tx, scope, user, Some(&after)).await?;
    if role != member.role {
        super::passkey_rule::may_have(&tx, scope, &after).await?;
    }
    if role != member.role {
        withdraw_invitations(cx, &tx, scope, Some(user)).await?;
        store::session::ask_renewal(&*tx, user, cx.now()).await?;
    }
    store::member::change(&*tx, scope, user, role, environments).await?;
    let event = Event::of(scope, Action::RoleChanged).on(Target::user(user, &member.email));
    let event = event.with("from", member.role).with("to", role);
    let event = event.with("production", environments.production).with("sandbox", environments.sandbox);
    audit::append(&*tx, cx, event).await?;
    tx.commit().await?;
    Ok(())
}

/// Removes a member; their next request to this Team finds nothing.
#[tracing::instrument(skip_all, fields(team = %scope.team(), user = %user))]
pub async fn remove_member(cx: &Cx, scope: &TeamScope, user: UserId) -> Result<(), TeamError> {
    access::require_step_up(cx, scope, DangerousAct::RemoveMember).await?;
    let before = store::member::by_user(&cx.portal.db.of(scope), scope, user).await?.ok_or(AccessError::NotFound)?;
    may_give(cx, scope, before.role).await?;
    incidents::preserve(cx, scope).await?;
    let (tx, member) = hold(cx, scope, user).await?;
    if member != before {
        return Err(TeamError::ChangedMeanwhile);
    }
    take_out(cx, tx, scope, member, Action::MemberRemoved).await
}

/// Leaves the Team.
#[tracing::instrument(skip_all, fields(team = %scope.team()))]
pub async fn leave(cx: &Cx, scope: &TeamScope) -> Result<(), TeamError> {
    let user = access::require_step_up(cx, scope, DangerousAct::LeaveTeam).await?;
    incidents::preserve(cx, scope).await?;
    let (tx, member) = hold(cx, scope, user).await?;
    take_out(cx, tx, scope, member, Action::MemberLeft).await
}

pub(super) async fn take_out(cx: &Cx, tx: Tx, scope: &TeamScope, member: Member, action: Action) -> Result<(), TeamError> {
    // Whoever is no owner takes none away, however few there are.
    if member.role == Role::Owner {
        owned(&tx, scope, member.user, None).await?;
    }
    withdraw_invitations(cx, &tx, scope, Some(member.user)).await?;
    store::member::delete(&*tx, scope, member.user).await?;
    let event = Event::of(scope, action).on(Target::user(member.user, &member.email)).with("role", member.role);
    audit::append(&*tx, cx, event).await?;
    tx.commit().await?;
    Ok(())
}

/// What somebody offered to others ends with their own role: it would be a way back. `by`: nobody when all of them end.
pub(crate) async fn withdraw_invitations(
    cx: &Cx,
    tx: &Tx,
    scope: &TeamScope,
    by: Option<UserId>,
) -> Result<(), sea_orm::DbErr> {
    let open = store::invitation::of_team(&**tx, scope).await?;
    for invitation in open.into_iter().filter(|open| by.is_none_or(|by| open.inviter == by)) {
        store::invitation::end(&**tx, invitation.id, End::Revoked, cx.now()).await?;
        let event = Event::of(scope, Action::InvitationRevoked).on(Target::invitation(invitation.id, &invitation.email));
        audit::append(&**tx, cx, event).await?;
    }
    Ok(())
}

pub(super) async fn hold(cx: &Cx, scope: &TeamScope, user: UserId) -> Result<(Tx, Member), TeamError> {
    let tx = cx.portal.db.begin_in(scope).await?;
    store::team::hold(&*tx, scope).await?;
    let member = store::member::by_user(&*tx, scope, user).await?.ok_or(AccessError::NotFound)?;
    Ok((tx, member))
}

/// Refuses to give or take a role above the actor's own.
pub(super) async fn may_give(cx: &Cx, scope: &TeamScope, role: Role) -> Result<(), TeamError> {
    let own = scope.role().ok_or(AccessError::NotPermitted(Permission::ManageMembers))?;
    if own.may_give(role) {
        return Ok(());
    }
    let refused = Event::of(scope, Action::AccessRefused).with("role", role).refused("above-own-role");
    audit::append_alone(cx, refused).await?;
    Err(TeamError::AboveOwnRole(role))
}

/// Refuses that somebody goes without whom no owner is left.
pub(crate) async fn leaves_an_owner(tx: &Tx, scope: &TeamScope, user: UserId) -> Result<(), TeamError> {
    owned(tx, scope, user, None).await
}

/// A Team keeps an owner who may touch each environment: nobody else could give it to them again. `after` is what becomes
/// of `user`.
async fn owned(tx: &Tx, scope: &TeamScope, user: UserId, after: Option<&Member>) -> Result<(), TeamError> {
    let members = store::member::not_locked(&**tx, scope).await?;
    let owners: Vec<_> = members.iter().filter(|member| member.user != user).chain(after).collect();
    let owners: Vec<_> = owners.into_iter().filter(|member| member.role == Role::Owner).collect();
    if owners.is_empty() {
        return Err(TeamError::LastOwner);
    }
    let open = |environment| owners.iter().any(|owner| owner.environments.contain(environment));
    match Environment::ALL.into_iter().find(|environment| !open(*environment)) {
        Some(environment) => Err(TeamError::LastOwnerOf(environment)),
        None => Ok(()),
    }
}
