//! Raises alerts of what ends by the calendar.

use crate::{Portal, alerts, error::Outage};

pub(super) async fn run(portal: Portal) -> Result<(), Outage> {
    alerts::watch_ends(&portal).await
}
