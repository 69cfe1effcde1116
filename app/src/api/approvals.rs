//! What takes two people: asked by one, approved by another.

use leptos::prelude::*;
use model::{
    approval::{ApprovalState, GraveAct},
    ids::{ApprovalId, TeamId},
};
use serde::{Deserialize, Serialize};

use super::Moment;
use crate::Failure;

/// One question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalItem {
    pub id: ApprovalId,
    pub act: GraveAct,
    pub state: ApprovalState,
    pub asked: (String, Moment),
    pub given: Option<(String, Moment)>,
    /// Until when it can be approved, or what was approved be done.
    pub good_until: Moment,
    /// The viewer may approve it.
    pub may_approve: bool,
    /// The viewer asked, or may approve.
    pub may_withdraw: bool,
}

/// What was asked in the last 30 days, the newest first.
#[server(prefix = "/act", endpoint = "approvals")]
pub async fn approvals(team: TeamId) -> Result<Vec<ApprovalItem>, Failure> {
    use crate::edge::{approval_items, enter};
    let (cx, scope) = enter(team, model::Permission::ViewTeam).await?;
    approval_items(&cx, &scope).await
}

/// Asks another person to approve an export of the whole log.
#[server(prefix = "/act", endpoint = "ask_export")]
pub async fn ask_export(team: TeamId) -> Result<(), Failure> {
    use crate::edge::{enter, fail};
    let (cx, scope) = enter(team, model::Permission::ViewLog).await?;
    backend::approvals::ask(&cx, &scope, GraveAct::ExportLog, "").await.map(drop).map_err(fail)
}

/// Asks another owner to approve that the Team is deleted.
#[server(prefix = "/act", endpoint = "ask_deletion")]
pub async fn ask_deletion(team: TeamId, name: String) -> Result<(), Failure> {
    use crate::edge::{enter, fail};
    let (cx, scope) = enter(team, model::Permission::ManageTeam).await?;
    backend::approvals::ask(&cx, &scope, GraveAct::DeleteTeam, &name).await.map(drop).map_err(fail)
}

/// Approves that somebody else exports the whole log.
#[server(prefix = "/act", endpoint = "approve_export")]
pub async fn approve_export(team: TeamId, approval: ApprovalId) -> Result<(), Failure> {
    use crate::edge::{enter, fail};
    let (cx, scope) = enter(team, model::Permission::ApproveExport).await?;
    backend::approvals::approve(&cx, &scope, GraveAct::ExportLog, approval, "").await.map_err(fail)
}

/// Approves that the Team is deleted, which ends it.
#[server(prefix = "/act", endpoint = "approve_deletion")]
pub async fn approve_deletion(team: TeamId, approval: ApprovalId, name: String) -> Result<(), Failure> {
    use crate::edge::{enter, fail};
    let (cx, scope) = enter(team, model::Permission::ManageTeam).await?;
    backend::approvals::approve(&cx, &scope, GraveAct::DeleteTeam, approval, &name).await.map_err(fail)?;
    leptos_axum::redirect("/");
    Ok(())
}

/// Takes a question or an approval back.
#[server(prefix = "/act", endpoint = "withdraw_approval")]
pub async fn withdraw_approval(team: TeamId, approval: ApprovalId) -> Result<(), Failure> {
    use crate::edge::{enter, fail};
    let (cx, scope) = enter(team, model::Permission::ViewTeam).await?;
    backend::approvals::withdraw(&cx, &scope, approval).await.map_err(fail)
}
