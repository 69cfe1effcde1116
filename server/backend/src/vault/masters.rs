//! The master keys (key-encryption keys) that a process knows, and those that others added meanwhile.

use std::sync::{Arc, PoisonError};

use model::{Time, ids::DataKeyId};
use sea_orm::{ConnectionTrait, DbErr};
use uuid::Uuid;

use super::{KeyFile, Vault, wrap::Kek};
use crate::{
    random,
    store::data_key::{self, WrappedKey},
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

/// What a turn of wrapping anew did.
#[derive(Debug, Default)]
pub struct Rewrapped {
    pub done: u64,
    /// The last data key that was looked at; none when there was none.
    pub last: Option<DataKeyId>,
    /// Those that do not open.
    pub failed: Vec<WrappedKey>,
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
        let key = |kek: &Arc<Kek>, active| MasterKey { id: kek.id.clone(), active, made_at: kek.born() };
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

    /// Reads the keys' file again. One that cannot be read, is another installation's, or an older one, changes nothing.
    pub fn refresh(&self) {
        let Some(path) = self.0.file.as_deref() else { return };
        // Read while it is held: what was read before never takes the place of what was read after.
        let mut masters = self.0.masters.write().unwrap_or_else(PoisonError::into_inner);
        match KeyFile::load(path) {
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "the keys' file was not read again");
            }
            Ok(keys) if *keys.pepper != *self.0.pepper => {
                tracing::error!("the keys' file is another installation's: it is not used");
            }
            Ok(keys) if keys.active.is_older_than(&masters.active) => {
                tracing::error!("the keys' file is an older one than the one in use: it is not used");
            }
            Ok(keys) => *masters = Masters::new(keys.active, keys.older),
        }
    }

    /// Wraps up to `most` data keys anew that another master key than the active one wraps, those behind `after`. Can be cut off at
    /// any moment and begun again: each key is wrapped by one or by the other. One that does not open stays as it is.
    pub async fn rewrap_some(
        &self,
        tx: &impl ConnectionTrait,
        after: Option<DataKeyId>,
        most: u64,
    ) -> Result<Rewrapped, DbErr> {
        // The key that was active a moment ago may have been retired since.
        self.refresh();
        let active = self.active_master();
        let mut turn = Rewrapped::default();
        for old in data_key::wrapped_by_others(tx, &active.id, after, most).await? {
            turn.last = Some(old.id);
            let opened = self.master(&old.kek_id).and_then(|kek| kek.unwrap_key(&old).ok());
            let Some(key) = opened else {
                turn.failed.push(old);
                continue;
            };
            let wrapped = active.wrap(&key, old.version, random::bytes());
            let new = WrappedKey { kek_id: active.id.clone(), wrapped, ..old.clone() };
            turn.done += u64::from(data_key::rewrap(tx, &old, &new).await?);
        }
        Ok(turn)
    }
}
