//! New data keys for Teams and for the installation.

use chrono::Duration;
use model::{Time, audit::Action, ids::TeamId};

use super::note;
use crate::{
    Portal,
    access::{self, AccessError},
    audit::Event,
    error::Outage,
    store::{self, data_key},
    vault::Rotated,
};

/// What giving new data keys did.
#[derive(Debug, Default)]
pub struct Renewed {
    pub done: usize,
    /// Whose data key does not open, or cannot be replaced; the installation's without a Team.
    pub failed: Vec<Option<TeamId>>,
}

/// Gives every Team whose data key is older than `days` a new one, and seals its secrets anew; the installation too. Tells whose. One
/// at a time, each whole or not at all.
pub async fn rotate_data_keys(
    portal: &Portal,
    days: i64,
    mut tell: impl FnMut(Option<TeamId>, &Rotated),
) -> Result<Renewed, Outage> {
    let then = portal.clock.now() - Duration::days(days);
    let mut all = Renewed::default();
    for (team, _) in data_key::in_use_since(portal.db.reader(), then).await? {
        match renew(portal, team, then).await {
            Ok(Some(done)) => {
                all.done += 1;
                tell(team, &done);
            }
            Ok(None) => {}
            Err(Outage::Keys(error)) if error.is_about_one_key() => all.failed.push(team),
            Err(outage) => return Err(outage),
        }
    }
    Ok(all)
}

/// Nothing when the Team ended meanwhile, or somebody else was first.
async fn renew(portal: &Portal, team: Option<TeamId>, then: Time) -> Result<Option<Rotated>, Outage> {
    portal.vault.refresh();
    let (now, tx) = (portal.clock.now(), portal.begin_to_rotate(team).await?);
    let scope = team.map(access::job);
    if let Some(scope) = &scope {
        match store::team::hold(&*tx, scope).await {
            Ok(()) => {}
            Err(AccessError::Outage(outage)) => return Err(outage),
            Err(_) => return Ok(None),
        }
    }
    if data_key::newest(&*tx, team).await?.is_none_or(|newest| newest.created_at >= then) {
        return Ok(None);
    }
    let (done, event) = match &scope {
        Some(scope) => (portal.vault.rotate(&*tx, now, scope).await?, Event::of(scope, Action::DataKeyRotated)),
        None => (portal.vault.rotate_own(&*tx, now).await?, Event::new(Action::DataKeyRotated)),
    };
    let counted = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let event = event.with("version", i64::from(done.version)).with("resealed", counted(done.resealed));
    note(portal, &tx, event.with("unopened", counted(done.unopened))).await?;
    tx.commit().await?;
    Ok(Some(done))
}
