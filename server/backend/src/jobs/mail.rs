//! Delivers the outbox.

use crate::{
    Portal,
    mail::{self, MailError},
};

pub(super) async fn run(portal: Portal) -> Result<(), MailError> {
    mail::deliver_due(&portal).await.map(|_| ())
}
