//! Tasks of an incident, and the playbooks that they come from.

use leptos::prelude::*;
use model::{
    ids::{IncidentId, TaskId, TeamId, UserId},
    incident::{Kind, Phase, TaskState},
};
use serde::{Deserialize, Serialize};

use super::{Moment, incidents::IncidentItem};
use crate::Failure;

/// One task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskItem {
    pub id: TaskId,
    pub phase: Phase,
    pub title: String,
    pub due: Moment,
    /// It is open and its time is over.
    pub overdue: bool,
    pub owner: Option<(UserId, String)>,
    pub state: TaskState,
    pub note: String,
    pub ended: Option<(String, Moment)>,
}

/// Everything on the tasks page of an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskList {
    pub item: IncidentItem,
    pub tasks: Vec<TaskItem>,
    /// Who may be given a task.
    pub members: Vec<(UserId, String)>,
}

/// What is done in an incident of a kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaybookDetail {
    pub kind: Kind,
    /// The Team has written it.
    pub is_own: bool,
    /// Phase, what to do, and within how many hours of the detection.
    pub tasks: Vec<(Phase, String, i32)>,
}

/// What is to be done about an incident.
#[server(prefix = "/act", endpoint = "tasks")]
pub async fn tasks(team: TeamId, incident: IncidentId) -> Result<TaskList, Failure> {
    use crate::edge::{enter_incident, incident_tasks};
    let (cx, scope) = enter_incident(team, incident, model::Permission::ReportIncident).await?;
    incident_tasks(&cx, &scope).await
}

/// Adds a task that no playbook knew.
#[server(prefix = "/act", endpoint = "add_task")]
pub async fn add_task(team: TeamId, incident: IncidentId, phase: String, title: String, due: String) -> Result<(), Failure> {
    use crate::edge::{
        enter_incident, fail,
        form::{phase as read_phase, time},
    };
    let (cx, scope) = enter_incident(team, incident, model::Permission::WorkOnIncidents).await?;
    let (phase, due) = (read_phase(&phase)?, time("due", &due)?);
    backend::incidents::add_task(&cx, &scope, phase, &title, due).await.map(drop).map_err(fail)
}

/// Gives a task to a member.
#[server(prefix = "/act", endpoint = "give_task")]
pub async fn give_task(team: TeamId, incident: IncidentId, task: TaskId, user: UserId) -> Result<(), Failure> {
    use crate::edge::{enter_incident, fail};
    let (cx, scope) = enter_incident(team, incident, model::Permission::WorkOnIncidents).await?;
    backend::incidents::give_task(&cx, &scope, task, user).await.map_err(fail)
}

/// Ends a task: it is done, or not needed.
#[server(prefix = "/act", endpoint = "end_task")]
pub async fn end_task(
    team: TeamId,
    incident: IncidentId,
    task: TaskId,
    task_end: String,
    note: String,
) -> Result<(), Failure> {
    use crate::edge::{enter_incident, fail, form::one};
    let (cx, scope) = enter_incident(team, incident, model::Permission::WorkOnIncidents).await?;
    let end = TaskState::ENDS.into_iter().find(|end| end.as_str() == task_end);
    let end = one("task_end", end.ok_or("Say whether it is done or not needed."))?;
    backend::incidents::end_task(&cx, &scope, task, end, &note).await.map_err(fail)
}

/// Takes a task up again.
#[server(prefix = "/act", endpoint = "reopen_task")]
pub async fn reopen_task(team: TeamId, incident: IncidentId, task: TaskId) -> Result<(), Failure> {
    use crate::edge::{enter_incident, fail};
    let (cx, scope) = enter_incident(team, incident, model::Permission::WorkOnIncidents).await?;
    backend::incidents::reopen_task(&cx, &scope, task).await.map_err(fail)
}

/// A playbook.
#[server(prefix = "/act", endpoint = "playbook")]
pub async fn playbook(team: TeamId, kind: String) -> Result<PlaybookDetail, Failure> {
    use crate::edge::{enter, form::incident_kind, playbook_detail};
    let (cx, scope) = enter(team, model::Permission::ReportIncident).await?;
    playbook_detail(&cx, &scope, incident_kind(&kind)?).await
}

/// Adds a task to a playbook of the Team's own.
#[server(prefix = "/act", endpoint = "add_playbook_task")]
pub async fn add_playbook_task(
    team: TeamId,
    kind: String,
    phase: String,
    title: String,
    hours: String,
) -> Result<(), Failure> {
    use crate::edge::{
        enter, fail,
        form::{incident_kind, one, phase as read_phase},
    };
    let (cx, scope) = enter(team, model::Permission::RunIncidents).await?;
    let (kind, phase) = (incident_kind(&kind)?, read_phase(&phase)?);
    let hours = one("hours", hours.trim().parse().map_err(|_| "Enter hours, like 24."))?;
    backend::incidents::add_to_playbook(&cx, &scope, kind, phase, &title, hours).await.map_err(fail)
}

/// Takes a task away from a playbook.
#[server(prefix = "/act", endpoint = "remove_playbook_task")]
pub async fn remove_playbook_task(team: TeamId, kind: String, title: String) -> Result<(), Failure> {
    use crate::edge::{enter, fail, form::incident_kind};
    let (cx, scope) = enter(team, model::Permission::RunIncidents).await?;
    backend::incidents::remove_from_playbook(&cx, &scope, incident_kind(&kind)?, &title).await.map_err(fail)
}

/// Goes back to the playbook that comes with Portal.
#[server(prefix = "/act", endpoint = "restore_playbook")]
pub async fn restore_playbook(team: TeamId, kind: String) -> Result<(), Failure> {
    use crate::edge::{enter, fail, form::incident_kind};
    let (cx, scope) = enter(team, model::Permission::RunIncidents).await?;
    backend::incidents::restore_playbook(&cx, &scope, incident_kind(&kind)?).await.map_err(fail)
}
