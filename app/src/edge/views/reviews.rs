//! Reviews.

use backend::{
    Cx, TeamScope, reviews,
    store::{audit_event::Row, review::Review},
};
use model::{Time, audit::Outcome, ids::ReviewId};

use super::{alerts, log};
use crate::{
    Failure,
    api::reviews::{FigureItem, NoteItem, ReviewDetail, ReviewItem, SignatureItem},
    edge::{fail, moment},
};

pub(crate) fn review_items(cx: &Cx, all: Vec<Review>) -> Vec<ReviewItem> {
    all.into_iter().map(|review| item(review, cx.now())).collect()
}

fn item(review: Review, now: Time) -> ReviewItem {
    ReviewItem {
        id: review.id,
        period: format!("{} to {}", review.from.format("%-d %B"), review.until.format("%-d %B %Y")),
        opened: moment(review.opened_at, now),
        waits_days: if review.signed.is_some() { 0 } else { (now - review.opened_at).num_days() },
        signed: review.signed.map(|signed| SignatureItem {
            by: signed.name,
            at: moment(signed.at, now),
            conclusion: signed.conclusion,
        }),
    }
}

pub(crate) async fn review_detail(cx: &Cx, scope: &TeamScope, id: ReviewId) -> Result<ReviewDetail, Failure> {
    let (review, notes) = reviews::get(cx, scope, id).await.map_err(fail)?;
    let digest = reviews::digest(cx, scope, &review).await.map_err(fail)?;
    let now = cx.now();
    let rows = |rows: Vec<Row>| rows.into_iter().map(|row| log::item(row, now)).collect();
    let figure = |figure: reviews::Figure| {
        let ended = match figure.outcome {
            Outcome::Ok => "",
            Outcome::Refused => ", refused",
            Outcome::Failed => ", failed",
        };
        FigureItem { what: format!("{}{ended}", figure.action.as_str()), now: figure.now, before: figure.before }
    };
    let until = |at: Time| at.format("%Y-%m-%dT%H:%M").to_string();
    let kept_from = backend::audit::kept_from(&cx.portal).await.map_err(super::outage)?;
    Ok(ReviewDetail {
        pruned: kept_from.is_some_and(|kept_from| kept_from > review.from),
        log_query: format!("from={}&until={}", until(review.from), until(review.until)),
        item: item(review, now),
        figures: digest.figures.into_iter().map(figure).collect(),
        networks: digest
            .networks
            .into_iter()
            .map(|network| (network.key.to_string(), network.network, moment(network.first_at, now)))
            .collect(),
        refused: rows(digest.refused),
        changes: rows(digest.changes),
        alerts: digest.alerts.into_iter().map(|alert| alerts::item(alert, now)).collect(),
        sample: rows(digest.sample),
        notes: notes
            .into_iter()
            .map(|note| NoteItem { by: note.name, at: moment(note.at, now), body: note.body, finding: note.finding })
            .collect(),
    })
}
