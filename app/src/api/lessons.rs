//! What is learned of an incident.

use leptos::prelude::*;
use model::ids::{ActionItemId, IncidentId, TeamId, UserId};
use serde::{Deserialize, Serialize};

use super::{Moment, incidents::IncidentItem};
use crate::Failure;

/// The post-mortem in its parts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostMortemParts {
    pub what_happened: String,
    pub impact: String,
    pub cause: String,
    pub went_well: String,
    pub went_badly: String,
}

/// Something that follows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionItemRow {
    pub id: ActionItemId,
    pub title: String,
    pub owner: String,
    pub due: Moment,
    pub overdue: bool,
    pub done: Option<(String, Moment)>,
}

/// Everything on the lessons page of an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LessonsDetail {
    pub item: IncidentItem,
    /// As it was written, or as it can be drafted now.
    pub parts: PostMortemParts,
    /// 0 while nobody wrote it.
    pub version: i32,
    pub written: Option<(String, Moment)>,
    pub actions: Vec<ActionItemRow>,
    /// Who may be given something.
    pub members: Vec<(UserId, String)>,
}

/// What is learned.
#[server(prefix = "/act", endpoint = "lessons")]
pub async fn lessons(team: TeamId, incident: IncidentId) -> Result<LessonsDetail, Failure> {
    use crate::edge::{enter_incident, incident_lessons};
    let (cx, scope) = enter_incident(team, incident, model::Permission::ReportIncident).await?;
    incident_lessons(&cx, &scope).await
}

/// Writes the post-mortem over the version before it.
#[server(prefix = "/act", endpoint = "write_post_mortem")]
pub async fn write_post_mortem(
    team: TeamId,
    incident: IncidentId,
    version: i32,
    what_happened: String,
    impact: String,
    cause: String,
    went_well: String,
    went_badly: String,
) -> Result<(), Failure> {
    use crate::edge::{enter_incident, fail};
    let (cx, scope) = enter_incident(team, incident, model::Permission::WorkOnIncidents).await?;
    let parts = model::incident::lessons::PostMortem { what_happened, impact, cause, went_well, went_badly };
    backend::incidents::write_post_mortem(&cx, &scope, version, parts).await.map_err(fail)
}

/// Adds what follows: somebody does it, until a day.
#[server(prefix = "/act", endpoint = "add_action_item")]
pub async fn add_action_item(
    team: TeamId,
    incident: IncidentId,
    title: String,
    user: UserId,
    due_on: String,
) -> Result<(), Failure> {
    use crate::edge::{enter_incident, fail, form::day};
    let (cx, scope) = enter_incident(team, incident, model::Permission::WorkOnIncidents).await?;
    let due = day("due_on", &due_on)?;
    backend::incidents::add_action_item(&cx, &scope, &title, user, due).await.map(drop).map_err(fail)
}

/// Notes that it is done.
#[server(prefix = "/act", endpoint = "end_action_item")]
pub async fn end_action_item(team: TeamId, incident: IncidentId, action_item: ActionItemId) -> Result<(), Failure> {
    use crate::edge::{enter_incident, fail};
    let (cx, scope) = enter_incident(team, incident, model::Permission::WorkOnIncidents).await?;
    backend::incidents::end_action_item(&cx, &scope, action_item).await.map_err(fail)
}
