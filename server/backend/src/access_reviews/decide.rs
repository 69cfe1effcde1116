//! Confirming, removing, signing.

use model::{
    access_review::{Decision, NOTE_MOST, Subject},
    audit::{Action, SafeText},
    ids::{AccessReviewId, GatewayId, GatewayKeyId, UserId},
    step_up::DangerousAct,
};
use uuid::Uuid;

use super::{AccessReviewError, get, there};
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
    may_decide(cx, scope, &review, &item, decision).await?;
    let (mut note, gone) = (text(note), is_gone(cx, scope, &item).await?);
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
    let tx = cx.portal.db.begin_in(scope).await?;
    store::team::hold(&*tx, scope).await?;
    if !access_review::decide(&*tx, review, item, decision, note.as_str(), &by).await? {
        return Err(AccessReviewError::Over);
    }
    // By whichever review it was suspended: an incident's locks stay.
    let lifted = lock::lift_suspensions(&*tx, scope, item.kind.as_str(), item.subject, Some(by.user), by.at).await?;
    let event = Event::of(scope, Action::AccessDecided).on(Target::reviewed(item.kind, item.subject, &item.name));
    let event = event.with("decision", decision.as_str()).with("note", note).with("lifted", lifted);
    audit::append(&*tx, cx, event).await?;
    Ok(tx.commit().await?)
}

/// The signed-in person, when somebody else could confirm them, or when it was they who saw to it that nobody could.
pub async fn own(cx: &Cx, scope: &TeamScope, review: &AccessReview) -> Result<Option<UserId>, AccessError> {
    let (me, db) = (access::signed_in(cx)?.user, &cx.portal.db.of(scope));
    let Some(mine) = store::member::by_user(db, scope, me).await? else { return Ok(None) };
    let could = |other: &store::member::Member| other.user != me && other.role.may_give(mine.role);
    let others = store::member::not_locked(db, scope).await?.iter().any(could);
    let by_me = [Action::RoleChanged, Action::MemberRemoved, Action::MeasureOrdered];
    let alone = !others && !store::audit_event::did_since(db, scope, me, &by_me, review.opened_at).await?;
    Ok((!alone).then_some(me))
}

/// Nobody confirms themselves, unless there is nobody else who could; nobody those above them; and nobody gives back what they do
/// not have themselves, or a suspension without a fresh proof.
async fn may_decide(
    cx: &Cx,
    scope: &TeamScope,
    review: &AccessReview,
    item: &Item,
    decision: Decision,
) -> Result<(), AccessReviewError> {
    if decision == Decision::Confirmed && item.lock.is_some() {
        access::require_step_up(cx, scope, DangerousAct::LiftLock).await?;
    }
    let db = &cx.portal.db.of(scope);
    match item.kind {
        Subject::Member => {
            let Some(member) = store::member::by_user(db, scope, UserId(item.subject)).await? else { return Ok(()) };
            if own(cx, scope, review).await? == Some(member.user) {
                return Err(AccessReviewError::OneSelf);
            }
            if !scope.role().is_some_and(|own| own.may_give(member.role)) {
                return Err(AccessReviewError::Above);
            }
            match decision {
                Decision::Confirmed => Ok(scope.give(cx, member.environments).await?),
                Decision::Removed => Ok(()),
            }
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
async fn is_gone(cx: &Cx, scope: &TeamScope, item: &Item) -> Result<bool, AccessError> {
    Ok(!there(cx, scope).await?.iter().any(|one| (one.kind, one.subject) == (item.kind, item.subject)))
}

/// Removes it by its own verb.
async fn remove(cx: &Cx, scope: &TeamScope, item: &Item) -> Result<(), AccessReviewError> {
    match item.kind {
        Subject::Member => Ok(teams::remove_member(cx, scope, UserId(item.subject)).await?),
        Subject::Gateway => Ok(gateways::disable(cx, scope, GatewayId(item.subject)).await?),
        Subject::GatewayKey => {
            let keys = store::gateway_key::all(&cx.portal.db.of(scope), scope, None).await?;
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
    let (review, _) = get(cx, scope, id).await?;
    if review.signed.is_some() {
        return Err(AccessReviewError::Over);
    }
    let by = By { at: cx.now(), user, name: access::signed_in(cx)?.email.to_string() };
    let tx = cx.portal.db.begin_in(scope).await?;
    // Held, as whoever decides holds it: after the signature nothing changes.
    store::team::hold(&*tx, scope).await?;
    let items = access_review::items(&*tx, &review).await?;
    if items.iter().any(|item| item.decided.is_none()) {
        return Err(AccessReviewError::Undecided);
    }
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
