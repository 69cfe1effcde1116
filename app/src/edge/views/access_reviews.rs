//! Access reviews.

use backend::{Cx, TeamScope, access_reviews, store::access_review::AccessReview};
use model::{
    access_review::Subject,
    ids::{AccessReviewId, GatewayId, GatewayKeyId, UserId},
};
use uuid::Uuid;

use crate::{
    Failure,
    api::access_reviews::{AccessReviewDetail, AccessReviewItem, SubjectItem},
    edge::{fail, moment},
};

pub(crate) fn access_review_item(cx: &Cx, one: AccessReview) -> AccessReviewItem {
    let now = cx.now();
    AccessReviewItem {
        id: one.id,
        name: one.opened_at.format("%-d %B %Y").to_string(),
        opened: moment(one.opened_at, now),
        due: moment(one.due_at, now),
        overdue: one.signed.is_none() && now >= one.due_at,
        signed: one.signed.map(|(by, conclusion)| (by.name, moment(by.at, now), conclusion)),
    }
}

/// Its id as people and forms have it.
pub fn subject_id(kind: Subject, id: Uuid) -> String {
    match kind {
        Subject::Member => UserId(id).to_string(),
        Subject::Gateway => GatewayId(id).to_string(),
        Subject::GatewayKey => GatewayKeyId(id).to_string(),
    }
}

pub(crate) async fn access_review_detail(
    cx: &Cx,
    scope: &TeamScope,
    id: AccessReviewId,
) -> Result<AccessReviewDetail, Failure> {
    let (review, items) = access_reviews::get(cx, scope, id).await.map_err(fail)?;
    let there = access_reviews::there(cx, scope).await.map_err(fail)?;
    let own = access_reviews::own(cx, scope, &review).await.map_err(fail)?;
    let subjects: Vec<_> = items
        .into_iter()
        .map(|item| SubjectItem {
            kind: item.kind,
            subject: subject_id(item.kind, item.subject),
            now: there.iter().find(|one| (one.kind, one.subject) == (item.kind, item.subject)).map(|one| one.facts.clone()),
            name: item.name,
            then: item.facts,
            is_suspended: item.lock.is_some() && item.decided.is_none(),
            is_own: item.kind == Subject::Member && own.is_some_and(|own| own.0 == item.subject),
            decided: item.decided.map(|(decision, note, by)| (decision, note, by.name, moment(by.at, cx.now()))),
        })
        .collect();
    let undecided = subjects.iter().filter(|one| one.decided.is_none()).count();
    Ok(AccessReviewDetail { item: access_review_item(cx, review), subjects, undecided })
}
