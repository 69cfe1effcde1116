//! Master keys and data keys of the installation: which there are, how old, what they wrap; rotation and retirement.

mod data_keys;
mod inventory;
mod masters;
mod rewrap;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use sea_orm::DbErr;

use crate::{
    Cx, Portal,
    audit::{self, Event},
    store::Tx,
    vault::VaultError,
};

pub use data_keys::{Renewed, rotate_data_keys};
pub use inventory::{Custody, DataKeys, Inventory, inventory, list};
pub use masters::{RetireError, prepare, retire, rotate};
pub use rewrap::{Rewrap, rewrap};

/// A key is replaced after so many days at the latest (Amazon's policy: credentials of programs every 12 months).
const KEY_DAYS: i64 = 365;

async fn note(portal: &Portal, tx: &Tx, event: Event) -> Result<(), DbErr> {
    audit::append(&**tx, &Cx::system(portal, "keys"), event).await.map(|_| ())
}

/// Reads the keys' file again, when somebody changed it: every process does so.
pub async fn refresh(portal: Portal) -> Result<(), VaultError> {
    portal.vault.refresh();
    Ok(())
}

/// Asks the key service that wraps whether it works and which key it wraps with by now: once a minute, and more often while it does
/// not. Gets ready what seals mails, which are queued in transactions of all kinds, whichever service keeps that. Asks every service
/// once an hour how old its keys are.
pub async fn watch((portal, turn): (Portal, Arc<AtomicU64>)) -> Result<(), VaultError> {
    let turn = turn.fetch_add(1, Ordering::Relaxed);
    if let Some(service) = &portal.vault.keepers().wraps
        && (turn.is_multiple_of(12) || !service.is_well())
    {
        service.probe().await?;
    }
    portal.vault.ready(portal.db.reader(), portal.clock.now(), None).await?;
    for service in portal.vault.keepers().all() {
        if turn.is_multiple_of(720) || (turn.is_multiple_of(12) && service.lacks_ages()) {
            // Last, since nothing waits for it; the page of keys says that it is not known.
            let _ = service.ask_ages().await;
        }
    }
    Ok(())
}
