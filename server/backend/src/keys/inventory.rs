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
    /// A key service keeps it, and knows how old it is.
    pub served: bool,
    pub data_keys: i64,
    pub teams: i64,
}

impl Custody {
    /// When it is to be replaced at the latest: the one in use, unless a service rotates it.
    pub fn due(&self) -> Option<Time> {
        self.key.made_at.filter(|_| self.key.active && !self.served).map(|made| made + Duration::days(KEY_DAYS))
    }
}

/// All keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inventory {
    pub masters: Vec<Custody>,
    /// Teams with a data key in use, and when the oldest data key in use was made, the installation's among them.
    pub in_use: usize,
    pub oldest: Option<Time>,
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
        // How old one of a service is, the service knows. Before it was asked, any of its keys may be the one in use.
        let active = keepers.wraps.as_ref().is_some_and(|service| service.keeps(&id))
            && current.as_ref().is_none_or(|current| *current == id);
        let key = MasterKey { active, made_at: crate::vault::made_at(&id), id };
        masters.push(custody(portal, key, present, Some(one)));
    }
    if let Some(id) = current.filter(|id| masters.iter().all(|one| one.key.id != *id)) {
        masters.push(custody(portal, MasterKey { id, active: true, made_at: None }, true, None));
    }
    masters.sort_by_key(|one| !one.key.active);
    let teams = in_use.iter().filter(|(team, _)| team.is_some()).count();
    Ok(Inventory { masters, in_use: teams, oldest: in_use.first().map(|(_, at)| *at) })
}

fn custody(portal: &Portal, key: MasterKey, present: bool, wraps: Option<Wraps>) -> Custody {
    let served = portal.vault.keepers().of(&key.id).is_some();
    let (data_keys, teams) = wraps.map(|one| (one.data_keys, one.teams)).unwrap_or_default();
    Custody { key, present, served, data_keys, teams }
}

/// The same for a page, for operators.
pub async fn list(cx: &Cx) -> Result<Inventory, AccessError> {
    access::operator(cx)?;
    Ok(inventory(&cx.portal).await?)
}
