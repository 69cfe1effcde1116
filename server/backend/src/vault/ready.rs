//! Data keys are got ready before a transaction begins: nobody waits for a key service while holding the database.

use std::{
    sync::PoisonError,
    time::{Duration, Instant},
};

use model::{Time, ids::TeamId};
use sea_orm::ConnectionTrait;
use zeroize::Zeroizing;

use super::{
    Vault, VaultError,
    service::{Bound, KeyService, While},
    wrap::DataKey,
};
use crate::{
    random,
    store::data_key::{self, WrappedKey},
};

/// What was got ready for longer is made anew: the service may have rotated its key.
const FRESH: Duration = Duration::from_secs(60);

impl Vault {
    /// Gets ready what seals for `team`: opens its data key, or wraps a first one. Costs nothing while the file keeps the master key.
    pub async fn ready(&self, db: &impl ConnectionTrait, now: Time, team: Option<TeamId>) -> Result<(), VaultError> {
        if self.is_at_hand() {
            return Ok(());
        }
        match data_key::newest(db, team).await? {
            Some(newest) if self.trusts(&newest.kek_id) => self.unwrapped(&newest, While::NothingIsHeld).await.map(|_| ()),
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
        let all = data_key::all(db, team).await?;
        for old in &all {
            match self.unwrapped(old, While::NothingIsHeld).await {
                // What does not open stays as it is: rotation counts it.
                Err(error) if !error.is_about_one_key() => return Err(error),
                _ => {}
            }
        }
        self.prepare(now, team, all.first().map_or(1, |newest| newest.version + 1)).await
    }

    async fn prepare(&self, now: Time, team: Option<TeamId>, version: i32) -> Result<(), VaultError> {
        if self.is_prepared(team, version).is_none() {
            let new = self.made_up(now, team, version, While::NothingIsHeld).await?;
            let mut prepared = self.0.prepared.lock().unwrap_or_else(PoisonError::into_inner);
            prepared.retain(|_, (at, _)| at.elapsed() < FRESH);
            prepared.insert((team, version), (Instant::now(), new));
        }
        Ok(())
    }

    fn is_prepared(&self, team: Option<TeamId>, version: i32) -> Option<WrappedKey> {
        let prepared = self.0.prepared.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, row) = prepared.get(&(team, version))?;
        let current = self.keepers().wraps.as_ref().and_then(KeyService::current);
        (at.elapsed() < FRESH && current.is_none_or(|current| current == row.kek_id)).then(|| row.clone())
    }

    /// A new data key, wrapped, while a transaction is open. Several who prepared at once take the same one: whoever stores it first is
    /// the one who did.
    pub(super) async fn new_key(&self, now: Time, team: Option<TeamId>, version: i32) -> Result<WrappedKey, VaultError> {
        match self.is_prepared(team, version) {
            Some(ready) => Ok(WrappedKey { created_at: now, ..ready }),
            None => self.made_up(now, team, version, While::ATransactionIsOpen).await,
        }
    }

    async fn made_up(&self, now: Time, team: Option<TeamId>, version: i32, held: While) -> Result<WrappedKey, VaultError> {
        let bytes = Zeroizing::new(random::bytes());
        let row = self.wrap(&bytes, Bound { key: random::id(now), team, version }, now, held).await?;
        self.keep(DataKey::of(&row, bytes));
        Ok(row)
    }
}
