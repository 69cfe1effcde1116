//! Tells people of alerts.

use crate::{Portal, alerts, error::Outage};

pub(super) async fn run(portal: Portal) -> Result<(), Outage> {
    alerts::tell_due(&portal).await
}
