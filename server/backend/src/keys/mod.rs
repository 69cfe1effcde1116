//! Master keys and data keys of the installation: which there are, how old, what they wrap; rotation and retirement.

mod data_keys;
mod inventory;
mod masters;

use sea_orm::DbErr;

use crate::{
    Cx, Portal,
    audit::{self, Event},
    store::Tx,
    vault::VaultError,
};

pub use data_keys::{Renewed, rotate_data_keys};
pub use inventory::{Custody, Inventory, inventory, list};
pub use masters::{RetireError, Rewrap, retire, rewrap, rotate};

/// A key is replaced after so many days at the latest (Amazon's policy: credentials of programs every 12 months).
pub const KEY_DAYS: i32 = 365;

async fn note(portal: &Portal, tx: &Tx, event: Event) -> Result<(), DbErr> {
    audit::append(&**tx, &Cx::system(portal, "keys"), event).await.map(|_| ())
}

/// Reads the keys' file again, when somebody changed it: every process does so.
pub async fn refresh(portal: Portal) -> Result<(), VaultError> {
    portal.vault.refresh();
    Ok(())
}
