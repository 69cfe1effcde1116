//! Teams, members, invitations.

use leptos::prelude::*;
use model::{
    Environments, Role,
    ids::{InvitationId, TeamId, UserId},
};
use serde::{Deserialize, Serialize};

use super::Moment;
use crate::Failure;

/// An invitation, as the invited person or the Team sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvitationItem {
    pub id: InvitationId,
    pub team: String,
    pub email: String,
    pub role: Role,
    pub invited_by: String,
    /// The company that a contractor is invited of, and the end of their access.
    pub contractor: Option<(String, Moment)>,
    pub expires: Moment,
    pub expired: bool,
}

/// A member of a Team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberItem {
    pub user: UserId,
    pub email: String,
    pub role: Role,
    pub environments: Environments,
    /// The company of a contractor, the end of their access, and that day as a form has it.
    pub contractor: Option<(String, Moment, String)>,
    /// The end is near.
    pub ends_soon: bool,
    pub joined: Moment,
    pub is_me: bool,
    pub has_passkey: bool,
    /// When they used Portal last.
    pub last_use: Option<Moment>,
    /// Their account is disabled: nobody used it.
    pub is_disabled: bool,
    /// The viewer's role reaches this member.
    pub may_change: bool,
}

/// The people of a Team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct People {
    pub members: Vec<MemberItem>,
    pub invitations: Vec<InvitationItem>,
    pub my_role: Role,
}

/// The first steps of a Team, ticked by what is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overview {
    pub name: String,
    pub role: Role,
    pub apps: usize,
    pub connections: usize,
    pub gateways: usize,
    pub keys: usize,
    pub leases: usize,
    /// A credential was issued at some time.
    pub issued: bool,
    pub attention: Vec<Attention>,
}

/// Something that stands still, or soon will, until somebody of the Team acts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attention {
    /// It stands still already.
    pub grave: bool,
    pub name: String,
    pub what: String,
    /// Where to act, below the Team's address.
    pub place: String,
}

/// Creates a Team and goes to it.
#[server(prefix = "/act", endpoint = "create_team")]
pub async fn create_team(name: String) -> Result<TeamId, Failure> {
    use crate::edge::{cx, fail, form::one};
    let team = backend::teams::create(&cx(), &one("name", name.parse())?).await.map_err(fail)?;
    leptos_axum::redirect(&format!("/teams/{team}"));
    Ok(team)
}

/// Renames the Team.
#[server(prefix = "/act", endpoint = "rename_team")]
pub async fn rename_team(team: TeamId, name: String) -> Result<(), Failure> {
    use crate::edge::{enter, fail, form::one};
    let name = one("name", name.parse())?;
    let (cx, scope) = enter(team, model::Permission::ManageTeam).await?;
    backend::teams::rename(&cx, &scope, &name).await.map_err(fail)
}

/// Invitations to the signed-in person.
#[server(prefix = "/act", endpoint = "my_invitations")]
pub async fn my_invitations() -> Result<Vec<InvitationItem>, Failure> {
    use crate::edge::{cx, fail, invitation_item};
    let cx = cx();
    let mine = backend::teams::my_invitations(&cx).await.map_err(fail)?;
    Ok(mine.into_iter().map(|invitation| invitation_item(invitation, cx.now())).collect())
}

/// Joins the Team of an invitation.
#[server(prefix = "/act", endpoint = "accept_invitation")]
pub async fn accept_invitation(invitation: InvitationId) -> Result<(), Failure> {
    use crate::edge::{cx, fail};
    let team = backend::teams::accept(&cx(), invitation).await.map_err(fail)?;
    leptos_axum::redirect(&format!("/teams/{team}"));
    Ok(())
}

/// Declines an invitation.
#[server(prefix = "/act", endpoint = "decline_invitation")]
pub async fn decline_invitation(invitation: InvitationId) -> Result<(), Failure> {
    use crate::edge::{cx, fail};
    backend::teams::decline(&cx(), invitation).await.map(|_| ()).map_err(fail)
}

