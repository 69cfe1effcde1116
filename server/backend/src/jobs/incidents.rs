//! Tells of the clocks of incidents, and takes up measures that were ordered and not done.

use crate::{Portal, error::Outage, incidents};

pub(super) async fn run(portal: Portal) -> Result<(), Outage> {
    // None waits for another.
    let told = incidents::tell_due(&portal).await;
    let overdue = incidents::tell_overdue(&portal).await;
    incidents::resume_due(&portal).await?;
    told.and(overdue)
}
