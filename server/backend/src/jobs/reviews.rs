//! Opens Reviews of the periods that are over, and access reviews every quarter; suspends what nobody confirmed.

use crate::{Portal, access_reviews, error::Outage, reviews};

pub(super) async fn run(portal: Portal) -> Result<(), Outage> {
    // What one could not do keeps the other from nothing.
    let opened = reviews::open_due(&portal).await;
    access_reviews::run_due(&portal).await.and(opened)
}
