//! Tells people and services of alerts.

use crate::{Portal, alerts, error::Outage, webhooks};

pub(super) async fn run(portal: Portal) -> Result<(), Outage> {
    alerts::tell_due(&portal).await?;
    webhooks::deliver_due(&portal).await
}
