//! A new data key for a Team, and everything that may be sealed anew under it.

use model::Time;
use sea_orm::ConnectionTrait;

use super::{Vault, VaultError, record};
use crate::{
    access::TeamScope,
    random,
    store::{data_key, sealed},
};

/// What a rotation did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotated {
    /// The version of the new data key.
    pub version: i32,
    /// Values that were sealed anew.
    pub resealed: usize,
    /// Values that do not open, by whomever they were altered: they stay as they are.
    pub unopened: usize,
}

impl Vault {
    /// Gives the Team a new data key and seals its values anew. Who seals meanwhile waits for the end of the transaction, and
    /// seals with the new key.
    #[tracing::instrument(skip_all, fields(team = %scope.team()))]
    pub async fn rotate(&self, tx: &impl ConnectionTrait, now: Time, scope: &TeamScope) -> Result<Rotated, VaultError> {
        let team = Some(scope.team());
        // The old key is held from here on: what others sealed with it is committed and read below.
        if let Some(newest) = data_key::newest(tx, team).await? {
            data_key::mark_replaced(tx, newest.id, now).await?;
            self.make(tx, now, team, newest.version + 1).await?;
        }
        let key = self.sealing_key(tx, now, team).await?;
        let version = data_key::newest(tx, team).await?.map_or(1, |newest| newest.version);
        let (mut resealed, mut unopened) = (0, 0);
        for (place, old) in sealed::all(tx, scope).await? {
            let plain = match self.open(tx, &place, &old).await {
                Ok(plain) => plain,
                Err(VaultError::Refused) => {
                    tracing::error!(table = place.table, row = %place.row, field = place.field, "a sealed value does not open");
                    unopened += 1;
                    continue;
                }
                Err(error) => return Err(error),
            };
            let new = record::seal(&key, random::bytes(), &place, &plain);
            resealed += usize::from(sealed::replace(tx, &place, &old, new).await?);
        }
        data_key::count_more(tx, key.id, resealed).await?;
        Ok(Rotated { version, resealed, unopened })
    }

    /// Gives the installation a new data key. What the old one sealed, mails above all, is deleted within weeks.
    pub async fn rotate_own(&self, tx: &impl ConnectionTrait, now: Time) -> Result<Rotated, VaultError> {
        let version = match data_key::newest(tx, None).await? {
            Some(newest) => {
                data_key::mark_replaced(tx, newest.id, now).await?;
                newest.version + 1
            }
            None => 1,
        };
        self.make(tx, now, None, version).await?;
        Ok(Rotated { version, resealed: 0, unopened: 0 })
    }
}
