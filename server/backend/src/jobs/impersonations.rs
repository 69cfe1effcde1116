//! Ends what operators look into when their time is over.

use crate::{Portal, error::Outage, impersonations};

pub(super) async fn run(portal: Portal) -> Result<(), Outage> {
    impersonations::end_due(&portal).await
}
