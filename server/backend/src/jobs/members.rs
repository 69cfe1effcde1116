//! Ends the time of contractors, and tells of it a week before; warns and disables accounts that nobody uses.

use crate::{Portal, dormancy, error::Outage, teams};

pub(super) async fn run(portal: Portal) -> Result<(), Outage> {
    // What one could not do keeps the other from nothing.
    let ended = teams::end_due(&portal).await;
    dormancy::tell_due(&portal).await.and(ended)
}
