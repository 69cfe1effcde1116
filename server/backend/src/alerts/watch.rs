//! The watch: reads what the log has new, keeps the figures by the day, and raises what the rules notice.

use std::collections::{BTreeMap, BTreeSet};

use model::{Time, audit::Action};
use uuid::Uuid;

use super::{
    events,
    levels::Levels,
    networks,
    raise::{open, raise},
    states,
};
use crate::{
    Cx, Portal,
    audit::{self, Event},
    error::Outage,
    store::{
        audit_tally::{self, Kind},
        audit_watch::{self, Group, Recent},
        audit_word::{self, Word},
        key_network,
    },
};

/// Events of one turn.
const MOST: u64 = 10_000;
/// So often the log says that it is alive.
const HEARTBEAT: chrono::Duration = chrono::Duration::minutes(15);

/// The watch of one process.
#[derive(Clone, Debug)]
pub struct Watch {
    pub(crate) portal: Portal,
    /// When it began.
    since: Time,
}

impl Watch {
    pub fn new(portal: &Portal) -> Self {
        Self { portal: portal.clone(), since: portal.clock.now() }
    }

    /// Reads on to the end of the log, and looks at how the log itself stands.
    pub async fn run(&self) -> Result<(), Outage> {
        // How the log stands is looked at also when it cannot be read.
        let signs = states::notice(&self.portal, &mut Levels::default(), self.since).await?;
        open(&self.portal, signs).await?;
        heartbeat(&self.portal).await?;
        while turn(&self.portal).await? >= MOST {}
        Ok(())
    }
}

/// One transaction for what was read: whoever moves the mark on has counted and raised all before it.
async fn turn(portal: &Portal) -> Result<u64, Outage> {
    let db = portal.db.reader();
    let from = audit_watch::next(db).await?;
    let end = audit_watch::end(db, from, MOST).await?;
    if end <= from {
        return Ok(0);
    }
    let groups = audit_watch::groups(db, from, end).await?;
    let mut levels = Levels::default();
    let mut signs = events::notice(db, &mut levels, &groups).await?;
    let fresh = networks::fresh(db, &groups).await?;
    for sign in fresh.iter().filter_map(|fresh| fresh.sign.clone()) {
        if levels.of(db, &sign.about).await?.is_some() {
            signs.push(sign);
        }
    }
    let cx = Cx::system(portal, "watch");
    let tx = portal.db.begin().await?;
    if !audit_watch::advance(&*tx, from, end).await? {
        return Ok(0);
    }
    audit_tally::add(&*tx, tally(&groups)).await?;
    audit_word::add(&*tx, words(&groups)).await?;
    for fresh in fresh {
        key_network::note(&*tx, fresh.team, fresh.key, &fresh.network, fresh.at).await?;
    }
    for sign in signs {
        raise(&tx, &cx, sign).await?;
    }
    tx.commit().await?;
    Ok(end - from)
}

fn tally(groups: &[Group]) -> BTreeMap<Kind, i64> {
    let mut counts = BTreeMap::new();
    for group in groups {
        if let Some(team) = group.team {
            // What was only asked for may be anything: it is counted as nothing in particular.
            let target = group.target.filter(|_| group.target_name.is_some()).unwrap_or_default();
            let actor = group.actor.unwrap_or_default();
            *counts.entry((team, group.day.clone(), group.action, group.outcome, actor, target)).or_default() +=
                group.events;
        }
    }
    counts
}

/// What free text is looked for in.
fn words(groups: &[Group]) -> BTreeSet<Word> {
    let mut words = BTreeSet::new();
    for group in groups {
        let Some(team) = group.team else { continue };
        let mut add = |field, word: Option<&String>, id: Option<Uuid>| {
            words.extend(word.map(|word| (team, field, word.clone(), id.unwrap_or_default())));
        };
        add("actor", Some(&group.actor_name).filter(|_| group.actor.is_some()), group.actor);
        add("target", group.target_name.as_ref().filter(|_| group.target.is_some()), group.target);
        add("reason", group.reason.as_ref(), None);
        add("address", group.address.as_ref(), None);
    }
    words
}

/// Writes an event of its own when the last one is old: so silence always means something.
async fn heartbeat(portal: &Portal) -> Result<(), Outage> {
    let now = portal.clock.now();
    let beats = Recent { actions: &[Action::LogHeartbeat], ..Recent::default() };
    if audit_watch::count(portal.db.reader(), &beats, now - HEARTBEAT, now, 1).await? == 0 {
        audit::append_alone(&Cx::system(portal, "watch"), Event::new(Action::LogHeartbeat)).await?;
    }
    Ok(())
}
