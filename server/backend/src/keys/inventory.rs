//! Which keys there are, how old they are, and what they wrap.

use chrono::Duration;
use model::Time;
use sea_orm::DbErr;

use super::KEY_DAYS;
use crate::{
    Cx, Portal,
    access::{self, AccessError},
    store::data_key::{self, Wraps},
    vault::{KeyService, MasterKey},
};

/// A master key and what it wraps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Custody {
    pub key: MasterKey,
    /// In this process's file, or kept by a service that it asks; what is neither opens nothing here.
    pub present: bool,
    /// A key service keeps it.
    pub served: bool,
    /// When the one in use is to be replaced at the latest, or its service replaces it.
    pub due: Option<Time>,
    pub data_keys: i64,
    pub teams: i64,
}

impl Custody {
    /// When it is too old. A service that rotates by itself does so on the day, and is asked a little later.
    pub fn overdue_at(&self) -> Option<Time> {
        self.due.map(|due| due + Duration::days(self.grace()))
    }

    /// Days that are let pass.
    pub fn grace(&self) -> i64 {
        i64::from(self.served)
    }
}

/// When a key of this age is to be replaced at the latest.
fn due(made: Time) -> Time {
    made + Duration::days(KEY_DAYS)
}

/// All keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inventory {
    pub masters: Vec<Custody>,
    pub installation: DataKeys,
    pub teams: DataKeys,
}

/// Data keys in use: one of the installation, and one of each Team that has sealed something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DataKeys {
    pub in_use: usize,
    /// When the oldest of them was made.
    pub oldest: Option<Time>,
}

impl DataKeys {
    /// Of when each was made, the oldest first.
    fn made(at: impl Iterator<Item = Time>) -> Self {
        at.fold(Self::default(), |all, at| Self { in_use: all.in_use + 1, oldest: all.oldest.or(Some(at)) })
    }

    /// When the oldest is to be replaced at the latest.
    pub fn due(&self) -> Option<Time> {
        self.oldest.map(due)
    }
}

impl Inventory {
    /// When the oldest data key in use was made.
    pub fn oldest(&self) -> Option<Time> {
        [self.installation.oldest, self.teams.oldest].into_iter().flatten().min()
    }
}

/// Every key of the installation, as this process knows them.
pub async fn inventory(portal: &Portal) -> Result<Inventory, DbErr> {
    let db = portal.db.reader();
    let (mut wraps, in_use) = (data_key::wraps(db).await?, data_key::in_use_since(db, portal.clock.now()).await?);
    let mut masters = Vec::new();
    for key in portal.vault.master_keys() {
        let at = wraps.iter().position(|one| one.kek_id == key.id);
        masters.push(custody(portal, key, true, at.map(|at| wraps.remove(at))));
    }
    let keepers = portal.vault.keepers();
    let current = keepers.wraps.as_ref().and_then(KeyService::current);
    for one in wraps {
        let id = one.kek_id.clone();
        let present = keepers.of(&id).is_some();
        // Before the service was asked, any of its keys may be the one in use.
        let active = keepers.wraps.as_ref().is_some_and(|service| service.keeps(&id))
            && current.as_ref().is_none_or(|current| *current == id);
        let key = MasterKey { active, made_at: crate::vault::made_at(&id), id };
        masters.push(custody(portal, key, present, Some(one)));
    }
    if let Some(id) = current.filter(|id| masters.iter().all(|one| one.key.id != *id)) {
        masters.push(custody(portal, MasterKey { id, active: true, made_at: None }, true, None));
    }
    masters.sort_by_key(|one| !one.key.active);
    let made = |of_team: bool| in_use.iter().filter(move |(team, _)| team.is_some() == of_team).map(|(_, at)| *at);
    Ok(Inventory { masters, installation: DataKeys::made(made(false)), teams: DataKeys::made(made(true)) })
}

fn custody(portal: &Portal, mut key: MasterKey, present: bool, wraps: Option<Wraps>) -> Custody {
    let service = portal.vault.keepers().of(&key.id);
    let told = service.map(KeyService::ages).unwrap_or_default();
    key.made_at = key.made_at.or_else(|| told.of(&key.id));
    let due = told.next.into_iter().chain(key.made_at.map(due)).min().filter(|_| key.active);
    let (data_keys, teams) = wraps.map(|one| (one.data_keys, one.teams)).unwrap_or_default();
    Custody { key, present, served: service.is_some(), due, data_keys, teams }
}

/// The same for a page, for operators.
pub async fn list(cx: &Cx) -> Result<Inventory, AccessError> {
    access::operator(cx)?;
    Ok(inventory(&cx.portal).await?)
}
