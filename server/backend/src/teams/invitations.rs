//! Inviting by e-mail address. The mail holds no link that signs in: the invitation waits behind the person's own sign-in.

use chrono::Duration;
use model::{
    EmailAddress, Environments, Role,
    audit::Action,
    engagement::Engagement,
    ids::{InvitationId, TeamId},
    step_up::DangerousAct,
};

use super::{
    TeamError,
    engagements::{may_engage, still_may_engage, told},
    members::may_give,
};
use crate::{
    Cx, TeamScope,
    access::{self, AccessError},
    audit::{self, Event, Target},
    mail::{self, Mail, Message},
    random,
    store::{
        self, Tx,
        invitation::{End, Invitation, NewInvitation},
        rate_limit::{self, Limit},
    },
    vault::sha256,
};

/// An invitation can be answered for a week.
pub const INVITATION_LIFE: Duration = Duration::days(7);

/// Invitations of one Team: thirty at once, then one every two minutes.
const TEAM: Limit = Limit { burst: 30, every: Duration::minutes(2) };
/// To one address, over all Teams: three at once, then one an hour.
const ADDRESS: Limit = Limit { burst: 3, every: Duration::hours(1) };

/// Open invitations of the Team.
pub async fn invitations(cx: &Cx, scope: &TeamScope) -> Result<Vec<Invitation>, AccessError> {
    Ok(store::invitation::of_team(&cx.portal.db.of(scope), scope).await?)
}

/// Open invitations to the signed-in person.
pub async fn my_invitations(cx: &Cx) -> Result<Vec<Invitation>, AccessError> {
    let person = access::signed_in(cx)?;
    Ok(store::invitation::to_address(cx.portal.db.reader(), &person.email, cx.now()).await?)
}

/// Invites an address; a newer invitation replaces an open one.
#[tracing::instrument(skip_all, fields(team = %scope.team()))]
pub async fn invite(
    cx: &Cx,
    scope: &TeamScope,
    email: &EmailAddress,
    role: Role,
    environments: Environments,
    engagement: Engagement,
) -> Result<(), TeamError> {
    let inviter = access::require_step_up(cx, scope, DangerousAct::InviteMember).await?;
    may_give(cx, scope, role).await?;
    if !environments.production && !environments.sandbox {
        return Err(TeamError::NoEnvironment);
    }
    scope.give(cx, environments).await?;
    may_engage(cx, scope, role, &engagement).await?;
    let now = cx.now();
    let tx = cx.portal.db.begin_in(scope).await?;
    store::team::hold(&*tx, scope).await?;
    if store::member::all(&*tx, scope).await?.iter().any(|member| member.email == *email) {
        return Err(TeamError::AlreadyMember);
    }
    still_may_engage(&tx, scope, inviter, &engagement).await?;
    limit(cx, &tx, scope, email).await?;
    let id = random::id(now);
    let event = Event::of(scope, Action::MemberInvited).on(Target::invitation(id, email)).with("role", role);
    let (event, contractor) = (told(event, &engagement), of_company(&engagement));
    let new = NewInvitation {
        id,
        email: email.clone(),
        role,
        environments,
        engagement,
        invited_by: inviter,
        created_at: now,
        expires_at: now + INVITATION_LIFE,
    };
    store::invitation::insert(&*tx, scope, new).await?;
    let message = Message::Invitation {
        team: scope.name().map(ToString::to_string).unwrap_or_default(),
        inviter: access::signed_in(cx)?.email.to_string(),
        role: role.as_str().to_owned(),
        contractor,
        sign_in_url: format!("{}/sign-in", cx.portal.settings.public_url),
    };
    mail::queue(&*tx, &cx.portal.vault, now, Mail { to: email.clone(), message }).await?;
    audit::append(&*tx, cx, event).await?;
    tx.commit().await?;
    Ok(())
}

