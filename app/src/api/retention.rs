//! How long the Team's log is kept, and legal holds on it.

use leptos::prelude::*;
use model::ids::{HoldId, TeamId};
use serde::{Deserialize, Serialize};

use super::Moment;
use crate::Failure;

/// How long the log is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetentionDetail {
    pub months: u32,
    /// Older events may be gone, unless a hold stands.
    pub since: Option<Moment>,
    /// When the oldest event that is still there was recorded.
    pub oldest: Option<Moment>,
    pub holds: Vec<HoldItem>,
}

/// An order not to prune the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldItem {
    pub id: HoldId,
    pub reason: String,
    pub placed: (String, Moment),
    pub lifted: Option<(String, Moment)>,
}

/// How long the log is kept.
#[server(prefix = "/act", endpoint = "retention")]
pub async fn retention(team: TeamId) -> Result<RetentionDetail, Failure> {
    use crate::edge::{enter, fail, retention_detail};
    let (cx, scope) = enter(team, model::Permission::ViewLog).await?;
    Ok(retention_detail(&cx, backend::audit::retention(&cx, &scope).await.map_err(fail)?))
}

/// Keeps the whole log until the hold is lifted.
#[server(prefix = "/act", endpoint = "place_hold")]
pub async fn place_hold(team: TeamId, reason: String) -> Result<(), Failure> {
    use crate::edge::{enter, fail};
    let (cx, scope) = enter(team, model::Permission::HoldLog).await?;
    backend::audit::place_hold(&cx, &scope, &reason).await.map(drop).map_err(fail)
}

/// Lets the log be pruned again.
#[server(prefix = "/act", endpoint = "lift_hold")]
pub async fn lift_hold(team: TeamId, hold: HoldId) -> Result<(), Failure> {
    use crate::edge::{enter, fail};
    let (cx, scope) = enter(team, model::Permission::HoldLog).await?;
    backend::audit::lift_hold(&cx, &scope, hold).await.map_err(fail)
}
