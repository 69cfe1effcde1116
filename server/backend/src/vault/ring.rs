//! Which data key: the newest to seal with, the named one to open with.

use std::sync::{Arc, PoisonError};

use model::{
    Time,
    ids::{DataKeyId, TeamId},
};
use sea_orm::{ConnectionTrait, DbErr};
use zeroize::Zeroizing;

use super::{Vault, VaultError, wrap::DataKey};
use crate::{
    random,
    store::data_key::{self, WrappedKey},
};

/// A round is lost only to others who made a key or spent one, so a few are plenty.
const ROUNDS: usize = 8;

impl Vault {
    /// The newest data key of `team`, with one more seal counted against its budget. Makes the first key, and the next one
    /// when the budget is spent.
    pub(super) async fn sealing_key(
        &self,
        tx: &impl ConnectionTrait,
        now: Time,
        team: Option<TeamId>,
    ) -> Result<Arc<DataKey>, VaultError> {
        for _ in 0..ROUNDS {
            let Some(newest) = data_key::newest(tx, team).await? else {
                self.make(tx, now, team, 1).await?;
                continue;
            };
            let key = self.unwrapped(&newest)?;
            if data_key::count_seal(tx, newest.id, self.0.budget).await? {
                return Ok(key);
            }
            self.make(tx, now, team, newest.version + 1).await?;
            data_key::mark_replaced(tx, newest.id, now).await?;
        }
        Err(DbErr::RecordNotInserted.into())
    }

    /// Fails when these keys do not open this database: a key file of another installation, say.
    pub async fn fits(&self, db: &impl ConnectionTrait) -> Result<(), VaultError> {
        match data_key::newest(db, None).await? {
            Some(newest) => self.unwrapped(&newest).map(|_| ()),
            None => Ok(()),
        }
    }

    /// A data key that this process has in the clear.
    pub(super) fn known(&self, id: DataKeyId) -> Option<Arc<DataKey>> {
        self.0.opened.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    /// A data key from the database. A name that no key has is one more kind of tampering.
    pub(super) async fn fetch(&self, db: &impl ConnectionTrait, id: DataKeyId) -> Result<Arc<DataKey>, VaultError> {
        let row = data_key::by_id(db, id).await?.ok_or(VaultError::Refused)?;
        self.unwrapped(&row)
    }

    fn unwrapped(&self, row: &WrappedKey) -> Result<Arc<DataKey>, VaultError> {
        if let Some(key) = self.known(row.id) {
            // The row may have been moved to another Team since.
            return if key.team == row.team { Ok(key) } else { Err(VaultError::Refused) };
        }
        let kek = self.master(&row.kek_id).ok_or(VaultError::KeyUnavailable)?;
        let key = Arc::new(kek.unwrap_key(row)?);
        self.0.opened.write().unwrap_or_else(PoisonError::into_inner).insert(row.id, key.clone());
        Ok(key)
    }

    /// Writes a new data key, unless another writer was first: then theirs counts.
    pub(super) async fn make(
        &self,
        tx: &impl ConnectionTrait,
        now: Time,
        team: Option<TeamId>,
        version: i32,
    ) -> Result<(), VaultError> {
        let kek = self.active_master();
        let key = DataKey { id: random::id(now), team, bytes: Zeroizing::new(random::bytes()) };
        let wrapped = kek.wrap(&key, version, random::bytes());
        let row = WrappedKey { id: key.id, team, version, kek_id: kek.id.clone(), wrapped, created_at: now };
        Ok(data_key::insert_if_absent(tx, row).await?)
    }
}
