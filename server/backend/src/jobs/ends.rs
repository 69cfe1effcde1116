//! Raises alerts of what ends by the calendar, and of a watch that stands still.

use crate::{Portal, alerts, error::Outage};

pub(super) async fn run(portal: Portal) -> Result<(), Outage> {
    alerts::watch_itself(&portal).await?;
    alerts::watch_ends(&portal).await
}
