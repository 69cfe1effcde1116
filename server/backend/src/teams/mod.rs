//! Teams, their members and invitations.

mod end;
mod engagements;
mod error;
mod invitations;
mod members;
mod notices;
mod passkey_rule;
mod reach;

use model::{Environments, Name, Role, audit::Action, engagement::Engagement, ids::TeamId};

pub use end::NotEnded;
pub(crate) use end::{end, may_end};
pub(crate) use engagements::end_due;
pub use engagements::engage;
pub use error::TeamError;
pub use invitations::{INVITATION_LIFE, accept, decline, invitations, invite, my_invitations, revoke_invitation};
pub use members::{change_member, leave, members, remove_member};
pub(crate) use members::{leaves_an_owner, withdraw_invitations};
pub(crate) use notices::tell_managers;
pub(crate) use passkey_rule::change_passkey_rule;
pub use passkey_rule::require_passkeys;
pub use reach::{Reach, reach};

use crate::{
    Cx, TeamScope,
    access::{self, AccessError},
    audit::{self, Event, Target},
    random,
    store::{self, team::Membership},
};

/// Creates a Team; its creator is its owner.
#[tracing::instrument(skip_all)]
pub async fn create(cx: &Cx, name: &Name) -> Result<TeamId, AccessError> {
    let person = access::signed_in(cx)?;
    let now = cx.now();
    let team: TeamId = random::id(now);
    let scope = access::found(team, name.clone());
    let tx = cx.portal.db.begin_in(&scope).await?;
    store::team::insert(&*tx, team, name, now).await?;
    store::member::insert(&*tx, team, person.user, Role::Owner, Environments::BOTH, &Engagement::Employee, now).await?;
    audit::append(&*tx, cx, Event::of(&scope, Action::TeamCreated).on(Target::team(team, name))).await?;
    tx.commit().await?;
    Ok(team)
}

/// Renames the Team.
#[tracing::instrument(skip_all, fields(team = %scope.team()))]
pub async fn rename(cx: &Cx, scope: &TeamScope, name: &Name) -> Result<(), AccessError> {
    let tx = cx.portal.db.begin_in(scope).await?;
    store::team::rename(&*tx, scope, name).await?;
    audit::append(&*tx, cx, Event::of(scope, Action::TeamRenamed).on(Target::team(scope.team(), name))).await?;
    tx.commit().await?;
    Ok(())
}

/// The Teams of the signed-in person, by name.
pub async fn mine(cx: &Cx) -> Result<Vec<Membership>, AccessError> {
    let user = access::signed_in(cx)?.user;
    Ok(store::team::memberships(cx.portal.db.reader(), user, cx.now()).await?)
}
