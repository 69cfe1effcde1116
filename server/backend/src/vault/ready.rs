//! Data keys are got ready before a transaction begins: nobody waits for a key service while holding the database.

use std::sync::PoisonError;

use model::{Time, ids::TeamId};
use sea_orm::ConnectionTrait;
use zeroize::Zeroizing;

use super::{Vault, VaultError, wrap::DataKey};
use crate::{
    random,
    store::data_key::{self, WrappedKey},
};

impl Vault {
    /// Gets ready what seals for `team`: opens its data key, or wraps a first one. Costs nothing while the file keeps the master key.
    pub async fn ready(&self, db: &impl ConnectionTrait, now: Time, team: Option<TeamId>) -> Result<(), VaultError> {
        if self.is_at_hand() {
            return Ok(());
        }
        match data_key::newest(db, team).await? {
            Some(newest) if self.trusts(&newest.kek_id) => self.unwrapped(&newest).await.map(|_| ()),
            newest => self.prepare(now, team, newest.map_or(1, |newest| newest.version + 1)).await,
        }
    }

    /// Gets ready what gives `team` a new data key: opens all that sealed something, and wraps the new one.
    pub async fn ready_to_rotate(
        &self,
        db: &impl ConnectionTrait,
        now: Time,
        team: Option<TeamId>,
    ) -> Result<(), VaultError> {
        if self.is_at_hand() {
            return Ok(());
        }
        let Some(newest) = data_key::newest(db, team).await? else { return self.prepare(now, team, 1).await };
        for old in data_key::all(db, team).await? {
            match self.unwrapped(&old).await {
                // What does not open stays as it is: rotation counts it.
                Ok(_) | Err(VaultError::Refused | VaultError::KeyUnavailable) => {}
                Err(error) => return Err(error),
            }
        }
        self.prepare(now, team, newest.version + 1).await
    }

    async fn prepare(&self, now: Time, team: Option<TeamId>, version: i32) -> Result<(), VaultError> {
        if !self.prepared(|prepared| prepared.contains_key(&(team, version))) {
            let new = self.made_up(now, team, version).await?;
            self.prepared(|prepared| prepared.insert((team, version), new));
        }
        Ok(())
    }

    /// A new data key, wrapped: the prepared one, or one made on the spot.
    pub(super) async fn new_key(&self, now: Time, team: Option<TeamId>, version: i32) -> Result<WrappedKey, VaultError> {
        match self.prepared(|prepared| prepared.remove(&(team, version))) {
            Some(ready) => Ok(ready),
            None => self.made_up(now, team, version).await,
        }
    }

    async fn made_up(&self, now: Time, team: Option<TeamId>, version: i32) -> Result<WrappedKey, VaultError> {
        let key = DataKey { id: random::id(now), team, bytes: Zeroizing::new(random::bytes()) };
        let wrapped = self.wrap(&key, version, now).await?;
        self.keep(key);
        Ok(wrapped)
    }

    fn prepared<T>(&self, with: impl FnOnce(&mut super::Prepared) -> T) -> T {
        with(&mut self.0.prepared.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
