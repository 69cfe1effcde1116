//! Confirming, removing, signing.

use model::{
    access_review::{Decision, NOTE_MOST, Subject},
    audit::{Action, SafeText},
    ids::{AccessReviewId, GatewayId, GatewayKeyId, UserId},
    step_up::DangerousAct,
};
use uuid::Uuid;

use super::{AccessReviewError, due::is_gone, get};
use crate::{
    Cx, TeamScope,
    access::{self, AccessError},
    audit::{self, Event, Target},
    gateways,
    store::{
        self,
        access_review::{self, AccessReview, Item},
        audit_hold::By,
        lock,
    },
    teams,
};

/// Confirms something, which lifts its suspension, or removes it: a member is removed, a gateway disabled, a key revoked.
#[tracing::instrument(skip_all, fields(team = %scope.team(), review = %id))]
pub async fn decide(
    cx: &Cx,
    scope: &TeamScope,
    id: AccessReviewId,
    kind: Subject,
    subject: Uuid,
    decision: Decision,
    note: &str,
) -> Result<(), AccessReviewError> {
    let (review, items) = get(cx, scope, id).await?;
    let item = items.into_iter().find(|item| (item.kind, item.subject) == (kind, subject)).ok_or(AccessError::NotFound)?;
    if review.signed.is_some() {
        return Err(AccessReviewError::Over);
    }
    may_decide(cx, scope, &item).await?;
    let (mut note, gone) = (text(note), goes(cx, &review, &item).await?);
    match (decision, gone) {
        (Decision::Confirmed, true) => return Err(AccessReviewError::Over),
        (Decision::Confirmed, false) => {}
        (Decision::Removed, true) => note = if note.as_str().is_empty() { text("It was gone already.") } else { note },
        (Decision::Removed, false) if note.as_str().is_empty() => return Err(AccessReviewError::NoteMissing),
        (Decision::Removed, false) => remove(cx, scope, &item).await?,
    }
    write(cx, scope, &review, &item, decision, &note).await
}

async fn write(
    cx: &Cx,
    scope: &TeamScope,
    review: &AccessReview,
    item: &Item,
    decision: Decision,
    note: &SafeText,
) -> Result<(), AccessReviewError> {
    let person = access::signed_in(cx)?;
    let by = By { at: cx.now(), user: person.user, name: person.email.to_string() };
    let tx = cx.portal.db.begin().await?;
    store::team::hold(&*tx, scope).await?;
    // As it stands now: it may have been suspended a moment ago.
    let now = access_review::items(&*tx, review).await?;
    let lock = now.into_iter().find(|one| (one.kind, one.subject) == (item.kind, item.subject)).and_then(|one| one.lock);
    if !access_review::decide(&*tx, review, item, decision, note.as_str(), &by).await? {
        return Err(AccessReviewError::Over);
    }
    if let Some(lock) = lock {
        lock::lift(&*tx, scope, lock, Some(by.user), by.at).await?;
    }
    let event = Event::of(scope, Action::AccessDecided).on(Target::reviewed(item.kind, item.subject, &item.name));
    let event = event.with("decision", decision.as_str()).with("note", note);
    audit::append(&*tx, cx, event).await?;
    Ok(tx.commit().await?)
}

/// Nobody confirms themselves, unless there is nobody else who could; and nobody those above them.
async fn may_decide(cx: &Cx, scope: &TeamScope, item: &Item) -> Result<(), AccessReviewError> {
    let (me, db) = (access::signed_in(cx)?.user, cx.portal.db.reader());
    match item.kind {
        Subject::Member => {
            let Some(member) = store::member::by_user(db, scope, UserId(item.subject)).await? else { return Ok(()) };
            let could = |other: &store::member::Member| other.user != me && other.role.may_give(member.role);
            let others = store::member::not_locked(db, scope).await?;
            if member.user == me && others.iter().any(could) {
                return Err(AccessReviewError::OneSelf);
            }
            if scope.role().is_some_and(|own| own.may_give(member.role)) { Ok(()) } else { Err(AccessReviewError::Above) }
        }
        Subject::Gateway => touch(cx, scope, GatewayId(item.subject)).await,
        Subject::GatewayKey => {
            let keys = store::gateway_key::all(db, scope, None).await?;
            match keys.into_iter().find(|key| key.id.0 == item.subject) {
                Some(key) => touch(cx, scope, key.gateway).await,
                None => Ok(()),
            }
        }
    }
}

async fn touch(cx: &Cx, scope: &TeamScope, gateway: GatewayId) -> Result<(), AccessReviewError> {
    Ok(scope.touch(cx, gateways::get(cx, scope, gateway).await?.environment).await?)
}

/// Whether it is gone by now: what was cut off between a removal and its note is noted when it is decided again.
async fn goes(cx: &Cx, review: &AccessReview, item: &Item) -> Result<bool, AccessReviewError> {
    let tx = cx.portal.db.begin().await?;
    is_gone(cx, &tx, review, item).await
}

/// Removes it by its own verb.
async fn remove(cx: &Cx, scope: &TeamScope, item: &Item) -> Result<(), AccessReviewError> {
    match item.kind {
        Subject::Member => Ok(teams::remove_member(cx, scope, UserId(item.subject)).await?),
        Subject::Gateway => Ok(gateways::disable(cx, scope, GatewayId(item.subject)).await?),
        Subject::GatewayKey => {
            let keys = store::gateway_key::all(cx.portal.db.reader(), scope, None).await?;
            let key = keys.into_iter().find(|key| key.id.0 == item.subject).ok_or(AccessError::NotFound)?;
            Ok(gateways::revoke_key(cx, scope, key.gateway, GatewayKeyId(item.subject)).await?)
        }
    }
}

/// Signs that everything was looked at, with a conclusion. After that nothing of it changes.
#[tracing::instrument(skip_all, fields(team = %scope.team(), review = %id))]
pub async fn sign(cx: &Cx, scope: &TeamScope, id: AccessReviewId, conclusion: &str) -> Result<(), AccessReviewError> {
    let user = access::require_step_up(cx, scope, DangerousAct::SignAccessReview).await?;
    let conclusion = text(conclusion);
    if conclusion.as_str().is_empty() {
        return Err(AccessReviewError::ConclusionMissing);
    }
    let (review, items) = get(cx, scope, id).await?;
    if review.signed.is_some() {
        return Err(AccessReviewError::Over);
    }
    if items.iter().any(|item| item.decided.is_none()) {
        return Err(AccessReviewError::Undecided);
    }
    let by = By { at: cx.now(), user, name: access::signed_in(cx)?.email.to_string() };
    let tx = cx.portal.db.begin().await?;
    if !access_review::sign(&*tx, &review, &by, conclusion.as_str()).await? {
        return Err(AccessReviewError::Over);
    }
    let removed = items.iter().filter(|item| matches!(item.decided, Some((Decision::Removed, ..)))).count();
    let event = Event::of(scope, Action::AccessReviewSigned).on(Target::access_review(id, review.opened_at));
    let event = event.with("looked_at", items.len() as i64).with("removed", removed as i64).with("conclusion", &conclusion);
    audit::append(&*tx, cx, event).await?;
    Ok(tx.commit().await?)
}

fn text(text: &str) -> SafeText {
    SafeText::new(&text.split_whitespace().collect::<Vec<_>>().join(" "), NOTE_MOST)
}
