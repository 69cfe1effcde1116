//! Master keys of the keys' file: added and retired.

use std::path::Path;

use chrono::Duration;
use model::{
    audit::{Action, SafeText},
    counted,
};
use sea_orm::DbErr;

use super::note;
use crate::{
    Portal,
    audit::Event,
    store::{
        Tx,
        data_key::{self, Wraps},
    },
    vault::{KeyFile, KeyFileError},
};

/// Every process has read the keys' file again after so long.
const SPREAD: Duration = Duration::minutes(10);

/// Why a master key was not retired.
#[derive(Debug, thiserror::Error)]
pub enum RetireError {
    #[error("{0} wraps new data keys: rotate first")]
    Active(String),
    #[error("the keys' file has no master key {0}")]
    Unknown(String),
    #[error(
        "{id} still wraps {} of {}: run `portal keys rewrap` first",
        counted(data_keys, "data key"),
        counted(teams, "Team")
    )]
    Needed { id: String, data_keys: i64, teams: i64 },
    #[error("the active key was made less than ten minutes ago: a process may still wrap with {0}")]
    TooSoon(String),
    #[error(
        "the master key in use wraps nothing in this database: it is another one's, or `portal keys rewrap` was not run"
    )]
    Elsewhere,
    #[error("a key service keeps the master key: rotate it there, and run `portal keys rewrap` after that")]
    Served,
    #[error(
        "this database is a restored copy: the keys' file is the installation's, and stays as it is until the copy is promoted"
    )]
    OfCopy,
    #[error(transparent)]
    File(#[from] KeyFileError),
    #[error("the database did not answer")]
    Database(#[from] DbErr),
}

/// Adds a master key to the file that wraps nothing yet, so that it can be brought to every machine before anything needs it.
pub async fn prepare(portal: &Portal, file: &Path) -> Result<String, RetireError> {
    is_installation(portal)?;
    // Begun first: without a database the file stays as it is.
    let tx = portal.db.begin().await?;
    let id = KeyFile::prepare_master(file, portal.clock.now())?;
    tell(portal, &tx, Action::MasterKeyAdded, &id).await?;
    tx.commit().await?;
    portal.vault.refresh();
    Ok(id)
}

/// Lets the prepared master key wrap from now on, or a new one when none is prepared. What others wrap, they wrap until [`rewrap`].
///
/// [`rewrap`]: super::rewrap
pub async fn rotate(portal: &Portal, file: &Path) -> Result<String, RetireError> {
    is_installation(portal)?;
    if portal.vault.keepers().wraps.is_some() {
        return Err(RetireError::Served);
    }
    portal.vault.refresh();
    let tx = portal.db.begin().await?;
    // What a retirement that was cut off left in the file must not wrap again.
    let retired = data_key::retired(&*tx).await?;
    for key in portal.vault.master_keys().into_iter().filter(|key| !key.active && retired.contains(&key.id)) {
        KeyFile::remove_master(file, &key.id, portal.clock.now())?;
    }
    let (id, is_new) = KeyFile::rotate_master(file, portal.clock.now())?;
    if is_new {
        tell(portal, &tx, Action::MasterKeyAdded, &id).await?;
    }
    tell(portal, &tx, Action::MasterKeyActivated, &id).await?;
    tx.commit().await?;
    portal.vault.refresh();
    Ok(id)
}

/// A copy may lie beside the original, with the same file: what it needs tells nothing of what the original needs.
fn is_installation(portal: &Portal) -> Result<(), RetireError> {
    if portal.settings.copy_of.is_some() { Err(RetireError::OfCopy) } else { Ok(()) }
}

async fn tell(portal: &Portal, tx: &Tx, action: Action, id: &str) -> Result<(), DbErr> {
    note(portal, tx, Event::new(action).with("key", &SafeText::new(id, 80))).await
}

/// Takes a master key out of the file, for good, once nothing needs it. The database lets nobody wrap with it any more, whatever file
/// a process has. What was cut off is done again.
pub async fn retire(portal: &Portal, file: &Path, id: &str) -> Result<(), RetireError> {
    is_installation(portal)?;
    portal.vault.refresh();
    let keepers = portal.vault.keepers();
    if keepers.of(id).is_some() {
        return Err(RetireError::Served);
    }
    let active = portal.vault.master_keys().into_iter().find(|key| key.active);
    if let Some(active) = &active {
        if active.id == id {
            return Err(RetireError::Active(active.id.clone()));
        }
        if active.made_at.is_some_and(|made| portal.clock.now() - made < SPREAD) {
            return Err(RetireError::TooSoon(id.to_owned()));
        }
    }
    let tx = portal.db.begin().await?;
    data_key::hold(&*tx).await?;
    let wraps = data_key::wraps(&*tx).await?;
    if let Some(Wraps { kek_id: id, data_keys, teams }) = wraps.iter().find(|one| one.kek_id == id).cloned() {
        return Err(RetireError::Needed { id, data_keys, teams });
    }
    // A database in which the key in use wraps nothing is not the one that this file belongs to.
    let in_use = |id: &str| match (&active, &keepers.wraps) {
        (_, Some(service)) => service.keeps(id),
        (active, None) => active.as_ref().is_some_and(|key| key.id == id),
    };
    if !wraps.iter().any(|one| in_use(&one.kek_id)) {
        return Err(RetireError::Elsewhere);
    }
    let is_there = portal.vault.master_keys().iter().any(|key| key.id == id);
    if data_key::retire(&*tx, id, portal.clock.now()).await? {
        if !is_there {
            return Err(RetireError::Unknown(id.to_owned()));
        }
        tell(portal, &tx, Action::MasterKeyRetired, id).await?;
    }
    tx.commit().await?;
    // Last, since it cannot be undone: from the commit on nobody wraps with it.
    if is_there {
        KeyFile::remove_master(file, id, portal.clock.now())?;
        portal.vault.refresh();
    }
    Ok(())
}
