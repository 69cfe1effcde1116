//! Containment: measures of an incident, before and after.

use leptos::prelude::*;
use model::{
    ids::{IncidentId, MeasureId, TeamId},
    incident::{MeasureKind, MeasureState},
};
use serde::{Deserialize, Serialize};

use super::Moment;
use crate::Failure;

/// A measure that was ordered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MeasureItem {
    pub id: MeasureId,
    pub kind: MeasureKind,
    pub target: String,
    pub state: MeasureState,
    pub attempts: i32,
    pub result: String,
    pub ordered: (String, Moment),
    pub done: Option<Moment>,
    pub lifted: Option<(String, Moment)>,
    /// Where people do it.
    pub page: Option<String>,
    /// The signed-in person may lift it: another one ordered it.
    pub may_lift: bool,
}

/// A measure that may be ordered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MeasureChoice {
    pub kind: MeasureKind,
    /// The id of what it is done to.
    pub target: String,
    pub name: String,
    /// What will stop, in words.
    pub stops: String,
}

/// Who still holds a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    pub gateway: String,
    pub connection: String,
    pub ends: Moment,
}

/// Who still holds a token after what was ordered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// A measure stands that stops credentials: before that, who holds one is nothing odd.
    pub stopped: bool,
    pub holders: Vec<Holder>,
    /// When the last of their tokens dies.
    pub last_end: Option<Moment>,
}

/// Everything about containment on an incident's page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Containment {
    pub measures: Vec<MeasureItem>,
    pub choices: Vec<MeasureChoice>,
    pub held: Held,
    /// Nobody else in the Team could lift a lock that the person orders.
    pub alone: bool,
}

/// Orders a measure, and does it.
#[server(prefix = "/act", endpoint = "order_measure")]
pub async fn order_measure(team: TeamId, incident: IncidentId, measure_kind: String, target: String) -> Result<(), Failure> {
    use crate::edge::{
        enter_incident, fail,
        form::{one, target_id},
    };
    let (cx, scope) = enter_incident(team, incident, model::Permission::RunIncidents).await?;
    let kind = one("measure_kind", MeasureKind::parse(&measure_kind).ok_or("There is no such measure."))?;
    let target = target_id(kind.target(), &target)?;
    backend::incidents::order(&cx, &scope, kind, target).await.map(drop).map_err(fail)
}

/// Tries a measure again, or looks how far it is.
#[server(prefix = "/act", endpoint = "retry_measure")]
pub async fn retry_measure(team: TeamId, incident: IncidentId, measure: MeasureId) -> Result<(), Failure> {
    use crate::edge::{enter_incident, fail};
    let (cx, scope) = enter_incident(team, incident, model::Permission::RunIncidents).await?;
    backend::incidents::retry(&cx, &scope, measure).await.map_err(fail)
}

/// Withdraws a measure that is not done.
#[server(prefix = "/act", endpoint = "withdraw_measure")]
pub async fn withdraw_measure(team: TeamId, incident: IncidentId, measure: MeasureId) -> Result<(), Failure> {
    use crate::edge::{enter_incident, fail};
    let (cx, scope) = enter_incident(team, incident, model::Permission::RunIncidents).await?;
    backend::incidents::withdraw(&cx, &scope, measure).await.map_err(fail)
}

/// Lifts a lock that another person ordered.
#[server(prefix = "/act", endpoint = "lift_measure")]
pub async fn lift_measure(team: TeamId, incident: IncidentId, measure: MeasureId) -> Result<(), Failure> {
    use crate::edge::{enter_incident, fail};
    let (cx, scope) = enter_incident(team, incident, model::Permission::RunIncidents).await?;
    backend::incidents::lift(&cx, &scope, measure).await.map_err(fail)
}
