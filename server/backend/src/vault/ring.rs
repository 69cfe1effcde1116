//! Which data key: the newest to seal with, the named one to open with.

use std::sync::{Arc, PoisonError};

use model::{
    Time,
    ids::{DataKeyId, TeamId},
};
use sea_orm::{ConnectionTrait, DbErr};

use super::{Vault, VaultError, service::While, wrap::DataKey};
use crate::store::data_key::{self, WrappedKey};

/// A round is lost only to others who made a key or spent one, so a few are plenty.
const ROUNDS: usize = 8;

impl Vault {
    /// The newest data key of `team`, with one more seal counted against its budget. Makes the first key, and the next one
    /// when the budget is spent, or the keeper of the master key is not trusted any more.
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
            if self.trusts(&newest.kek_id) {
                let key = self.unwrapped(&newest, While::ATransactionIsOpen).await?;
                if data_key::count_seal(tx, newest.id, self.0.budget).await? {
                    return Ok(key);
                }
            }
            self.make(tx, now, team, newest.version + 1).await?;
            data_key::mark_replaced(tx, newest.id, now).await?;
        }
        Err(DbErr::RecordNotInserted.into())
    }

    /// Fails when these keys do not open this database: a key file of another installation, say.
    pub async fn fits(&self, db: &impl ConnectionTrait) -> Result<(), VaultError> {
        match data_key::newest(db, None).await? {
            Some(newest) => self.unwrapped(&newest, While::NothingIsHeld).await.map(|_| ()),
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
        self.unwrapped(&row, While::NothingIsHeld).await
    }

    /// A data key in the clear. What this process opened before counts for the row as it was then: whose it is and what wraps it may
    /// have been changed since, by a rewrap or by somebody with the database.
    pub(super) async fn unwrapped(&self, row: &WrappedKey, held: While) -> Result<Arc<DataKey>, VaultError> {
        match self.known(row.id).filter(|key| key.is_of(row)) {
            Some(key) => Ok(key),
            None => Ok(self.keep(self.unwrap(row, held).await?)),
        }
    }

    /// Keeps a data key in the clear.
    pub(super) fn keep(&self, key: DataKey) -> Arc<DataKey> {
        let key = Arc::new(key);
        self.0.opened.write().unwrap_or_else(PoisonError::into_inner).insert(key.id, key.clone());
        key
    }

    /// Writes a new data key, unless another writer was first: then theirs counts.
    pub(super) async fn make(
        &self,
        tx: &impl ConnectionTrait,
        now: Time,
        team: Option<TeamId>,
        version: i32,
    ) -> Result<(), VaultError> {
        let row = self.new_key(now, team, version).await?;
        let kek = row.kek_id.clone();
        data_key::insert_if_absent(tx, row).await.map_err(|error| {
            if !error.to_string().contains(data_key::RETIRED) {
                return error.into();
            }
            tracing::error!(kek, "the master key is retired, and the keys' file of this process is an old one");
            VaultError::KeyUnavailable
        })
    }
}
