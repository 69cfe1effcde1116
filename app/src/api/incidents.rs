//! Incidents of a Team: reporting, judging, taking them on, the timeline.

use leptos::prelude::*;
use model::{
    ids::{EntryId, IncidentId, TeamId, UserId},
    incident::{ClockKind, Duty, EntryKind, Kind, Severity, State, Step},
};
use serde::{Deserialize, Serialize};

use super::{Moment, measures::Containment};
use crate::Failure;

/// An incident in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncidentItem {
    pub id: IncidentId,
    /// By which people name it.
    pub code: String,
    pub title: String,
    pub kind: Kind,
    pub severity: Severity,
    pub state: State,
    pub restricted: bool,
    pub drill: bool,
    pub reported: Moment,
    /// What runs out first.
    pub clocks: Vec<ClockItem>,
}

/// One clock of an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockItem {
    pub kind: ClockKind,
    pub due: Moment,
    /// Minutes that are left; below zero when it is overdue.
    pub minutes: i64,
}

/// Who has a duty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DutyItem {
    pub duty: Duty,
    pub holder: Option<(UserId, String, Moment)>,
}

/// One line of the timeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimelineItem {
    pub at: Moment,
    pub who: String,
    pub text: String,
    /// What people wrote: its id and kind; nothing for what the log recorded.
    pub entry: Option<(EntryId, EntryKind)>,
    pub pinned: bool,
    /// Who corrected it, when, and how.
    pub corrections: Vec<(String, Moment, String)>,
}

/// Everything on an incident's page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncidentDetail {
    pub item: IncidentItem,
    /// When it began, as far as people found out.
    pub began: Option<Moment>,
    pub detected: Moment,
    pub reported_by: String,
    /// When each state of the line was reached.
    pub line: Vec<(State, Option<Moment>)>,
    /// What leads on from here, each with what comes first; what has nothing before it may be done now.
    pub steps: Vec<(Step, Option<String>)>,
    pub about: Vec<String>,
    /// Things of the Team that it may be about besides: their ids, and what they are.
    pub nameable: Vec<(String, String)>,
    pub duties: Vec<DutyItem>,
    /// Who may be given a duty.
    pub members: Vec<(UserId, String)>,
    pub amazon: Option<(Moment, String)>,
    /// It was told: the other way is that it need not be.
    pub amazon_told: bool,
    /// Other incidents that are not over, to merge it into.
    pub others: Vec<(IncidentId, String)>,
    pub merged_into: Option<IncidentId>,
    pub containment: Containment,
    pub timeline: Vec<TimelineItem>,
}

/// The Team's incidents.
#[server(prefix = "/act", endpoint = "incidents")]
pub async fn incidents(team: TeamId) -> Result<Vec<IncidentItem>, Failure> {
    use crate::edge::{enter, incident_items};
    let (cx, scope) = enter(team, model::Permission::ReportIncident).await?;
    incident_items(&cx, &scope).await
}

/// One incident.
#[server(prefix = "/act", endpoint = "incident")]
pub async fn incident(team: TeamId, incident: IncidentId) -> Result<IncidentDetail, Failure> {
    use crate::edge::{enter_incident, fail, incident_detail};
    let (cx, scope) = enter_incident(team, incident, model::Permission::ReportIncident).await?;
    backend::incidents::note_reading(&cx, &scope).await.map_err(fail)?;
    incident_detail(&cx, &scope).await
}

/// Reports what may be an incident, and goes to it. `about`: what it was noticed at, by its id.
#[server(prefix = "/act", endpoint = "report_incident")]
pub async fn report_incident(
    team: TeamId,
    kind: String,
    title: String,
    detected: String,
    about: String,
    #[server(default)] reach: String,
    #[server(default)] confirmed: bool,
    #[server(default)] restricted: bool,
) -> Result<(), Failure> {
    use crate::edge::{
        enter, fail,
        form::{report, seeming},
    };
    let (cx, scope) = enter(team, model::Permission::ReportIncident).await?;
    let severity = seeming(&reach, confirmed)?;
    let report = report(&cx, &scope, &kind, title, &detected, &about, severity, restricted).await?;
    let id = backend::incidents::report(&cx, &scope, report).await.map_err(fail)?;
    leptos_axum::redirect(&format!("/teams/{team}/incidents/{id}"));
    Ok(())
}

/// Takes a step, which was taken at a time that somebody says.
#[server(prefix = "/act", endpoint = "take_step")]
pub async fn take_step(team: TeamId, incident: IncidentId, step: String, at: String, note: String) -> Result<(), Failure> {
    use crate::edge::{
        enter_incident, fail,
        form::{one, time},
    };
    let (cx, scope) = enter_incident(team, incident, model::Permission::RunIncidents).await?;
    let step = one("step", Step::parse(&step).ok_or("There is no such step."))?;
    backend::incidents::take_step(&cx, &scope, step, time("at", &at)?, &note, None).await.map_err(fail)
}

