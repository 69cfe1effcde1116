//! Readiness for incidents: who speaks for the Team, and how old the plan is.

use leptos::prelude::*;
use model::{
    ids::{IncidentId, TeamId},
    incident::DrillKind,
};
use serde::{Deserialize, Serialize};

use super::Moment;
use crate::Failure;

/// Everything on the page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadinessDetail {
    pub contact: ContactItem,
    pub plan: PlanItem,
    pub kinds: Vec<DrillKindItem>,
    /// The newest first.
    pub drills: Vec<DrillItem>,
}

/// When somebody looked at the plan last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanItem {
    pub reviewed: Option<(String, Moment, String)>,
    /// When a rehearsal of it went well last.
    pub rehearsed: Option<Moment>,
    pub due: Moment,
    pub overdue: bool,
}

/// What can be rehearsed, and when it went well last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrillKindItem {
    pub kind: DrillKind,
    pub last: Option<Moment>,
    pub due: Moment,
    pub overdue: bool,
}

/// One rehearsal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrillItem {
    pub kind: DrillKind,
    pub asked: (String, Moment),
    /// Whether it went well; nothing while it runs or waits.
    pub passed: Option<bool>,
    /// One line a step.
    pub report: String,
    pub incident: Option<IncidentId>,
}

/// The Team's management point of contact, and where Amazon is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactItem {
    pub name: String,
    pub email: String,
    pub phone: String,
    pub amazon: String,
}

/// How ready the Team is.
#[server(prefix = "/act", endpoint = "readiness")]
pub async fn readiness(team: TeamId) -> Result<ReadinessDetail, Failure> {
    use crate::edge::{enter, readiness_detail};
    let (cx, scope) = enter(team, model::Permission::ReportIncident).await?;
    readiness_detail(&cx, &scope).await
}

/// Sets who speaks for the Team.
#[server(prefix = "/act", endpoint = "set_contact")]
pub async fn set_contact(
    team: TeamId,
    contact_name: String,
    contact_email: String,
    contact_phone: String,
    amazon_address: String,
) -> Result<(), Failure> {
    use crate::edge::{enter, fail, form::two};
    let (cx, scope) = enter(team, model::Permission::RunIncidents).await?;
    let addresses = (("contact_email", contact_email.parse()), ("amazon_address", amazon_address.parse()));
    let (email, amazon) = two::<model::EmailAddress, model::EmailAddress, _, _>(addresses.0, addresses.1)?;
    backend::incidents::set_contact(&cx, &scope, &contact_name, email, &contact_phone, amazon).await.map_err(fail)
}

/// Says that the plan is right.
#[server(prefix = "/act", endpoint = "review_plan")]
pub async fn review_plan(team: TeamId, note: String) -> Result<(), Failure> {
    use crate::edge::{enter, fail};
    let (cx, scope) = enter(team, model::Permission::RunIncidents).await?;
    backend::incidents::review_plan(&cx, &scope, &note).await.map_err(fail)
}

/// Asks for a rehearsal: a worker runs it within seconds.
#[server(prefix = "/act", endpoint = "ask_drill")]
pub async fn ask_drill(team: TeamId, drill: String) -> Result<(), Failure> {
    use crate::edge::{enter, fail, form::one};
    let (cx, scope) = enter(team, model::Permission::RunIncidents).await?;
    let kind = one("drill", DrillKind::parse(&drill).ok_or("Choose what to rehearse."))?;
    backend::incidents::ask_drill(&cx, &scope, kind).await.map(drop).map_err(fail)
}
