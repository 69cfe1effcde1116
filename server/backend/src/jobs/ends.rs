//! Raises alerts of what ends by the calendar, and of a watch that stands still.

use model::Time;

use crate::{Portal, alerts, error::Outage};

/// `since`: when this process began.
pub(super) async fn run((portal, since): (Portal, Time)) -> Result<(), Outage> {
    alerts::watch_itself(&portal, since).await?;
    alerts::watch_ends(&portal).await
}
