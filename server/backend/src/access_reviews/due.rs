//! Opening access reviews, reminding people, and suspending what nobody confirmed.

use std::collections::HashSet;

use model::{
    EmailAddress, Time,
    access_review::{Subject, WITHIN, opens_at, reminder},
    audit::Action,
    ids::{TeamId, UserId},
};

use uuid::Uuid;

use super::{AccessReviewError, open::subjects};
use crate::{
    Cx, Portal, TeamScope,
    access::{self, AccessError},
    audit::{self, Event, Target},
    error::Outage,
    mail::{self, Mail, Message},
    random,
    store::{
        self, Tx,
        access_review::{self, AccessReview},
        lock::{self, Lock},
    },
    teams::{self, tell_managers},
};

pub(crate) async fn run_due(portal: &Portal) -> Result<(), Outage> {
    let cx = Cx::system(portal, "access reviews");
    for (team, last) in access_review::last_opened(portal.db.reader()).await? {
        if cx.now() >= opens_at(last) {
            report(team, open(&cx, team, last).await);
        }
    }
    for review in access_review::unsigned(portal.db.reader()).await? {
        let done = match (cx.now() >= review.due_at, review.suspended_at) {
            (true, None) => suspend(&cx, &review).await,
            (true, Some(_)) | (false, _) => remind(&cx, &review).await,
        };
        report(review.team, done);
    }
    Ok(())
}

fn report(team: TeamId, done: Result<(), AccessReviewError>) {
    if let Err(error) = done {
        tracing::error!(%team, error = &error as &dyn std::error::Error, "an access review did not go on");
    }
}

/// One a quarter: what stood still for longer opens one, and not all that were missed.
async fn open(cx: &Cx, team: TeamId, last: Time) -> Result<(), AccessReviewError> {
    let (scope, now) = (access::job(team), cx.now());
    let tx = cx.portal.db.begin_in(&scope).await?;
    store::team::hold(&*tx, &scope).await?;
    // Another worker may have been first.
    if access_review::all(&*tx, &scope).await?.first().is_some_and(|newest| newest.opened_at > last) {
        return Ok(());
    }
    let review = AccessReview {
        id: random::id(now),
        team,
        opened_at: now,
        due_at: now + WITHIN,
        reminded: None,
        suspended_at: None,
        signed: None,
    };
    if !access_review::insert(&*tx, &review).await? {
        return Ok(());
    }
    for item in subjects(cx, &*tx, &scope).await? {
        access_review::add(&*tx, &review, &item).await?;
    }
    let what = until(&review, "Confirm or remove each member, gateway and key");
    tell(cx, &tx, &review, "An access review is open", &what).await?;
    let event = Event::of(&scope, Action::AccessReviewOpened).on(Target::access_review(review.id, now));
    audit::append(&*tx, cx, event).await?;
    Ok(tx.commit().await?)
}

async fn remind(cx: &Cx, review: &AccessReview) -> Result<(), AccessReviewError> {
    let Some(days) = reminder(review.due_at, review.reminded, cx.now()) else { return Ok(()) };
    let tx = cx.portal.db.begin_in(&access::job(review.team)).await?;
    let open = access_review::items(&*tx, review).await?.iter().filter(|item| item.decided.is_none()).count();
    if !access_review::reminded(&*tx, review, days).await? {
        return Ok(());
    }
    if days < 0 {
        let what = "Nobody has signed it. Confirm or remove what is left, and sign";
        tell(cx, &tx, review, "An access review is overdue", what).await?;
    } else if open > 0 {
        let what = format!("{open} members, gateways and keys are not confirmed yet: confirm or remove each");
        tell(cx, &tx, review, "An access review ends soon", &until(review, &what)).await?;
    }
    Ok(tx.commit().await?)
}

fn until(review: &AccessReview, what: &str) -> String {
    format!("{what} until {} UTC. What nobody confirmed by then is suspended", review.due_at.format("%-d %B %Y, %H:%M"))
}

async fn tell(cx: &Cx, tx: &Tx, review: &AccessReview, headline: &str, what: &str) -> Result<(), AccessReviewError> {
    let scope = access::job(review.team);
    let name = store::team::name(&**tx, review.team).await?.unwrap_or_default();
    let path = format!("teams/{}/members/reviews/{}", review.team, review.id);
    let text = format!("Team {name}: {what}: {}/{path}", cx.portal.settings.public_url);
    let message = Message::SecurityNotice { headline: headline.to_owned(), text };
    Ok(tell_managers(tx, cx, &scope, &message).await.map_err(AccessError::from)?)
}

