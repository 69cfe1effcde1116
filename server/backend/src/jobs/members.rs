//! Ends the time of contractors, and tells of it a week before.

use crate::{Portal, error::Outage, teams};

pub(super) async fn run(portal: Portal) -> Result<(), Outage> {
    teams::end_due(&portal).await
}
