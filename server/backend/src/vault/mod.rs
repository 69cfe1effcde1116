//! The only cryptography: sealing of stored secrets, the keys' file, keyed hashes.
//!
//! A key-encryption key (`Kek`, from the keys' file, or one that a key service keeps) wraps a data key per Team, kept in the database. A key per record is
//! derived from the data key, so what is sealed opens only in its own place.

use std::{
    collections::HashMap,
    fmt,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Instant,
};

use model::{
    Time,
    ids::{DataKeyId, TeamId},
};
use sea_orm::{ConnectionTrait, DbErr};
use secrecy::SecretString;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::{random, store::data_key::WrappedKey};

mod canonical;
mod custody;
mod digest;
mod envelope;
mod key_file;
mod key_text;
mod mac;
mod masters;
mod ready;
mod record;
mod ring;
mod rotation;
mod service;
mod words;
mod wrap;

pub use custody::Keepers;
pub use digest::sha256;
pub use envelope::{Envelope, WrappedEnvelope};
pub use key_file::{KeyFile, KeyFileError};
use masters::Masters;
pub use masters::{MasterKey, made_at};
pub use rotation::Rotated;
pub use service::{KeyService, Kms, KmsKey, ServiceError, Transit, TransitKey};

/// Seals under one data key before it is replaced. NIST SP 800-38D allows 2^32 with random nonces; this is far earlier.
const BUDGET: i64 = 1 << 24;

/// The handle to all keys. Cheap to clone; one per process.
#[derive(Clone)]
pub struct Vault(Arc<Inner>);

struct Inner {
    pepper: Zeroizing<[u8; 32]>,
    cookie: Zeroizing<[u8; 64]>,
    masters: RwLock<Masters>,
    keepers: Keepers,
    /// Where the master keys are read again, when one is met that is not known.
    file: Option<PathBuf>,
    budget: i64,
    /// Data keys in the clear. Never locked across an await.
    opened: RwLock<HashMap<DataKeyId, Arc<wrap::DataKey>>>,
    prepared: Mutex<Prepared>,
}

/// Data keys that were wrapped before the transaction that stores them.
type Prepared = HashMap<(Option<TeamId>, i32), (Instant, WrappedKey)>;

/// Where a sealed value is stored; it opens nowhere else. Without a team it belongs to the installation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub team: Option<TeamId>,
    pub table: &'static str,
    pub row: Uuid,
    pub field: &'static str,
}

/// A sealed value, as it is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(pub Vec<u8>);

/// Why something was not sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// Try again: nothing was decided.
    #[error("the database did not answer")]
    Unavailable(#[from] DbErr),
    /// Bring back the key-encryption key that the data key was wrapped with.
    #[error("the key-encryption key is not present")]
    KeyUnavailable,
    /// Try again: nothing was decided. Or mend the key service's settings.
    #[error(transparent)]
    ServiceUnavailable(ServiceError),
    /// One answer to every moved, altered or cut value, so that it tells nothing about where it fails.
    #[error("the value does not open")]
    Refused,
}

impl VaultError {
    /// About one key, and not about whoever keeps it: others open.
    pub fn is_about_one_key(&self) -> bool {
        matches!(
            self,
            VaultError::Refused | VaultError::KeyUnavailable | VaultError::ServiceUnavailable(ServiceError::Denied(_))
        )
    }
}

impl Vault {
    pub fn new(keys: KeyFile) -> Self {
        Self::with_budget(keys, BUDGET)
    }

    /// A vault that replaces a data key after `budget` seals.
    pub fn with_budget(keys: KeyFile, budget: i64) -> Self {
        Self::made(keys, budget, Keepers::default())
    }

    /// The same keys, in hands that have opened nothing yet.
    pub fn unopened(&self) -> Self {
        let Inner { pepper, cookie, masters, keepers, file, budget, .. } = &*self.0;
        let masters = RwLock::new(masters.read().unwrap_or_else(PoisonError::into_inner).clone());
        Self(Arc::new(Inner {
            pepper: pepper.clone(),
            cookie: cookie.clone(),
            masters,
            keepers: keepers.clone(),
            file: file.clone(),
            budget: *budget,
            opened: RwLock::default(),
            prepared: Mutex::default(),
        }))
    }

    fn made(keys: KeyFile, budget: i64, keepers: Keepers) -> Self {
        let KeyFile { active, older, pepper, cookie, path: file } = keys;
        let masters = RwLock::new(Masters::new(active, older));
        let (opened, prepared) = (RwLock::default(), Mutex::default());
        Self(Arc::new(Inner { pepper, cookie, masters, keepers, file, budget: budget.max(1), opened, prepared }))
    }

    /// Seals `plain` for `place` under the newest data key of its Team. Belongs in the transaction that stores the result:
    /// on PostgreSQL the key's row stays locked until that ends, so seal late.
    #[tracing::instrument(level = "debug", skip_all, fields(table = place.table, field = place.field))]
    pub async fn seal(
        &self,
        tx: &impl ConnectionTrait,
        now: Time,
        place: &Place,
        plain: &SecretString,
    ) -> Result<Sealed, VaultError> {
        let key = self.sealing_key(tx, now, place.team).await?;
        Ok(record::seal(&key, random::bytes(), place, plain))
    }

    /// Opens what was sealed for `place`. Asks the database only for a data key that this process has not met.
    #[tracing::instrument(level = "debug", skip_all, fields(table = place.table, field = place.field))]
    pub async fn open(&self, db: &impl ConnectionTrait, place: &Place, sealed: &Sealed) -> Result<SecretString, VaultError> {
        let id = sealed.key().ok_or(VaultError::Refused)?;
        let key = match self.known(id) {
            Some(key) => key,
            None => self.fetch(db, id).await?,
        };
        record::open(&key, place, sealed)
    }

    /// The key of the session cookie: 32 bytes to sign, 32 to encrypt.
    pub fn cookie_key(&self) -> &[u8; 64] {
        &self.0.cookie
    }
}

impl Sealed {
    /// The data key that the value names; `None` when it is no sealed value.
    pub fn key(&self) -> Option<DataKeyId> {
        record::parse(&self.0).map(|parts| parts.key)
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault").finish_non_exhaustive()
    }
}