/// Each by a lock of its own, which a confirmation lifts. Whom nobody who is there could confirm stays.
async fn suspend(cx: &Cx, review: &AccessReview) -> Result<(), AccessReviewError> {
    let scope = access::job(review.team);
    let tx = cx.portal.db.begin_in(&scope).await?;
    store::team::hold(&*tx, &scope).await?;
    let (there, mut names) = (still_there(&tx, &scope).await?, Vec::new());
    for item in access_review::items(&*tx, review).await?.into_iter().filter(|item| item.decided.is_none()) {
        if !there.contains(&(item.kind, item.subject)) {
            continue;
        }
        if item.kind == Subject::Member {
            let user = UserId(item.subject);
            if nobody_could(&tx, &scope, review, user).await? {
                continue;
            }
            // What they offered to others would be a way back.
            teams::withdraw_invitations(cx, &tx, &scope, Some(user)).await?;
            tell_member(cx, &tx, &scope, user).await?;
        }
        let new = Lock {
            id: random::id(cx.now()),
            target_kind: item.kind.as_str(),
            target_id: item.subject,
            reason: review.id.to_string(),
            author: None,
            created_at: cx.now(),
            expires_at: None,
        };
        if access_review::suspended(&*tx, review, &item, new.id).await? {
            lock::insert(&*tx, &scope, new).await?;
            let event = Event::of(&scope, Action::AccessSuspended);
            audit::append(&*tx, cx, event.on(Target::reviewed(item.kind, item.subject, &item.name))).await?;
            names.push(item.name);
        }
    }
    access_review::all_suspended(&*tx, review, cx.now()).await?;
    if !names.is_empty() {
        let text = format!(
            "Nobody confirmed these until the access review ended, so they are suspended: {}. Confirm each to let it in again, or \
             remove it: {}/teams/{}/members/reviews/{}",
            names.join(", "),
            cx.portal.settings.public_url,
            review.team,
            review.id,
        );
        let message = Message::SecurityNotice { headline: "Unconfirmed access was suspended".to_owned(), text };
        tell_managers(&tx, cx, &scope, &message).await.map_err(AccessError::from)?;
    }
    Ok(tx.commit().await?)
}

/// Members, gateways and keys for which a lock means something: a gateway that is disabled can be enabled again.
async fn still_there(tx: &Tx, scope: &TeamScope) -> Result<HashSet<(Subject, Uuid)>, AccessReviewError> {
    let members = store::member::all(&**tx, scope).await?.into_iter().map(|one| (Subject::Member, one.user.0));
    let gateways = store::gateway::all(&**tx, scope).await?.into_iter().map(|one| (Subject::Gateway, one.id.0));
    let keys = store::gateway_key::all(&**tx, scope, None).await?.into_iter().filter(|key| key.revoked_at.is_none());
    Ok(members.chain(gateways).chain(keys.map(|one| (Subject::GatewayKey, one.id.0))).collect())
}

/// Whether nobody who is there could confirm this member: they would be locked out by people who are not.
async fn nobody_could(tx: &Tx, scope: &TeamScope, review: &AccessReview, user: UserId) -> Result<bool, AccessReviewError> {
    let members = store::member::not_locked(&**tx, scope).await?;
    let Some(member) = members.iter().find(|member| member.user == user) else { return Ok(false) };
    let accounts = store::dormancy::of_team(&**tx, scope).await?;
    let is_there = |one: UserId| accounts.iter().any(|account| account.user == one && account.last_use >= review.opened_at);
    let could =
        |other: &store::member::Member| other.user != user && other.role.may_give(member.role) && is_there(other.user);
    Ok(!members.iter().any(could))
}

async fn tell_member(cx: &Cx, tx: &Tx, scope: &TeamScope, user: UserId) -> Result<(), AccessReviewError> {
    let Some(member) = store::member::by_user(&**tx, scope, user).await? else { return Ok(()) };
    let name = store::team::name(&**tx, scope.team()).await?.unwrap_or_default();
    let text = format!(
        "Nobody confirmed your access to the Team {name} in time, so it is suspended. An owner or admin of it can confirm it."
    );
    let message = Message::SecurityNotice { headline: "Your access is suspended".to_owned(), text };
    mail::queue(&**tx, &cx.portal.vault, cx.now(), Mail { to: member.email, message }).await?;
    Ok(())
}

/// Lets a member in again on Portal's own machine, where nobody of the Team who is there could confirm them.
pub async fn restore_from_command_line(
    portal: &Portal,
    team: TeamId,
    email: &EmailAddress,
) -> Result<(), AccessReviewError> {
    let (cx, scope) = (Cx::system(portal, "command line"), access::job(team));
    let user = store::user::by_email(portal.db.reader(), email).await?.ok_or(AccessError::NotFound)?.id;
    let tx = portal.db.begin_in(&scope).await?;
    store::team::hold(&*tx, &scope).await?;
    if !lock::lift_suspensions(&*tx, &scope, Subject::Member.as_str(), user.0, None, cx.now()).await? {
        return Err(AccessError::NotFound.into());
    }
    audit::append(&*tx, &cx, Event::of(&scope, Action::LockLifted).on(Target::user(user, email))).await?;
    Ok(tx.commit().await?)
}
