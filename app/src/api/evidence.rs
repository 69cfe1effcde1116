//! The evidence locker of an incident.

use leptos::prelude::*;
use model::{
    ids::{EvidenceId, IncidentId, TeamId},
    incident::{CustodyAct, EvidenceKind},
};
use serde::{Deserialize, Serialize};

use super::{Moment, incidents::IncidentItem};
use crate::Failure;

/// One piece, without its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceItem {
    pub id: EvidenceId,
    pub kind: EvidenceKind,
    pub name: String,
    /// What it is said to be; it is never shown as that.
    pub media: String,
    /// As people read it: "12.4 KiB".
    pub size: String,
    /// In hexadecimal.
    pub sha256: String,
    pub taken: (String, Moment),
    /// When it was last found to be what was taken in; nothing before the first night.
    pub checked: Option<Moment>,
    pub damaged: bool,
    /// Who had it in hand, the last first; the nightly looks are left out.
    pub custody: Vec<(CustodyAct, String, Moment)>,
}

/// Everything on the evidence page of an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Locker {
    pub item: IncidentItem,
    pub pieces: Vec<EvidenceItem>,
}

/// What was taken in.
#[server(prefix = "/act", endpoint = "evidence")]
pub async fn evidence(team: TeamId, incident: IncidentId) -> Result<Locker, Failure> {
    use crate::edge::{enter_incident, evidence_locker};
    let (cx, scope) = enter_incident(team, incident, model::Permission::ReportIncident).await?;
    evidence_locker(&cx, &scope).await
}

/// Takes in how things stand now, and what the log says so far.
#[server(prefix = "/act", endpoint = "take_evidence")]
pub async fn take_evidence(team: TeamId, incident: IncidentId) -> Result<(), Failure> {
    use crate::edge::{enter_incident, fail};
    let (cx, scope) = enter_incident(team, incident, model::Permission::WorkOnIncidents).await?;
    backend::incidents::take_evidence(&cx, &scope).await.map_err(fail)
}

/// Binds everything of an incident together.
#[server(prefix = "/act", endpoint = "bundle_incident")]
pub async fn bundle_incident(team: TeamId, incident: IncidentId) -> Result<(), Failure> {
    use crate::edge::{enter_incident, fail};
    let (cx, scope) = enter_incident(team, incident, model::Permission::RunIncidents).await?;
    backend::incidents::bundle(&cx, &scope).await.map(drop).map_err(fail)
}
