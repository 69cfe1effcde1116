//! Looks whether evidence of incidents is what was taken in, each piece once a day.

use crate::{Portal, error::Outage, incidents};

pub(super) async fn run(portal: Portal) -> Result<(), Outage> {
    incidents::check_evidence(&portal).await
}
