//! Which keys there are, how old they are, and what they wrap.

use model::Time;
use sea_orm::DbErr;

use crate::{
    Cx, Portal,
    access::{self, AccessError},
    store::data_key::{self, Wraps},
    vault::MasterKey,
};

/// A master key and what it wraps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Custody {
    pub key: MasterKey,
    /// In this process's file; what is not there opens nothing here.
    pub present: bool,
    pub data_keys: i64,
    pub teams: i64,
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
        masters.push(custody(key, true, at.map(|at| wraps.remove(at))));
    }
    for one in wraps {
        let made_at = crate::vault::made_at(&one.kek_id);
        let key = MasterKey { id: one.kek_id.clone(), active: false, made_at };
        masters.push(custody(key, false, Some(one)));
    }
    let teams = in_use.iter().filter(|(team, _)| team.is_some()).count();
    Ok(Inventory { masters, in_use: teams, oldest: in_use.first().map(|(_, at)| *at) })
}

fn custody(key: MasterKey, present: bool, wraps: Option<Wraps>) -> Custody {
    let (data_keys, teams) = wraps.map(|one| (one.data_keys, one.teams)).unwrap_or_default();
    Custody { key, present, data_keys, teams }
}

/// The same for a page, for operators.
pub async fn list(cx: &Cx) -> Result<Inventory, AccessError> {
    access::operator(cx)?;
    Ok(inventory(&cx.portal).await?)
}
