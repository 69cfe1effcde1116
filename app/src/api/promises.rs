//! What Portal promises, and what stands behind it in a Team now.

use leptos::prelude::*;
use model::{
    ids::TeamId,
    promise::{Promise, Standing},
};
use serde::{Deserialize, Serialize};

use super::Moment;
use crate::Failure;

/// One promise as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromiseItem {
    pub promise: Promise,
    pub standing: Standing,
    /// What was looked at.
    pub says: String,
    /// When it was checked last; nothing when it never was.
    pub checked: Option<Moment>,
}

/// Every promise, and how the test suite went last, as far as the installation knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromisesDetail {
    pub at: Moment,
    pub items: Vec<PromiseItem>,
    pub suite: Option<(Moment, String)>,
}

/// What stands behind each promise now.
#[server(prefix = "/act", endpoint = "promises")]
pub async fn promises(team: TeamId) -> Result<PromisesDetail, Failure> {
    use crate::edge::{enter, promises_detail};
    let (cx, scope) = enter(team, model::Permission::ViewLog).await?;
    promises_detail(&cx, &scope).await
}