/// Makes it a part of another incident.
#[server(prefix = "/act", endpoint = "merge_incident")]
pub async fn merge_incident(team: TeamId, incident: IncidentId, into: IncidentId, note: String) -> Result<(), Failure> {
    use crate::edge::{enter_incident, fail};
    let (cx, scope) = enter_incident(team, incident, model::Permission::RunIncidents).await?;
    backend::incidents::take_step(&cx, &scope, Step::Merge, None, &note, Some(into)).await.map_err(fail)
}

/// Judges how grave it is, by the matrix.
#[server(prefix = "/act", endpoint = "judge_incident")]
pub async fn judge_incident(
    team: TeamId,
    incident: IncidentId,
    reach: String,
    #[server(default)] confirmed: bool,
) -> Result<(), Failure> {
    use crate::edge::{enter_incident, fail, form::one};
    let (cx, scope) = enter_incident(team, incident, model::Permission::RunIncidents).await?;
    let reach = one("reach", model::incident::Reach::parse(&reach).ok_or("Choose what could be reached."))?;
    backend::incidents::set_severity(&cx, &scope, Severity::of(reach, confirmed)).await.map_err(fail)
}

/// Closes it to those who have no part in it, or opens it.
#[server(prefix = "/act", endpoint = "restrict_incident")]
pub async fn restrict_incident(
    team: TeamId,
    incident: IncidentId,
    #[server(default)] restricted: bool,
) -> Result<(), Failure> {
    use crate::edge::{enter_incident, fail};
    let (cx, scope) = enter_incident(team, incident, model::Permission::RunIncidents).await?;
    backend::incidents::set_restricted(&cx, &scope, restricted).await.map_err(fail)
}

/// Says why Amazon need not be told.
#[server(prefix = "/act", endpoint = "settle_amazon")]
pub async fn settle_amazon(team: TeamId, incident: IncidentId, how: String) -> Result<(), Failure> {
    use crate::edge::{enter_incident, fail};
    let (cx, scope) = enter_incident(team, incident, model::Permission::RunIncidents).await?;
    backend::incidents::settle_amazon(&cx, &scope, &how).await.map_err(fail)
}

/// Names a thing that the incident is about: measures are offered for it.
#[server(prefix = "/act", endpoint = "name_target")]
pub async fn name_target(team: TeamId, incident: IncidentId, target: String) -> Result<(), Failure> {
    use crate::edge::{enter_incident, fail, form::any_target};
    let (cx, scope) = enter_incident(team, incident, model::Permission::WorkOnIncidents).await?;
    let target = any_target(&cx, scope.team(), &target).await?;
    backend::incidents::name_target(&cx, &scope, target).await.map_err(fail)
}

/// Gives a duty to a member.
#[server(prefix = "/act", endpoint = "give_duty")]
pub async fn give_duty(team: TeamId, incident: IncidentId, duty: String, user: UserId) -> Result<(), Failure> {
    use crate::edge::{enter_incident, fail, form::one};
    let (cx, scope) = enter_incident(team, incident, model::Permission::RunIncidents).await?;
    let duty = one("duty", Duty::parse(&duty).ok_or("There is no such duty."))?;
    backend::incidents::give_duty(&cx, &scope, duty, user).await.map_err(fail)
}

/// Writes into the timeline.
#[server(prefix = "/act", endpoint = "write_entry")]
pub async fn write_entry(
    team: TeamId,
    incident: IncidentId,
    entry_kind: String,
    at: String,
    body: String,
) -> Result<(), Failure> {
    use crate::edge::{
        enter_incident, fail,
        form::{one, time},
    };
    let (cx, scope) = enter_incident(team, incident, model::Permission::WorkOnIncidents).await?;
    let kind = one("entry_kind", EntryKind::parse(&entry_kind).ok_or("Choose what this is."))?;
    backend::incidents::write(&cx, &scope, kind, time("at", &at)?, &body).await.map(drop).map_err(fail)
}

/// Corrects an entry: both are read from now on.
#[server(prefix = "/act", endpoint = "correct_entry")]
pub async fn correct_entry(team: TeamId, incident: IncidentId, entry: EntryId, body: String) -> Result<(), Failure> {
    use crate::edge::{enter_incident, fail};
    let (cx, scope) = enter_incident(team, incident, model::Permission::WorkOnIncidents).await?;
    backend::incidents::correct(&cx, &scope, entry, &body).await.map(drop).map_err(fail)
}

/// Pins an entry to the top, or lets it go.
#[server(prefix = "/act", endpoint = "pin_entry")]
pub async fn pin_entry(
    team: TeamId,
    incident: IncidentId,
    entry: EntryId,
    #[server(default)] pinned: bool,
) -> Result<(), Failure> {
    use crate::edge::{enter_incident, fail};
    let (cx, scope) = enter_incident(team, incident, model::Permission::WorkOnIncidents).await?;
    backend::incidents::pin(&cx, &scope, entry, pinned).await.map_err(fail)
}
