//! Reviews of a Team's log, every fourteen days: what matters of a period, what a person found in it, and their signature.

mod digest;
mod error;
mod open;

use model::{
    audit::{Action, SafeText},
    ids::ReviewId,
    review::NOTE_MOST,
    step_up::DangerousAct,
};

pub use digest::{Digest, Figure, digest};
pub use error::ReviewError;
pub(crate) use open::open_due;

use crate::{
    Cx, TeamScope,
    access::{self, AccessError},
    audit::{self, Event, Target},
    random,
    store::review::{self, Note, Review, Signed},
};

/// The Team's Reviews, the newest period first.
pub async fn list(cx: &Cx, scope: &TeamScope) -> Result<Vec<Review>, AccessError> {
    Ok(review::all(&cx.portal.db.of(scope), scope).await?)
}

/// One Review with what was noted at it.
pub async fn get(cx: &Cx, scope: &TeamScope, id: ReviewId) -> Result<(Review, Vec<Note>), AccessError> {
    let db = &cx.portal.db.of(scope);
    let found = review::by_id(db, scope, id).await?.ok_or(AccessError::NotFound)?;
    Ok((found, review::notes(db, scope, id).await?))
}

fn text(field: &'static str, text: &str) -> Result<SafeText, ReviewError> {
    match text.trim() {
        "" => Err(ReviewError::Missing(field)),
        // One line, as all text of the log.
        text => Ok(SafeText::new(&text.split_whitespace().collect::<Vec<_>>().join(" "), NOTE_MOST)),
    }
}

/// Notes something. A finding is a note that somebody must follow up.
#[tracing::instrument(skip_all, fields(team = %scope.team(), review = %id))]
pub async fn note(cx: &Cx, scope: &TeamScope, id: ReviewId, body: &str, finding: bool) -> Result<(), ReviewError> {
    let person = access::signed_in(cx)?;
    let body = text("note", body)?;
    let (found, _) = get(cx, scope, id).await?;
    let now = cx.now();
    let note = Note { at: now, by: person.user, name: person.email.to_string(), body: body.as_str().to_owned(), finding };
    let tx = cx.portal.db.begin_in(scope).await?;
    review::hold(&*tx, scope, id).await?;
    if !review::note(&*tx, scope, id, random::id::<ReviewId>(now).0, &note).await? {
        return Err(ReviewError::Signed);
    }
    let event = Event::of(scope, Action::ReviewNoted).on(Target::review(id, found.from, found.until));
    audit::append(&*tx, cx, event.with("finding", finding).with("note", &body)).await?;
    Ok(tx.commit().await?)
}

/// Signs that the period was looked through, with a conclusion. After that nothing of it changes.
#[tracing::instrument(skip_all, fields(team = %scope.team(), review = %id))]
pub async fn sign(cx: &Cx, scope: &TeamScope, id: ReviewId, conclusion: &str) -> Result<(), ReviewError> {
    let by = access::require_step_up(cx, scope, DangerousAct::SignReview).await?;
    let conclusion = text("conclusion", conclusion)?;
    let (found, _) = get(cx, scope, id).await?;
    let name = access::signed_in(cx)?.email.to_string();
    let signed = Signed { at: cx.now(), by, name, conclusion: conclusion.as_str().to_owned() };
    let tx = cx.portal.db.begin_in(scope).await?;
    if !review::sign(&*tx, scope, id, &signed).await? {
        return Err(ReviewError::Signed);
    }
    let notes = review::notes(&*tx, scope, id).await?;
    let findings = notes.iter().filter(|note| note.finding).count();
    let event = Event::of(scope, Action::ReviewSigned)
        .on(Target::review(id, found.from, found.until))
        .with("notes", notes.len() as i64)
        .with("findings", findings as i64)
        .with("conclusion", &conclusion);
    audit::append(&*tx, cx, event).await?;
    Ok(tx.commit().await?)
}
