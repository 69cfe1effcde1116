//! Readiness for incidents: who speaks for the Team, and how old the plan is.

use leptos::prelude::*;
use model::ids::TeamId;
use serde::{Deserialize, Serialize};

use crate::Failure;

/// Everything on the page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadinessDetail {
    pub contact: ContactItem,
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
