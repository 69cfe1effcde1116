//! Tells of the clocks of incidents, and takes up measures that were ordered and not done.

use crate::{Portal, error::Outage, incidents};

pub(super) async fn run(portal: Portal) -> Result<(), Outage> {
    // Neither waits for the other.
    let told = incidents::tell_due(&portal).await;
    incidents::resume_due(&portal).await?;
    told
}
