//! Opening access reviews, reminding people, and suspending what nobody confirmed.

use model::{
    Time,
    access_review::{Subject, WITHIN, opens_at, reminder},
    audit::Action,
    ids::{TeamId, UserId},
};

use super::{AccessReviewError, open::subjects};
use crate::{
    Cx, Portal,
    access::{self, AccessError},
    audit::{self, Event, Target},
    error::Outage,
    mail::Message,
    random,
    store::{
        self, Tx,
        access_review::{self, AccessReview, Item},
        lock::{self, Lock},
    },
    teams::{self, TeamError, tell_managers},
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
            (true, Some(_)) => Ok(()),
            (false, _) => remind(&cx, &review).await,
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
    let tx = cx.portal.db.begin().await?;
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
    for item in subjects(cx, &tx, &scope).await? {
        access_review::add(&*tx, &review, &item).await?;
    }
    tell(cx, &tx, &review, "An access review is open", "Confirm or remove each member, gateway and key").await?;
    let event = Event::of(&scope, Action::AccessReviewOpened).on(Target::access_review(review.id, now));
    audit::append(&*tx, cx, event).await?;
    Ok(tx.commit().await?)
}

async fn remind(cx: &Cx, review: &AccessReview) -> Result<(), AccessReviewError> {
    let Some(days) = reminder(review.due_at, review.reminded, cx.now()) else { return Ok(()) };
    let tx = cx.portal.db.begin().await?;
    let open = access_review::items(&*tx, review).await?.iter().filter(|item| item.decided.is_none()).count();
    if !access_review::reminded(&*tx, review, days).await? {
        return Ok(());
    }
    if open > 0 {
        let what = format!("{open} members, gateways and keys are not confirmed yet: confirm or remove each");
        tell(cx, &tx, review, "An access review ends soon", &what).await?;
    }
    Ok(tx.commit().await?)
}

async fn tell(cx: &Cx, tx: &Tx, review: &AccessReview, headline: &str, what: &str) -> Result<(), AccessReviewError> {
    let scope = access::job(review.team);
    let name = store::team::name(&**tx, review.team).await?.unwrap_or_default();
    let text = format!(
        "Team {name}: {what} until {} UTC. What nobody confirmed by then is suspended: {}/teams/{}/members/reviews/{}",
        review.due_at.format("%-d %B %Y, %H:%M"),
        cx.portal.settings.public_url,
        review.team,
        review.id,
    );
    let message = Message::SecurityNotice { headline: headline.to_owned(), text };
    Ok(tell_managers(tx, cx, &scope, &message).await.map_err(AccessError::from)?)
}

/// Each by a lock of its own, which a confirmation lifts. The last owner stays: nobody could confirm anybody.
async fn suspend(cx: &Cx, review: &AccessReview) -> Result<(), AccessReviewError> {
    let scope = access::job(review.team);
    let tx = cx.portal.db.begin().await?;
    store::team::hold(&*tx, &scope).await?;
    let mut names = Vec::new();
    for item in access_review::items(&*tx, review).await?.into_iter().filter(|item| item.decided.is_none()) {
        if is_gone(cx, &tx, review, &item).await? || stays(&tx, review, &item).await? {
            continue;
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
        let what = format!(
            "{} were suspended, since nobody confirmed them: {}. Confirm them, or remove them",
            names.len(),
            names.join(", ")
        );
        tell(cx, &tx, review, "Unconfirmed access was suspended", &what).await?;
    }
    Ok(tx.commit().await?)
}

/// Whoever left and whatever was revoked meanwhile needs no lock.
pub(super) async fn is_gone(cx: &Cx, tx: &Tx, review: &AccessReview, item: &Item) -> Result<bool, AccessReviewError> {
    let there = subjects(cx, tx, &access::job(review.team)).await?;
    Ok(!there.iter().any(|one| (one.kind, one.subject) == (item.kind, item.subject)))
}

async fn stays(tx: &Tx, review: &AccessReview, item: &Item) -> Result<bool, AccessReviewError> {
    if item.kind != Subject::Member {
        return Ok(false);
    }
    let (scope, user) = (access::job(review.team), UserId(item.subject));
    let member = store::member::by_user(&**tx, &scope, user).await?;
    let is_owner = member.is_some_and(|member| member.role == model::Role::Owner);
    let last =
        matches!(teams::leaves_an_owner(tx, &scope, user).await, Err(TeamError::LastOwner | TeamError::LastOwnerOf(_)));
    Ok(is_owner && last)
}
