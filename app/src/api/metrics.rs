//! How fast incidents are noticed, answered, contained and over.

use leptos::prelude::*;
use model::{
    ids::{IncidentId, TeamId},
    incident::metrics::{Mean, Metric},
};
use serde::{Deserialize, Serialize};

use crate::Failure;

/// One row of figures: what it is of, and each metric in its order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetricsRow {
    pub label: String,
    pub means: Vec<Option<Mean>>,
}

/// Everything on the page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetricsDetail {
    pub metrics: Vec<Metric>,
    /// All of them, then by severity, then by kind: rows without an incident are left out.
    pub all: Option<MetricsRow>,
    pub by_severity: Vec<MetricsRow>,
    pub by_kind: Vec<MetricsRow>,
    pub drills: Option<MetricsRow>,
    /// The last twelve months, the oldest first.
    pub months: Vec<MetricsRow>,
    /// Incidents that the log was asked about, and those of which it tells otherwise.
    pub asked: usize,
    pub disputed: Vec<String>,
}

/// The Team's figures, of the incidents that the signed-in person may see.
#[server(prefix = "/act", endpoint = "incident_metrics")]
pub async fn incident_metrics(team: TeamId) -> Result<MetricsDetail, Failure> {
    use crate::edge::{enter, metrics_detail};
    let (cx, scope) = enter(team, model::Permission::ReportIncident).await?;
    metrics_detail(&cx, &scope).await
}

/// Says when an incident began, as far as people found out.
#[server(prefix = "/act", endpoint = "set_beginning")]
pub async fn set_beginning(team: TeamId, incident: IncidentId, began: String) -> Result<(), Failure> {
    use crate::edge::{
        enter_incident, fail,
        form::{one, time},
    };
    let (cx, scope) = enter_incident(team, incident, model::Permission::RunIncidents).await?;
    let began = one("began", time("began", &began)?.ok_or("Enter a day and a time."))?;
    backend::incidents::set_beginning(&cx, &scope, began).await.map_err(fail)
}
