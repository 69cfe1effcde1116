//! The master keys (key-encryption keys) of the keys' file that a process knows, and those that others added meanwhile.

use std::sync::{Arc, PoisonError};

use model::Time;
use uuid::Uuid;

use super::{KeyFile, Vault, wrap::Kek};

/// What the keys' file holds; none wraps, and there may be none at all, when a key service does.
#[derive(Clone, Default)]
pub(super) struct Masters {
    active: Option<Arc<Kek>>,
    older: Vec<Arc<Kek>>,
}

impl Masters {
    pub fn new(active: Option<Kek>, older: Vec<Kek>) -> Self {
        Self { active: active.map(Arc::new), older: older.into_iter().map(Arc::new).collect() }
    }

    fn find(&self, id: &str) -> Option<Arc<Kek>> {
        self.active.iter().chain(&self.older).find(|kek| kek.id == id).cloned()
    }
}

/// A master key, without the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MasterKey {
    pub id: String,
    /// New data keys are wrapped with it.
    pub active: bool,
    /// When it was made; of one that a service keeps, the service knows.
    pub made_at: Option<Time>,
}

/// When a key with this id was made: its id begins with the time.
pub fn made_at(id: &str) -> Option<Time> {
    let uuid: Uuid = id.rsplit('_').next()?.parse().ok()?;
    let (seconds, nanos) = uuid.get_timestamp()?.to_unix();
    chrono::DateTime::from_timestamp(i64::try_from(seconds).ok()?, nanos)
}

impl Vault {
    /// The master keys of the file, the newest first; the first is active unless a service wraps.
    pub fn master_keys(&self) -> Vec<MasterKey> {
        let masters = self.0.masters.read().unwrap_or_else(PoisonError::into_inner);
        let key = |kek: &Arc<Kek>, active| MasterKey { id: kek.id.clone(), active, made_at: kek.born() };
        let wraps = self.0.keepers.wraps.is_none();
        let active = masters.active.iter().map(|kek| key(kek, wraps));
        active.chain(masters.older.iter().map(|kek| key(kek, false))).collect()
    }

    pub(super) fn active_master(&self) -> Option<Arc<Kek>> {
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
        let older = |keys: &KeyFile| match (&keys.active, &masters.active) {
            (Some(new), Some(known)) => new.is_older_than(known),
            (new, known) => new.is_none() && known.is_some(),
        };
        match KeyFile::load(path) {
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "the keys' file was not read again");
            }
            Ok(keys) if *keys.pepper != *self.0.pepper => {
                tracing::error!("the keys' file is another installation's: it is not used");
            }
            // While a service wraps, the file loses its keys one by one.
            Ok(keys) if self.0.keepers.wraps.is_none() && older(&keys) => {
                tracing::error!("the keys' file is an older one than the one in use: it is not used");
            }
            Ok(keys) => *masters = Masters::new(keys.active, keys.older),
        }
    }
}
