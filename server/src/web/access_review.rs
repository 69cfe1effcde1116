//! An access review as a file, for auditors.

use axum::{
    extract::{Extension, Path},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use backend::{
    Cx, access, access_reviews,
    store::access_review::{AccessReview, Item},
};
use model::{
    Permission,
    ids::{AccessReviewId, TeamId},
};

use super::download;
use crate::audit_export::harmless;

/// For whoever may read the log, after a fresh proof of the person. That it was taken is an event before it leaves.
pub async fn access_review_export(
    Extension(cx): Extension<Cx>,
    Path((team, review)): Path<(TeamId, AccessReviewId)>,
) -> Response {
    let exported = async {
        let scope = access::enter(&cx, team, Permission::ViewLog).await?;
        access_reviews::export(&cx, &scope, review).await
    };
    match exported.await {
        Ok((review, items)) => match csv(&review, &items) {
            Ok(text) => download::saved("access-review.csv", "text/csv; charset=utf-8", text),
            Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        },
        Err(error) => download::refused(&error, team, &format!("/teams/{team}/members/reviews/{review}#export")),
    }
}

fn csv(review: &AccessReview, items: &[Item]) -> Result<Vec<u8>, csv::Error> {
    let mut lines = csv::Writer::from_writer(Vec::new());
    lines.write_record([
        "kind",
        "id",
        "name",
        "may_reach",
        "decision",
        "by",
        "at",
        "note",
        "suspended",
        "signed_by",
        "signed_at",
        "conclusion",
    ])?;
    let signed = review.signed.as_ref();
    for item in items {
        let decided = item.decided.as_ref();
        let cells = [
            item.kind.as_str().to_owned(),
            app::edge::subject_id(item.kind, item.subject),
            item.name.clone(),
            item.facts.clone(),
            decided.map_or("", |(decision, ..)| decision.as_str()).to_owned(),
            decided.map(|(_, _, by)| by.name.clone()).unwrap_or_default(),
            decided.map(|(_, _, by)| by.at.to_rfc3339()).unwrap_or_default(),
            decided.map(|(_, note, _)| note.clone()).unwrap_or_default(),
            item.lock.is_some().to_string(),
            signed.map(|(by, _)| by.name.clone()).unwrap_or_default(),
            signed.map(|(by, _)| by.at.to_rfc3339()).unwrap_or_default(),
            signed.map(|(_, conclusion)| conclusion.clone()).unwrap_or_default(),
        ];
        lines.write_record(cells.iter().map(|cell| harmless(cell)))?;
    }
    lines.into_inner().map_err(|error| error.into_error().into())
}
