//! Changing who is in a Team. The Team's row is held, so that two changes cannot both believe that an owner is left.

use model::{Environments, Permission, Role, audit::Action, ids::UserId, step_up::DangerousAct};

use super::TeamError;
use crate::{
    Cx, TeamScope,
    access::{self, AccessError},
    audit::{self, Event, Target},
    store::{self, Tx, member::Member},
};

/// The members of the Team, by address.
pub async fn members(cx: &Cx, scope: &TeamScope) -> Result<Vec<Member>, AccessError> {
    Ok(store::member::all(cx.portal.db.reader(), scope).await?)
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
    access::require_step_up(cx, DangerousAct::ChangeRole)?;
    if !environments.production && !environments.sandbox {
        return Err(TeamError::NoEnvironment);
    }
    scope.give(environments)?;
    let (tx, member) = hold(cx, scope, user).await?;
    may_give(scope, member.role)?;
    may_give(scope, role)?;
    if member.role == Role::Owner && role != Role::Owner {
        another_owner(&tx, scope).await?;
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
    access::require_step_up(cx, DangerousAct::RemoveMember)?;
    let (tx, member) = hold(cx, scope, user).await?;
    may_give(scope, member.role)?;
    take_out(cx, tx, scope, member, Action::MemberRemoved).await
}

/// Leaves the Team.
#[tracing::instrument(skip_all, fields(team = %scope.team()))]
pub async fn leave(cx: &Cx, scope: &TeamScope) -> Result<(), TeamError> {
    let user = access::signed_in(cx)?.user;
    let (tx, member) = hold(cx, scope, user).await?;
    take_out(cx, tx, scope, member, Action::MemberLeft).await
}

async fn take_out(cx: &Cx, tx: Tx, scope: &TeamScope, member: Member, action: Action) -> Result<(), TeamError> {
    if member.role == Role::Owner {
        another_owner(&tx, scope).await?;
    }
    store::member::delete(&*tx, scope, member.user).await?;
    let event = Event::of(scope, action).on(Target::user(member.user, &member.email)).with("role", member.role);
    audit::append(&*tx, cx, event).await?;
    tx.commit().await?;
    Ok(())
}

async fn hold(cx: &Cx, scope: &TeamScope, user: UserId) -> Result<(Tx, Member), TeamError> {
    let tx = cx.portal.db.begin().await?;
    store::team::hold(&*tx, scope).await?;
    let member = store::member::by_user(&*tx, scope, user).await?.ok_or(AccessError::NotFound)?;
    Ok((tx, member))
}

pub(super) fn may_give(scope: &TeamScope, role: Role) -> Result<(), TeamError> {
    let own = scope.role().ok_or(AccessError::NotPermitted(Permission::ManageMembers))?;
    if own.may_give(role) { Ok(()) } else { Err(TeamError::AboveOwnRole(role)) }
}

async fn another_owner(tx: &Tx, scope: &TeamScope) -> Result<(), TeamError> {
    if store::member::owners(&**tx, scope).await? > 1 { Ok(()) } else { Err(TeamError::LastOwner) }
}
