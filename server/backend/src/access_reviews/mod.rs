//! Access reviews: every quarter each member, gateway and key is confirmed or removed; what nobody confirmed is suspended.

mod decide;
mod due;
mod error;
mod open;

pub use decide::{decide, own, sign};
pub use due::restore_from_command_line;
pub(crate) use due::run_due;
pub use error::AccessReviewError;

use model::{audit::Action, ids::AccessReviewId, step_up::DangerousAct};

use crate::{
    Cx, TeamScope,
    access::{self, AccessError},
    audit::{self, Event, Target},
    store::access_review::{self, AccessReview, Item},
};

/// The Team's access reviews, the newest first.
pub async fn list(cx: &Cx, scope: &TeamScope) -> Result<Vec<AccessReview>, AccessError> {
    Ok(access_review::all(&cx.portal.db.of(scope), scope).await?)
}

/// One of them with everything in it.
pub async fn get(cx: &Cx, scope: &TeamScope, id: AccessReviewId) -> Result<(AccessReview, Vec<Item>), AccessError> {
    let db = &cx.portal.db.of(scope);
    let found = access_review::by_id(db, scope, id).await?.ok_or(AccessError::NotFound)?;
    let items = access_review::items(db, &found).await?;
    Ok((found, items))
}

/// What of it is there now: the rest left or was stopped meanwhile.
pub async fn there(cx: &Cx, scope: &TeamScope) -> Result<Vec<Item>, AccessError> {
    Ok(open::subjects(cx, &cx.portal.db.of(scope), scope).await?)
}

/// The same for a file that is taken away, which is an event. Refuses without a fresh proof of the person.
pub async fn export(cx: &Cx, scope: &TeamScope, id: AccessReviewId) -> Result<(AccessReview, Vec<Item>), AccessError> {
    let (review, items) = get(cx, scope, id).await?;
    access::require_step_up(cx, scope, DangerousAct::ExportAccessReview).await?;
    let event = Event::of(scope, Action::AccessReviewExported).on(Target::access_review(id, review.opened_at));
    audit::append_alone(cx, event).await?;
    Ok((review, items))
}
