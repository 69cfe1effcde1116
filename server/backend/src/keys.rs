//! Master keys and data keys of the installation: which there are, how old, what they wrap; rotation and retirement.

use std::path::Path;

use chrono::Duration;
use model::{
    Time,
    audit::{Action, SafeText},
    ids::TeamId,
};
use sea_orm::DbErr;

use crate::{
    Cx, Portal,
    access::{self, AccessError},
    audit::{self, Event},
    error::Outage,
    store::{
        self,
        data_key::{self, Wraps},
    },
    vault::{KeyFile, KeyFileError, MasterKey, VaultError},
};

/// A key is replaced after so many days at the latest (Amazon's policy: credentials of programs every 12 months).
pub const KEY_DAYS: i32 = 365;
/// Data keys that are wrapped anew in one transaction.
const AT_ONCE: u64 = 10;
/// Every process has read the keys' file again after so long.
const SPREAD: Duration = Duration::minutes(10);

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
    /// Teams with a data key in use, and when the oldest of those was made.
    pub in_use: usize,
    pub oldest: Option<Time>,
}

/// Why a master key was not retired.
#[derive(Debug, thiserror::Error)]
pub enum RetireError {
    #[error("{0} wraps new data keys: rotate first")]
    Active(String),
    #[error("{id} still wraps {data_keys} data keys of {teams} Teams: run `portal keys rewrap` first")]
    Needed { id: String, data_keys: i64, teams: i64 },
    #[error("the active key was made less than ten minutes ago: a process may still wrap with {0}")]
    TooSoon(String),
    #[error(transparent)]
    File(#[from] KeyFileError),
    #[error("the database did not answer")]
    Database(#[from] DbErr),
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
    Ok(Inventory { masters, in_use: in_use.len(), oldest: in_use.first().map(|(_, at)| *at) })
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

/// Adds a master key to the file. Nothing is wrapped with it before [`rewrap`], or a new data key.
pub async fn rotate(portal: &Portal, file: &Path) -> Result<String, RetireError> {
    let id = KeyFile::add_master(file, portal.clock.now())?;
    portal.vault.refresh();
    note(portal, Event::new(Action::MasterKeyAdded).with("key", &SafeText::new(&id, 80))).await?;
    Ok(id)
}

/// Wraps every data key anew with the active master key, some at a time; tells how many are done. Others work on meanwhile, and what is
/// cut off is begun again where it was.
pub async fn rewrap(portal: &Portal, mut tell: impl FnMut(u64)) -> Result<u64, Outage> {
    let mut done = 0;
    loop {
        match portal.vault.rewrap_some(&portal.db, AT_ONCE).await? {
            0 => break,
            some => done += some,
        }
        tell(done);
    }
    if done > 0 {
        let many = i64::try_from(done).unwrap_or(i64::MAX);
        note(portal, Event::new(Action::KeysRewrapped).with("data_keys", many)).await?;
    }
    Ok(done)
}

/// Gives every Team whose data key is older than `days` a new one, and seals its secrets anew; tells whose. One Team at a time, each
/// whole or not at all.
pub async fn rotate_data_keys(portal: &Portal, days: i64, mut tell: impl FnMut(TeamId, usize)) -> Result<usize, Outage> {
    let now = portal.clock.now();
    let teams = data_key::in_use_since(portal.db.reader(), now - Duration::days(days)).await?;
    for (team, _) in &teams {
        let scope = access::job(*team);
        let tx = portal.db.begin().await?;
        // A Team that ended meanwhile has nothing left to seal.
        if store::team::hold(&*tx, &scope).await.is_err() {
            continue;
        }
        let done = portal.vault.rotate(&*tx, now, &scope).await?;
        let counted = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        let event = Event::of(&scope, Action::DataKeyRotated).with("version", i64::from(done.version));
        let event = event.with("resealed", counted(done.resealed)).with("unopened", counted(done.unopened));
        audit::append(&*tx, &Cx::system(portal, "keys"), event).await?;
        tx.commit().await?;
        tell(*team, done.resealed);
    }
    Ok(teams.len())
}

/// Takes a master key out of the file, for good, once nothing needs it.
pub async fn retire(portal: &Portal, file: &Path, id: &str) -> Result<(), RetireError> {
    portal.vault.refresh();
    let masters = portal.vault.master_keys();
    let active = masters.iter().find(|key| key.active);
    if active.is_some_and(|key| key.id == id) {
        return Err(RetireError::Active(id.to_owned()));
    }
    if active.and_then(|key| key.made_at).is_some_and(|made| portal.clock.now() - made < SPREAD) {
        return Err(RetireError::TooSoon(id.to_owned()));
    }
    needed(portal, id).await?;
    let before = KeyFile::load(file)?;
    KeyFile::remove_master(file, id, portal.clock.now())?;
    // Somebody may have wrapped with it meanwhile.
    if let Err(error) = needed(portal, id).await {
        before.restore(file, portal.clock.now())?;
        return Err(error);
    }
    note(portal, Event::new(Action::MasterKeyRetired).with("key", &SafeText::new(id, 80))).await?;
    Ok(())
}

async fn needed(portal: &Portal, id: &str) -> Result<(), RetireError> {
    let wraps = data_key::wraps(portal.db.reader()).await?;
    match wraps.into_iter().find(|one| one.kek_id == id) {
        Some(Wraps { kek_id: id, data_keys, teams }) => Err(RetireError::Needed { id, data_keys, teams }),
        None => Ok(()),
    }
}

async fn note(portal: &Portal, event: Event) -> Result<(), DbErr> {
    audit::append_alone(&Cx::system(portal, "keys"), event).await
}

/// Reads the keys' file again, when somebody changed it: every process does so.
pub async fn refresh(portal: Portal) -> Result<(), VaultError> {
    portal.vault.refresh();
    Ok(())
}
