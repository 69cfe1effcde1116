//! Opens Reviews of the periods that are over.

use crate::{Portal, error::Outage, reviews};

pub(super) async fn run(portal: Portal) -> Result<(), Outage> {
    reviews::open_due(&portal).await
}
