//! The installation's operator looks into a Team.

use leptos::prelude::*;
use model::{
    ids::{ImpersonationId, TeamId},
    impersonation::ImpersonationState,
};
use serde::{Deserialize, Serialize};

use super::Moment;
use crate::Failure;

/// One question, as the operator and the Team see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImpersonationItem {
    pub id: ImpersonationId,
    pub team: TeamId,
    /// To an operator, once somebody approved.
    pub team_name: Option<String>,
    pub state: ImpersonationState,
    pub reason: String,
    pub asked: (String, Moment),
    pub approved: Option<(String, Moment)>,
    pub begun: Option<Moment>,
    /// Pages that were looked at.
    pub pages: i32,
    /// When it is over by itself, as it stands.
    pub good_until: Moment,
}

/// The code at the only moment when it is shown. The action's value, never a resource's.
#[derive(Clone, Serialize, Deserialize)]
pub struct ShownCode {
    pub impersonation: ImpersonationId,
    pub code: String,
}

impl std::fmt::Debug for ShownCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ShownCode").field("impersonation", &self.impersonation).finish_non_exhaustive()
    }
}

/// What operators asked of the Team, the newest first.
#[server(prefix = "/act", endpoint = "impersonations")]
pub async fn impersonations(team: TeamId) -> Result<Vec<ImpersonationItem>, Failure> {
    use crate::edge::{enter, impersonation_items};
    let (cx, scope) = enter(team, model::Permission::ViewTeam).await?;
    impersonation_items(&cx, &scope).await
}

/// Lets an operator look into the Team; shows the code that they need, once.
#[server(prefix = "/act", endpoint = "approve_impersonation")]
pub async fn approve_impersonation(team: TeamId, impersonation: ImpersonationId) -> Result<ShownCode, Failure> {
    use crate::edge::{enter, fail, show_code};
    let (cx, scope) = enter(team, model::Permission::ManageTeam).await?;
    let code = backend::impersonations::approve(&cx, &scope, impersonation).await.map_err(fail)?;
    Ok(show_code(impersonation, &code))
}

/// Declines it.
#[server(prefix = "/act", endpoint = "decline_impersonation")]
pub async fn decline_impersonation(team: TeamId, impersonation: ImpersonationId) -> Result<(), Failure> {
    use crate::edge::{enter, fail};
    let (cx, scope) = enter(team, model::Permission::ManageMembers).await?;
    backend::impersonations::decline(&cx, &scope, impersonation).await.map_err(fail)
}

/// Ends it: the operator sees nothing more of the Team.
#[server(prefix = "/act", endpoint = "end_impersonation")]
pub async fn end_impersonation(team: TeamId, impersonation: ImpersonationId) -> Result<(), Failure> {
    use crate::edge::{enter, fail};
    let (cx, scope) = enter(team, model::Permission::ManageMembers).await?;
    backend::impersonations::end_of_team(&cx, &scope, impersonation).await.map_err(fail)
}

/// What this operator asked, the newest first.
#[server(prefix = "/act", endpoint = "my_impersonations")]
pub async fn my_impersonations() -> Result<Vec<ImpersonationItem>, Failure> {
    crate::edge::own_impersonation_items(&crate::edge::cx()).await
}

/// Asks a Team's owners. `which`: its id, or an address of one of its pages.
#[server(prefix = "/act", endpoint = "ask_impersonation")]
pub async fn ask_impersonation(which: String, reason: String) -> Result<(), Failure> {
    use crate::edge::{cx, fail, team_named};
    backend::impersonations::ask(&cx(), team_named(&which)?, &reason).await.map(drop).map_err(fail)
}

/// Begins to look, with the code that the owner told, and goes to the Team.
#[server(prefix = "/act", endpoint = "begin_impersonation")]
pub async fn begin_impersonation(impersonation: ImpersonationId, code: String) -> Result<(), Failure> {
    use crate::edge::{cx, fail};
    let begun = backend::impersonations::begin(&cx(), impersonation, &code).await.map_err(fail)?;
    leptos_axum::redirect(&format!("/teams/{}", begun.team));
    Ok(())
}

/// Ends what this operator asked, at whatever step it stands.
#[server(prefix = "/act", endpoint = "stop_impersonation")]
pub async fn stop_impersonation(impersonation: ImpersonationId) -> Result<(), Failure> {
    use crate::edge::{cx, fail};
    backend::impersonations::end(&cx(), impersonation).await.map_err(fail)?;
    leptos_axum::redirect("/installation/support");
    Ok(())
}