/// "Keel & Sons, until 31 January 2027": of an invited contractor.
fn of_company(engagement: &Engagement) -> Option<String> {
    match engagement {
        Engagement::Employee => None,
        Engagement::Contractor { company, until } => {
            Some(format!("{company}, until {} UTC", until.format("%d %B %Y, %H:%M")))
        }
    }
}

/// An invitation is a mail to somebody who did not ask for it.
async fn limit(cx: &Cx, tx: &Tx, scope: &TeamScope, email: &EmailAddress) -> Result<(), TeamError> {
    let to: u128 = sha256(email.as_str().as_bytes())[..16].iter().fold(0, |to, byte| (to << 8) | u128::from(*byte));
    let buckets = [(format!("invite:{}", scope.team().0.simple()), TEAM), (format!("invited:{to:032x}"), ADDRESS)];
    for (bucket, limit) in buckets {
        let taken = rate_limit::take(&**tx, &bucket, limit, 1, cx.now()).await?;
        if taken.granted == 0 {
            return Err(TeamError::TooManyInvitations { retry_after: taken.wait });
        }
    }
    Ok(())
}

/// Withdraws an open invitation.
#[tracing::instrument(skip_all, fields(team = %scope.team(), invitation = %id))]
pub async fn revoke_invitation(cx: &Cx, scope: &TeamScope, id: InvitationId) -> Result<(), TeamError> {
    let tx = cx.portal.db.begin_in(scope).await?;
    let open = store::invitation::of_team(&*tx, scope).await?;
    let invitation = open.into_iter().find(|i| i.id == id).ok_or(AccessError::NotFound)?;
    if !store::invitation::end(&*tx, id, End::Revoked, cx.now()).await? {
        return Err(AccessError::NotFound.into());
    }
    let event = Event::of(scope, Action::InvitationRevoked).on(Target::invitation(id, &invitation.email));
    audit::append(&*tx, cx, event).await?;
    tx.commit().await?;
    Ok(())
}

/// Accepts an invitation to the person's own address and joins the Team.
#[tracing::instrument(skip_all, fields(invitation = %id))]
pub async fn accept(cx: &Cx, id: InvitationId) -> Result<TeamId, TeamError> {
    answer(cx, id, End::Accepted).await
}

/// Declines an invitation to the person's own address.
#[tracing::instrument(skip_all, fields(invitation = %id))]
pub async fn decline(cx: &Cx, id: InvitationId) -> Result<TeamId, TeamError> {
    answer(cx, id, End::Declined).await
}

async fn answer(cx: &Cx, id: InvitationId, end: End) -> Result<TeamId, TeamError> {
    let person = access::signed_in(cx)?;
    let now = cx.now();
    let tx = cx.portal.db.begin().await?;
    let open = store::invitation::to_address(&*tx, &person.email, now).await?;
    let invitation = open.into_iter().find(|i| i.id == id).ok_or(AccessError::NotFound)?;
    if !store::invitation::end(&*tx, id, end, now).await? {
        return Err(AccessError::NotFound.into());
    }
    let scope = access::invited(invitation.team, invitation.team_name);
    let event = if end == End::Accepted {
        let (role, environments, engagement) = (invitation.role, invitation.environments, invitation.engagement);
        // Nobody comes for longer than whoever invited them is in by now.
        let inviter = store::member::by_user(&*tx, &scope, invitation.inviter).await?;
        if !inviter.is_some_and(|one| !one.engagement.is_over(now) && one.engagement.may_give(&engagement)) {
            return Err(AccessError::NotFound.into());
        }
        store::member::insert(&*tx, invitation.team, person.user, role, environments, &engagement, now).await?;
        told(Event::of(&scope, Action::MemberJoined).with("role", role), &engagement)
    } else {
        Event::of(&scope, Action::InvitationDeclined)
    };
    audit::append(&*tx, cx, event.on(Target::user(person.user, &person.email))).await?;
    tx.commit().await?;
    Ok(invitation.team)
}
