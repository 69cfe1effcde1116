//! For whom members work, and that a contractor's time ends by itself.

use model::{
    Role, Time,
    audit::Action,
    engagement::{Engagement, TOLD_BEFORE},
    ids::{TeamId, UserId},
    step_up::DangerousAct,
};

use super::{
    TeamError,
    members::{hold, may_give, take_out, withdraw_invitations},
    tell_managers,
};
use crate::{
    Cx, Portal, TeamScope,
    access::{self, AccessError},
    audit::{self, Event, Target},
    error::Outage,
    mail::{self, Mail, Message},
    store::{self, Tx, member::Member},
};

/// Refuses an engagement that the role does not go with, or that lets somebody in for longer than the actor.
pub(super) async fn may_engage(cx: &Cx, scope: &TeamScope, role: Role, engagement: &Engagement) -> Result<(), TeamError> {
    if !engagement.fits(role) {
        return Err(TeamError::ContractorOwner);
    }
    let me = access::signed_in(cx)?.user;
    let own = store::member::by_user(&cx.portal.db.of(scope), scope, me).await?.ok_or(AccessError::NotFound)?;
    if own.engagement.may_give(engagement) {
        return Ok(());
    }
    let refused = Event::of(scope, Action::AccessRefused).with("engagement", engagement.as_str()).refused("longer-than-own");
    audit::append_alone(cx, refused).await?;
    Err(TeamError::LongerThanOwn)
}

/// The same once the Team is held: the actor's own time may have been cut meanwhile.
pub(super) async fn still_may_engage(
    tx: &Tx,
    scope: &TeamScope,
    by: UserId,
    engagement: &Engagement,
) -> Result<(), TeamError> {
    let own = store::member::by_user(&**tx, scope, by).await?;
    if own.is_some_and(|own| own.engagement.may_give(engagement)) { Ok(()) } else { Err(TeamError::ChangedMeanwhile) }
}

/// For whom, and until when, as the log tells it.
pub(super) fn told(event: Event, engagement: &Engagement) -> Event {
    let event = event.with("engagement", engagement.as_str());
    match engagement {
        Engagement::Employee => event,
        Engagement::Contractor { company, until } => event.with("company", company).with("until", *until),
    }
}

/// Says for whom a member works, and until when; of oneself somebody else says it.
#[tracing::instrument(skip_all, fields(team = %scope.team(), user = %user))]
pub async fn engage(cx: &Cx, scope: &TeamScope, user: UserId, engagement: Engagement) -> Result<(), TeamError> {
    let by = access::require_step_up(cx, scope, DangerousAct::ChangeRole).await?;
    let before = store::member::by_user(&cx.portal.db.of(scope), scope, user).await?.ok_or(AccessError::NotFound)?;
    may_give(cx, scope, before.role).await?;
    // More time is more of what they may touch.
    scope.give(cx, before.environments).await?;
    if by == user {
        return Err(TeamError::OwnEngagement);
    }
    may_engage(cx, scope, before.role, &engagement).await?;
    let (tx, member) = hold(cx, scope, user).await?;
    if member != before {
        return Err(TeamError::ChangedMeanwhile);
    }
    still_may_engage(&tx, scope, by, &engagement).await?;
    // What they offered to others was for the time that they had themselves.
    withdraw_invitations(cx, &tx, scope, Some(user)).await?;
    store::member::engage(&*tx, scope, user, &engagement).await?;
    let event = Event::of(scope, Action::MemberEngaged).on(Target::user(user, &member.email));
    audit::append(&*tx, cx, told(event, &engagement)).await?;
    Ok(tx.commit().await?)
}

/// Tells of ends that come, and takes out those whose time is over.
pub(crate) async fn end_due(portal: &Portal) -> Result<(), Outage> {
    let now = portal.clock.now();
    for (team, user, end, told) in store::member::ending(portal.db.reader(), now + TOLD_BEFORE).await? {
        let done = match (end <= now, told) {
            (true, _) => end_one(portal, team, user).await,
            (false, false) => announce(portal, team, user, end).await.map_err(TeamError::from),
            (false, true) => Ok(()),
        };
        if let Err(error) = done {
            tracing::error!(%team, %user, error = &error as &dyn std::error::Error, "a contractor's end was not kept");
        }
    }
    Ok(())
}

async fn end_one(portal: &Portal, team: TeamId, user: UserId) -> Result<(), TeamError> {
    let (cx, scope) = (Cx::system(portal, "ends of contractors"), access::job(team));
    let is_over = |member: Member| member.engagement.is_over(cx.now());
    // Another worker was first, or somebody gave them more time.
    if !store::member::by_user(&portal.db.of(&scope), &scope, user).await?.is_some_and(is_over) {
        return Ok(());
    }
    crate::incidents::preserve(&cx, &scope).await?;
    let (tx, member) = hold(&cx, &scope, user).await?;
    // Somebody may have given them more time meanwhile.
    if !member.engagement.is_over(cx.now()) {
        return Ok(());
    }
    let name = store::team::name(&*tx, team).await?.unwrap_or_default();
    let text = format!(
        "The time of {} in the Team {name} is over: their access has ended. Gateway keys that they made go on until their own \
         end: see {}/teams/{team}/members/reach",
        member.email, portal.settings.public_url,
    );
    tell(&cx, &scope, &tx, &member, "A contractor's access has ended", &text).await?;
    take_out(&cx, tx, &scope, member, Action::MemberEnded).await
}

async fn announce(portal: &Portal, team: TeamId, user: UserId, end: Time) -> Result<(), Outage> {
    let (cx, scope) = (Cx::system(portal, "ends of contractors"), access::job(team));
    let tx = portal.db.begin_in(&scope).await?;
    if !store::member::told_of(&*tx, &scope, user, end).await? {
        return Ok(());
    }
    let Some(member) = store::member::by_user(&*tx, &scope, user).await? else { return Ok(()) };
    let name = store::team::name(&*tx, team).await?.unwrap_or_default();
    let text = format!(
        "The access of {} to the Team {name} ends on {} UTC by itself. An owner or admin can give more time: {}/teams/{team}/members",
        member.email,
        end.format("%d %B %Y, %H:%M"),
        portal.settings.public_url,
    );
    tell(&cx, &scope, &tx, &member, "A contractor's access ends soon", &text).await?;
    let event = Event::of(&scope, Action::MemberEndAnnounced).on(Target::user(user, &member.email)).with("until", end);
    audit::append(&*tx, &cx, event).await?;
    Ok(tx.commit().await?)
}

/// Those who manage members, and the person.
async fn tell(cx: &Cx, scope: &TeamScope, tx: &Tx, member: &Member, headline: &str, text: &str) -> Result<(), Outage> {
    let message = Message::SecurityNotice { headline: headline.to_owned(), text: text.to_owned() };
    tell_managers(tx, cx, scope, &message).await?;
    if !member.role.may(model::Permission::ManageMembers) {
        let mail = Mail { to: member.email.clone(), message };
        mail::queue(&**tx, &cx.portal.vault, cx.now(), mail).await?;
    }
    Ok(())
}