/// The first page of a Team.
#[server(prefix = "/act", endpoint = "read_overview")]
pub async fn read_overview(team: TeamId) -> Result<Overview, Failure> {
    use crate::edge::{enter, overview};
    let (cx, scope) = enter(team, model::Permission::ViewTeam).await?;
    overview(&cx, &scope).await
}

/// Members and open invitations.
#[server(prefix = "/act", endpoint = "read_people")]
pub async fn read_people(team: TeamId) -> Result<People, Failure> {
    use crate::edge::{enter, fail, people};
    let (cx, scope) = enter(team, model::Permission::ViewTeam).await?;
    let members = backend::teams::members(&cx, &scope).await.map_err(fail)?;
    let invitations = backend::teams::invitations(&cx, &scope).await.map_err(fail)?;
    let holders = backend::passkeys::holders(&cx, &scope).await.map_err(fail)?;
    let accounts = backend::dormancy::of_team(&cx, &scope).await.map_err(fail)?;
    people(&cx, &scope, members, invitations, &holders, &accounts)
}

/// Invites an address.
#[server(prefix = "/act", endpoint = "invite_member")]
pub async fn invite_member(
    team: TeamId,
    email: String,
    role: String,
    #[server(default)] production: bool,
    #[server(default)] sandbox: bool,
    #[server(default)] works_as: String,
    #[server(default)] company: String,
    #[server(default)] until: String,
) -> Result<(), Failure> {
    use crate::edge::{enter, fail, form};
    let (email, role) = form::two(("email", email.parse()), ("role", form::role(&role)))?;
    let (cx, scope) = enter(team, model::Permission::ManageMembers).await?;
    let engagement = form::new_engagement(&works_as, &company, &until, cx.now())?;
    let environments = Environments { production, sandbox };
    backend::teams::invite(&cx, &scope, &email, role, environments, engagement).await.map_err(fail)
}

/// Says for whom a member works, and until when.
#[server(prefix = "/act", endpoint = "engage_member")]
pub async fn engage_member(
    team: TeamId,
    user: UserId,
    works_as: String,
    #[server(default)] company: String,
    #[server(default)] until: String,
) -> Result<(), Failure> {
    use crate::edge::{enter, fail, form};
    let (cx, scope) = enter(team, model::Permission::ManageMembers).await?;
    let engagement = form::engagement(&works_as, &company, &until, cx.now())?;
    backend::teams::engage(&cx, &scope, user, engagement).await.map_err(fail)
}

/// Withdraws an invitation.
#[server(prefix = "/act", endpoint = "revoke_invitation")]
pub async fn revoke_invitation(team: TeamId, invitation: InvitationId) -> Result<(), Failure> {
    use crate::edge::{enter, fail};
    let (cx, scope) = enter(team, model::Permission::ManageMembers).await?;
    backend::teams::revoke_invitation(&cx, &scope, invitation).await.map_err(fail)
}

/// Gives a member another role or other environments.
#[server(prefix = "/act", endpoint = "change_member")]
pub async fn change_member(
    team: TeamId,
    user: UserId,
    role: String,
    #[server(default)] production: bool,
    #[server(default)] sandbox: bool,
) -> Result<(), Failure> {
    use crate::edge::{enter, fail, form};
    let role = form::one("role", form::role(&role))?;
    let (cx, scope) = enter(team, model::Permission::ManageMembers).await?;
    backend::teams::change_member(&cx, &scope, user, role, Environments { production, sandbox }).await.map_err(fail)
}

/// Removes a member.
#[server(prefix = "/act", endpoint = "remove_member")]
pub async fn remove_member(team: TeamId, user: UserId) -> Result<(), Failure> {
    use crate::edge::{enter, fail};
    let (cx, scope) = enter(team, model::Permission::ManageMembers).await?;
    backend::teams::remove_member(&cx, &scope, user).await.map_err(fail)
}

/// Leaves the Team.
#[server(prefix = "/act", endpoint = "leave_team")]
pub async fn leave_team(team: TeamId) -> Result<(), Failure> {
    use crate::edge::{enter, fail};
    let (cx, scope) = enter(team, model::Permission::ViewTeam).await?;
    backend::teams::leave(&cx, &scope).await.map_err(fail)?;
    leptos_axum::redirect("/");
    Ok(())
}
