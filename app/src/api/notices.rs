//! Notices of an incident.

use leptos::prelude::*;
use model::{
    ids::{IncidentId, NoticeId, TeamId},
    incident::{NoticeState, Track},
};
use serde::{Deserialize, Serialize};

use super::{Moment, incidents::IncidentItem};
use crate::Failure;

/// One notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeItem {
    pub id: NoticeId,
    pub track: Track,
    pub state: NoticeState,
    /// One address a line.
    pub recipients: String,
    pub subject: String,
    pub body: String,
    pub for_amazon: bool,
    pub request: String,
    pub version: i32,
    pub written: (String, Moment),
    pub approved: Option<(String, Moment)>,
    /// Who, when, and how.
    pub sent: Option<(String, Moment, String)>,
    /// What became of each mail: to whom, and in words.
    pub mails: Vec<(String, String)>,
    /// The signed-in person may approve it: another one wrote it.
    pub may_approve: bool,
}

/// Everything on the notices page of an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeList {
    pub item: IncidentItem,
    pub notices: Vec<NoticeItem>,
    /// When and how Amazon was told, or why it need not be.
    pub amazon: Option<(Moment, String)>,
    /// It was told: the other way is that it need not be.
    pub amazon_told: bool,
    /// Nobody else could approve a notice of this person's.
    pub alone: bool,
    /// The Team's point of contact, in one line.
    pub contact: String,
}

/// What is said about an incident.
#[server(prefix = "/act", endpoint = "notices")]
pub async fn notices(team: TeamId, incident: IncidentId) -> Result<NoticeList, Failure> {
    use crate::edge::{enter_incident, incident_notices};
    let (cx, scope) = enter_incident(team, incident, model::Permission::ReportIncident).await?;
    incident_notices(&cx, &scope).await
}

/// Drafts a notice from what is known.
#[server(prefix = "/act", endpoint = "draft_notice")]
pub async fn draft_notice(team: TeamId, incident: IncidentId, track: String) -> Result<(), Failure> {
    use crate::edge::{enter_incident, fail, form::one};
    let (cx, scope) = enter_incident(team, incident, model::Permission::RunIncidents).await?;
    let track = one("track", Track::parse(&track).ok_or("Choose whom it is for."))?;
    backend::incidents::draft_notice(&cx, &scope, track).await.map(drop).map_err(fail)
}

/// Writes a notice anew; an approval is gone.
#[server(prefix = "/act", endpoint = "write_notice")]
pub async fn write_notice(
    team: TeamId,
    incident: IncidentId,
    notice: NoticeId,
    version: i32,
    recipients: String,
    subject: String,
    body: String,
    #[server(default)] for_amazon: bool,
    #[server(default)] request: String,
) -> Result<(), Failure> {
    use crate::edge::{enter_incident, fail, form::addresses};
    let (cx, scope) = enter_incident(team, incident, model::Permission::RunIncidents).await?;
    let recipients = addresses("recipients", &recipients)?;
    let words = backend::incidents::NewWords { recipients, subject, body, for_amazon, request };
    backend::incidents::write_notice(&cx, &scope, notice, version, words).await.map_err(fail)
}

/// Approves what another person wrote.
#[server(prefix = "/act", endpoint = "approve_notice")]
pub async fn approve_notice(team: TeamId, incident: IncidentId, notice: NoticeId, version: i32) -> Result<(), Failure> {
    use crate::edge::{enter_incident, fail};
    let (cx, scope) = enter_incident(team, incident, model::Permission::RunIncidents).await?;
    backend::incidents::approve_notice(&cx, &scope, notice, version).await.map_err(fail)
}

/// Mails an approved notice.
#[server(prefix = "/act", endpoint = "send_notice")]
pub async fn send_notice(team: TeamId, incident: IncidentId, notice: NoticeId, version: i32) -> Result<(), Failure> {
    use crate::edge::{enter_incident, fail};
    let (cx, scope) = enter_incident(team, incident, model::Permission::RunIncidents).await?;
    backend::incidents::send_notice(&cx, &scope, notice, version).await.map_err(fail)
}

/// Says that an approved notice was sent by hand, and what proves it.
#[server(prefix = "/act", endpoint = "mark_notice_sent")]
pub async fn mark_notice_sent(
    team: TeamId,
    incident: IncidentId,
    notice: NoticeId,
    version: i32,
    at: String,
    proof: String,
) -> Result<(), Failure> {
    use crate::edge::{enter_incident, fail, form::time};
    let (cx, scope) = enter_incident(team, incident, model::Permission::RunIncidents).await?;
    backend::incidents::mark_sent(&cx, &scope, notice, version, time("at", &at)?, &proof).await.map_err(fail)
}

/// Lets a notice go that was not sent.
#[server(prefix = "/act", endpoint = "withdraw_notice")]
pub async fn withdraw_notice(team: TeamId, incident: IncidentId, notice: NoticeId, version: i32) -> Result<(), Failure> {
    use crate::edge::{enter_incident, fail};
    let (cx, scope) = enter_incident(team, incident, model::Permission::RunIncidents).await?;
    backend::incidents::withdraw_notice(&cx, &scope, notice, version).await.map_err(fail)
}

/// Says that Amazon was told, where no second person could approve a notice.
#[server(prefix = "/act", endpoint = "told_amazon_alone")]
pub async fn told_amazon_alone(team: TeamId, incident: IncidentId, how: String) -> Result<(), Failure> {
    use crate::edge::{enter_incident, fail};
    let (cx, scope) = enter_incident(team, incident, model::Permission::RunIncidents).await?;
    backend::incidents::told_amazon_alone(&cx, &scope, &how).await.map_err(fail)
}
