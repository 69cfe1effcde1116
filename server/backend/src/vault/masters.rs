//! The master keys (key-encryption keys) that a process knows, and those that others added meanwhile.

use std::sync::{Arc, PoisonError};

use model::Time;
use uuid::Uuid;

use super::{KeyFile, Vault, VaultError, wrap::Kek};
use crate::{
    random,
    store::{
        Db,
        data_key::{self, WrappedKey},
    },
};

pub(super) struct Masters {
    active: Arc<Kek>,
    older: Vec<Arc<Kek>>,
}

impl Masters {
    pub fn new(active: Kek, older: Vec<Kek>) -> Self {
        Self { active: Arc::new(active), older: older.into_iter().map(Arc::new).collect() }
    }

    fn find(&self, id: &str) -> Option<Arc<Kek>> {
        std::iter::once(&self.active).chain(&self.older).find(|kek| kek.id == id).cloned()
    }
}

/// A master key, without the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MasterKey {
    pub id: String,
    /// New data keys are wrapped with it.
    pub active: bool,
    /// When it was made.
    pub made_at: Option<Time>,
}

/// When a key with this id was made: its id begins with the time.
pub fn made_at(id: &str) -> Option<Time> {
    let uuid: Uuid = id.rsplit('_').next()?.parse().ok()?;
    let (seconds, nanos) = uuid.get_timestamp()?.to_unix();
    chrono::DateTime::from_timestamp(i64::try_from(seconds).ok()?, nanos)
}

impl Vault {
    /// The master keys that this process knows, the active one first.
    pub fn master_keys(&self) -> Vec<MasterKey> {
        let masters = self.0.masters.read().unwrap_or_else(PoisonError::into_inner);
        let key = |kek: &Arc<Kek>, active| MasterKey {
            id: kek.id.clone(),
            active,
            made_at: kek.made_at.or_else(|| made_at(&kek.id)),
        };
        std::iter::once(key(&masters.active, true)).chain(masters.older.iter().map(|kek| key(kek, false))).collect()
    }

    pub(super) fn active_master(&self) -> Arc<Kek> {
        self.0.masters.read().unwrap_or_else(PoisonError::into_inner).active.clone()
    }

    /// One by its id. One that is not known may have been added since the file was read.
    pub(super) fn master(&self, id: &str) -> Option<Arc<Kek>> {
        let find = || self.0.masters.read().unwrap_or_else(PoisonError::into_inner).find(id);
        find().or_else(|| {
            self.refresh();
            find()
        })
    }

    /// Reads the keys' file again. One that cannot be read, or is another installation's, changes nothing.
    pub fn refresh(&self) {
        let Some(Ok(keys)) = self.0.file.as_deref().map(KeyFile::load) else { return };
        if *keys.pepper != *self.0.pepper {
            tracing::error!("the keys' file is another installation's: it is not used");
            return;
        }
        *self.0.masters.write().unwrap_or_else(PoisonError::into_inner) = Masters::new(keys.active, keys.older);
    }

    /// Wraps up to `most` data keys anew that another master key than the active one wraps; answers how many. Can be cut off at any
    /// moment and begun again: each key is wrapped by one or by the other.
    pub async fn rewrap_some(&self, db: &Db, most: u64) -> Result<u64, VaultError> {
        let active = self.active_master();
        let mut done = 0;
        let tx = db.begin().await?;
        for old in data_key::wrapped_by_others(&*tx, &active.id, most).await? {
            let key = self.master(&old.kek_id).ok_or(VaultError::KeyUnavailable)?.unwrap_key(&old)?;
            let wrapped = active.wrap(&key, old.version, random::bytes());
            let new = WrappedKey { kek_id: active.id.clone(), wrapped, ..old.clone() };
            done += u64::from(data_key::rewrap(&*tx, &old, &new).await?);
        }
        tx.commit().await?;
        Ok(done)
    }
}
