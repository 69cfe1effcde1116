//! Master keys: added, wrapped with anew, retired.

use std::path::Path;

use chrono::Duration;
use model::audit::{Action, SafeText};
use sea_orm::DbErr;

use super::{inventory, note};
use crate::{
    Portal,
    audit::Event,
    error::Outage,
    store::data_key::{self, WrappedKey, Wraps},
    vault::{KeyFile, KeyFileError},
};

/// Data keys that are wrapped anew in one transaction.
const AT_ONCE: u64 = 10;
/// Every process has read the keys' file again after so long.
const SPREAD: Duration = Duration::minutes(10);

/// Why a master key was not retired.
#[derive(Debug, thiserror::Error)]
pub enum RetireError {
    #[error("{0} wraps new data keys: rotate first")]
    Active(String),
    #[error("{id} still wraps {data_keys} data keys of {teams} Teams: run `portal keys rewrap` first")]
    Needed { id: String, data_keys: i64, teams: i64 },
    #[error("the active key was made less than ten minutes ago: a process may still wrap with {0}")]
    TooSoon(String),
    #[error("{0} wraps nothing in this database: it is not the one of this keys' file, or `portal keys rewrap` was not run")]
    Elsewhere(String),
    #[error(transparent)]
    File(#[from] KeyFileError),
    #[error("the database did not answer")]
    Database(#[from] DbErr),
}

/// Adds a master key to the file. Nothing is wrapped with it before [`rewrap`], or a new data key.
pub async fn rotate(portal: &Portal, file: &Path) -> Result<String, RetireError> {
    // Begun first: without a database the file stays as it is.
    let tx = portal.db.begin().await?;
    let id = KeyFile::add_master(file, portal.clock.now())?;
    portal.vault.refresh();
    note(portal, &tx, Event::new(Action::MasterKeyAdded).with("key", &SafeText::new(&id, 80))).await?;
    tx.commit().await?;
    Ok(id)
}

/// What wrapping anew did.
#[derive(Debug, Default)]
pub struct Rewrap {
    pub done: u64,
    /// Data keys that another master key still wraps: those below, and what somebody wraps meanwhile.
    pub left: i64,
    /// Data keys that do not open: altered, or their master key is not in the file.
    pub failed: Vec<WrappedKey>,
}

/// Wraps every data key anew with the active master key, some at a time; tells how many are done. Others work on meanwhile, and what is
/// cut off is begun again where it was. One that does not open holds up no other.
pub async fn rewrap(portal: &Portal, mut tell: impl FnMut(u64)) -> Result<Rewrap, Outage> {
    let (mut all, mut after) = (Rewrap::default(), None);
    loop {
        let tx = portal.db.begin().await?;
        let turn = portal.vault.rewrap_some(&*tx, after, AT_ONCE).await?;
        if turn.done > 0 {
            let many = i64::try_from(turn.done).unwrap_or(i64::MAX);
            note(portal, &tx, Event::new(Action::KeysRewrapped).with("data_keys", many)).await?;
        }
        tx.commit().await?;
        all.done += turn.done;
        all.failed.extend(turn.failed);
        let Some(last) = turn.last else { break };
        after = Some(last);
        tell(all.done);
    }
    let masters = inventory(portal).await?.masters;
    all.left = masters.iter().filter(|one| !one.key.active).map(|one| one.data_keys).sum();
    Ok(all)
}

/// Takes a master key out of the file, for good, once nothing needs it.
pub async fn retire(portal: &Portal, file: &Path, id: &str) -> Result<(), RetireError> {
    portal.vault.refresh();
    let active = portal.vault.master_keys().remove(0);
    if active.id == id {
        return Err(RetireError::Active(active.id));
    }
    if active.made_at.is_some_and(|made| portal.clock.now() - made < SPREAD) {
        return Err(RetireError::TooSoon(id.to_owned()));
    }
    let tx = portal.db.begin().await?;
    data_key::hold(&*tx).await?;
    let wraps = data_key::wraps(&*tx).await?;
    if let Some(Wraps { kek_id: id, data_keys, teams }) = wraps.iter().find(|one| one.kek_id == id).cloned() {
        return Err(RetireError::Needed { id, data_keys, teams });
    }
    // A database in which the key in use wraps nothing is not the one that this file belongs to.
    if !wraps.iter().any(|one| one.kek_id == active.id) {
        return Err(RetireError::Elsewhere(active.id));
    }
    note(portal, &tx, Event::new(Action::MasterKeyRetired).with("key", &SafeText::new(id, 80))).await?;
    // While nobody can wrap anything; last, since it cannot be undone.
    KeyFile::remove_master(file, id, portal.clock.now())?;
    tx.commit().await?;
    Ok(())
}
