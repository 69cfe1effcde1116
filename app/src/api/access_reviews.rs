//! Access reviews: who and which key may reach what, confirmed every quarter.

use leptos::prelude::*;
use model::{
    access_review::{Decision, Subject},
    ids::{AccessReviewId, TeamId},
};
use serde::{Deserialize, Serialize};

use super::Moment;
use crate::Failure;

/// One in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessReviewItem {
    pub id: AccessReviewId,
    /// The day on which it opened.
    pub name: String,
    pub opened: Moment,
    pub due: Moment,
    /// Its time is over, and what nobody confirmed is suspended.
    pub overdue: bool,
    pub signed: Option<(String, Moment, String)>,
}

/// A member, gateway or key in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubjectItem {
    pub kind: Subject,
    pub subject: String,
    pub name: String,
    /// What it could reach then, and what it can now when that is something else; nothing when it is gone.
    pub then: String,
    pub now: Option<String>,
    pub decided: Option<(Decision, String, String, Moment)>,
    pub is_suspended: bool,
    /// The viewer's own, which somebody else confirms.
    pub is_own: bool,
}

/// Everything on its page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessReviewDetail {
    pub item: AccessReviewItem,
    pub subjects: Vec<SubjectItem>,
    pub undecided: usize,
}

/// The Team's access reviews, the newest first.
#[server(prefix = "/act", endpoint = "access_reviews")]
pub async fn access_reviews(team: TeamId) -> Result<Vec<AccessReviewItem>, Failure> {
    use crate::edge::{access_review_item, enter, fail};
    let (cx, scope) = enter(team, model::Permission::ViewLog).await?;
    let all = backend::access_reviews::list(&cx, &scope).await.map_err(fail)?;
    Ok(all.into_iter().map(|one| access_review_item(&cx, one)).collect())
}

/// One of them.
#[server(prefix = "/act", endpoint = "access_review")]
pub async fn access_review(team: TeamId, access_review: AccessReviewId) -> Result<AccessReviewDetail, Failure> {
    use crate::edge::{access_review_detail, enter};
    let (cx, scope) = enter(team, model::Permission::ViewLog).await?;
    access_review_detail(&cx, &scope, access_review).await
}

/// Confirms a member, gateway or key, or removes it.
#[server(prefix = "/act", endpoint = "decide_access")]
pub async fn decide_access(
    team: TeamId,
    access_review: AccessReviewId,
    subject_kind: String,
    reviewed: String,
    decision: String,
    #[server(default)] note: String,
) -> Result<(), Failure> {
    use crate::edge::{enter, fail, form};
    let (kind, subject) = form::subject(&subject_kind, &reviewed)?;
    let decision = form::one("decision", Decision::parse(&decision).ok_or("Confirm it, or remove it."))?;
    let (cx, scope) = enter(team, model::Permission::ManageMembers).await?;
    backend::access_reviews::decide(&cx, &scope, access_review, kind, subject, decision, &note).await.map_err(fail)
}

/// Signs that everything was looked at.
#[server(prefix = "/act", endpoint = "sign_access_review")]
pub async fn sign_access_review(
    team: TeamId,
    access_review: AccessReviewId,
    #[server(default)] conclusion: String,
) -> Result<(), Failure> {
    use crate::edge::{enter, fail};
    let (cx, scope) = enter(team, model::Permission::ManageMembers).await?;
    backend::access_reviews::sign(&cx, &scope, access_review, &conclusion).await.map_err(fail)
}
