//! Reviews of the Team's log.

use leptos::prelude::*;
use model::ids::{ReviewId, TeamId};
use serde::{Deserialize, Serialize};

use super::{Moment, alerts::AlertItem, log::LogItem};
use crate::Failure;

/// A Review in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewItem {
    pub id: ReviewId,
    /// Like "2 November to 16 November 2026".
    pub period: String,
    pub opened: Moment,
    /// Days that it waits for a signature.
    pub waits_days: i64,
    pub signed: Option<SignatureItem>,
}

/// Who signed a Review, and what they concluded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignatureItem {
    pub by: String,
    pub at: Moment,
    pub conclusion: String,
}

/// Something that somebody noted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoteItem {
    pub by: String,
    pub at: Moment,
    pub body: String,
    pub finding: bool,
}

/// A figure of the period beside the one of the period before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FigureItem {
    /// What was done and how it ended, in words.
    pub what: String,
    pub now: i64,
    pub before: i64,
}

/// Everything on a Review's page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewDetail {
    pub item: ReviewItem,
    /// Events of this period are not kept any more: what is listed here is not all that was.
    pub pruned: bool,
    /// The log of this period, as the log page's address names it.
    pub log_query: String,
    pub figures: Vec<FigureItem>,
    /// Networks that keys were first used from: key, network, when.
    pub networks: Vec<(String, String, Moment)>,
    pub refused: Vec<LogItem>,
    pub changes: Vec<LogItem>,
    pub alerts: Vec<AlertItem>,
    pub sample: Vec<LogItem>,
    pub notes: Vec<NoteItem>,
}

/// The Team's Reviews.
#[server(prefix = "/act", endpoint = "reviews")]
pub async fn reviews(team: TeamId) -> Result<Vec<ReviewItem>, Failure> {
    use crate::edge::{enter, fail, review_items};
    let (cx, scope) = enter(team, model::Permission::ViewLog).await?;
    Ok(review_items(&cx, backend::reviews::list(&cx, &scope).await.map_err(fail)?))
}

/// One Review with all that is to be looked at.
#[server(prefix = "/act", endpoint = "review")]
pub async fn review(team: TeamId, review: ReviewId) -> Result<ReviewDetail, Failure> {
    use crate::edge::{enter, review_detail};
    let (cx, scope) = enter(team, model::Permission::ViewLog).await?;
    review_detail(&cx, &scope, review).await
}

/// Notes something at a Review.
#[server(prefix = "/act", endpoint = "note_review")]
pub async fn note_review(
    team: TeamId,
    review: ReviewId,
    note: String,
    #[server(default)] finding: bool,
) -> Result<(), Failure> {
    use crate::edge::{enter, fail};
    let (cx, scope) = enter(team, model::Permission::ReviewLog).await?;
    backend::reviews::note(&cx, &scope, review, &note, finding).await.map_err(fail)
}

/// Signs a Review.
#[server(prefix = "/act", endpoint = "sign_review")]
pub async fn sign_review(team: TeamId, review: ReviewId, conclusion: String) -> Result<(), Failure> {
    use crate::edge::{enter, fail};
    let (cx, scope) = enter(team, model::Permission::ReviewLog).await?;
    backend::reviews::sign(&cx, &scope, review, &conclusion).await.map_err(fail)
}
