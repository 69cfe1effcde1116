//! Data keys are wrapped anew, by the master key in use.

use model::audit::Action;

use super::{inventory, note};
use crate::{
    Portal,
    audit::Event,
    error::Outage,
    store::data_key::{self, WrappedKey},
    vault::VaultError,
};

/// Data keys that are wrapped anew in one transaction.
const AT_ONCE: u64 = 10;

/// What wrapping anew did.
#[derive(Debug, Default)]
pub struct Rewrap {
    pub done: u64,
    /// Data keys that another master key still wraps: those below, and what somebody wraps meanwhile.
    pub left: i64,
    /// Data keys that do not open, and why: altered, or what keeps their master key does not open them.
    pub failed: Vec<(WrappedKey, VaultError)>,
}

/// Wraps every data key anew with the active master key, some at a time; tells how many are done. Others work on meanwhile, and what is
/// cut off is begun again where it was: each key is wrapped by one or by the other. One that does not open holds up no other; a key
/// service that does not answer ends the run.
pub async fn rewrap(portal: &Portal, mut tell: impl FnMut(u64)) -> Result<Rewrap, Outage> {
    let (mut all, mut after) = (Rewrap::default(), None);
    loop {
        let active = portal.vault.wrapping().await?;
        let some = data_key::wrapped_by_others(portal.db.reader(), &active, after, AT_ONCE).await?;
        let Some(last) = some.last() else { break };
        after = Some(last.id);
        let mut anew = Vec::new();
        for old in some {
            match portal.vault.wrapped_anew(&old).await? {
                Ok(new) => anew.push((old, new)),
                Err(why) => all.failed.push((old, why)),
            }
        }
        all.done += swap(portal, &anew).await?;
        tell(all.done);
    }
    let masters = inventory(portal).await?.masters;
    all.left = masters.iter().filter(|one| !one.key.active).map(|one| one.data_keys).sum();
    Ok(all)
}

/// Puts new ones in the place of old ones that are there still.
async fn swap(portal: &Portal, anew: &[(WrappedKey, WrappedKey)]) -> Result<u64, Outage> {
    let tx = portal.db.begin().await?;
    let mut done = 0;
    for (old, new) in anew {
        done += u64::from(data_key::rewrap(&*tx, old, new).await?);
    }
    if done > 0 {
        let many = i64::try_from(done).unwrap_or(i64::MAX);
        note(portal, &tx, Event::new(Action::KeysRewrapped).with("data_keys", many)).await?;
    }
    tx.commit().await?;
    Ok(done)
}
