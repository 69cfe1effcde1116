//! People: their sessions, invitations and roles.

use backend::{
    Cx, TeamScope,
    sessions::OpenSession,
    store::{dormancy::Account, invitation::Invitation, member::Member},
};
use model::{
    Permission, Role, Time,
    engagement::{Engagement, TOLD_BEFORE},
    ids::UserId,
};

use crate::{
    Failure,
    api::{
        Moment,
        account::SessionItem,
        teams::{InvitationItem, MemberItem, People},
    },
    edge::{fail, moment},
};

/// Who may be given something.
pub(super) async fn members(cx: &Cx, scope: &TeamScope) -> Result<Vec<(UserId, String)>, Failure> {
    let all = backend::teams::members(cx, scope).await.map_err(fail)?;
    Ok(all.into_iter().map(|member| (member.user, member.email.to_string())).collect())
}

pub(crate) fn session_item(session: OpenSession, now: Time) -> SessionItem {
    SessionItem {
        id: session.id,
        current: session.current,
        device: session.device,
        address: session.address,
        signed_in: moment(session.signed_in_at, now),
        last_seen: moment(session.last_seen_at, now),
    }
}

pub(crate) fn invitation_item(invitation: Invitation, now: Time) -> InvitationItem {
    InvitationItem {
        id: invitation.id,
        team: invitation.team_name.to_string(),
        email: invitation.email.to_string(),
        role: invitation.role,
        invited_by: invitation.invited_by.to_string(),
        contractor: contractor(&invitation.engagement, now).map(|(company, until, _)| (company, until)),
        expired: invitation.expires_at <= now || invitation.engagement.is_over(now),
        expires: moment(invitation.expires_at, now),
    }
}

/// The day in a form is the last one, which something ends with.
pub(super) fn last_day(until: Time) -> String {
    (until - chrono::Duration::seconds(1)).format("%Y-%m-%d").to_string()
}

pub(super) fn contractor(engagement: &Engagement, now: Time) -> Option<(String, Moment, String)> {
    let Engagement::Contractor { company, until } = engagement else { return None };
    Some((company.to_string(), moment(*until, now), last_day(*until)))
}

pub(crate) fn people(
    cx: &Cx,
    scope: &TeamScope,
    members: Vec<Member>,
    invitations: Vec<Invitation>,
    holders: &[UserId],
    accounts: &[Account],
) -> Result<People, Failure> {
    let me = backend::access::signed_in(cx).map_err(fail)?.user;
    let my_role = scope.role().unwrap_or(Role::Auditor);
    let now = cx.now();
    Ok(People {
        members: members
            .into_iter()
            .map(|member| (accounts.iter().find(|account| account.user == member.user), member))
            .map(|(account, member)| MemberItem {
                last_use: account.filter(|_| my_role.may(Permission::ViewLog)).map(|account| moment(account.last_use, now)),
                is_disabled: account.is_some_and(|account| account.disabled_at.is_some()),
                is_me: member.user == me,
                has_passkey: holders.contains(&member.user),
                may_change: my_role.may_give(member.role),
                user: member.user,
                email: member.email.to_string(),
                role: member.role,
                environments: member.environments,
                contractor: contractor(&member.engagement, now),
                ends_soon: member.engagement.is_over(now + TOLD_BEFORE),
                joined: moment(member.joined_at, now),
            })
            .collect(),
        invitations: invitations.into_iter().map(|invitation| invitation_item(invitation, now)).collect(),
        my_role,
    })
}
