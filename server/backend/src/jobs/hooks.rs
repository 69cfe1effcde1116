//! Sends messages to Teams' own services. Apart from people's mails: a service that does not answer holds up nobody.

use crate::{Portal, error::Outage, webhooks};

pub(super) async fn run(portal: Portal) -> Result<(), Outage> {
    webhooks::deliver_due(&portal).await
}
