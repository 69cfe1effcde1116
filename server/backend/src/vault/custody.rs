//! Who keeps master keys: the keys' file, and key services. One of them wraps; what the others wrapped they open.

use model::Time;
use zeroize::Zeroizing;

use super::{
    KeyFile, Sealed, Vault, VaultError,
    service::{Bound, KeyService, While, Wrapped},
    wrap::DataKey,
};
use crate::{random, store::data_key::WrappedKey};

/// Stored first in what a service wrapped.
const SERVED: u8 = 2;

/// The services that keep master keys beside the file.
#[derive(Clone, Debug, Default)]
pub struct Keepers {
    /// Wraps new data keys; the file when there is none.
    pub wraps: Option<KeyService>,
    /// Open what they wrapped, until it is wrapped anew.
    pub opens: Vec<KeyService>,
}

impl Keepers {
    pub fn all(&self) -> impl Iterator<Item = &KeyService> {
        self.wraps.iter().chain(&self.opens)
    }

    /// The service whose key this is.
    pub fn of(&self, kek_id: &str) -> Option<&KeyService> {
        self.all().find(|service| service.keeps(kek_id))
    }
}

impl Vault {
    /// A vault whose master key a service may keep. Those of the file open what they wrapped.
    pub fn kept_by(keys: KeyFile, keepers: Keepers) -> Self {
        Self::made(keys, super::BUDGET, keepers)
    }

    pub fn keepers(&self) -> &Keepers {
        &self.0.keepers
    }

    /// Nobody has to be asked who may be slow.
    pub(super) fn is_at_hand(&self) -> bool {
        self.0.keepers.all().next().is_none()
    }

    /// Whether something may be sealed under what this master key wraps. Once a service wraps, the file's keys only open: whoever has
    /// the file could have made that data key.
    pub(super) fn trusts(&self, kek_id: &str) -> bool {
        self.0.keepers.wraps.is_none() || self.0.keepers.of(kek_id).is_some()
    }

    /// Wraps a data key with the master key in use.
    pub(super) async fn wrap(
        &self,
        bytes: &Zeroizing<[u8; 32]>,
        bound: Bound,
        now: Time,
        held: While,
    ) -> Result<WrappedKey, VaultError> {
        let Bound { key: id, team, version } = bound;
        let row = |kek_id, wrapped| WrappedKey { id, team, version, kek_id, wrapped, created_at: now };
        let Some(service) = &self.0.keepers.wraps else {
            let kek = self.active_master().ok_or(VaultError::KeyUnavailable)?;
            return Ok(row(kek.id.clone(), kek.wrap(bytes, bound, random::bytes())));
        };
        let wrapped = service.wrap(bytes, bound, held).await?;
        Ok(row(wrapped.id, Sealed([&[SERVED], wrapped.bytes.as_slice()].concat())))
    }

    pub(super) async fn unwrap(&self, row: &WrappedKey, held: While) -> Result<DataKey, VaultError> {
        let Some(service) = self.0.keepers.of(&row.kek_id) else {
            return self.master(&row.kek_id).ok_or(VaultError::KeyUnavailable)?.unwrap_key(row);
        };
        let bytes = row.wrapped.0.strip_prefix(&[SERVED]).ok_or(VaultError::Refused)?.to_vec();
        let wrapped = Wrapped { id: row.kek_id.clone(), bytes };
        Ok(DataKey::of(row, service.unwrap(&wrapped, Bound::of(row), held).await?))
    }

    /// The id of the master key that wraps by now: asks the service, which may have rotated it.
    pub async fn wrapping(&self) -> Result<String, VaultError> {
        match &self.0.keepers.wraps {
            Some(service) => Ok(service.probe().await?),
            None => {
                // The key that was active a moment ago may have been retired since.
                self.refresh();
                Ok(self.active_master().ok_or(VaultError::KeyUnavailable)?.id.clone())
            }
        }
    }

    /// A data key as the master key in use wraps it, the same key; or why it does not open, which is about this one alone.
    pub async fn wrapped_anew(&self, old: &WrappedKey) -> Result<Result<WrappedKey, VaultError>, VaultError> {
        let key = match self.unwrap(old, While::NothingIsHeld).await {
            Ok(key) => key,
            Err(error) if error.is_about_one_key() => return Ok(Err(error)),
            Err(error) => return Err(error),
        };
        self.wrap(&key.bytes, Bound::of(old), old.created_at, While::NothingIsHeld).await.map(Ok)
    }
}
