//! Opening Reviews of the periods that are over.

use std::collections::BTreeSet;

use model::{
    Time,
    audit::{Action, SafeText},
    ids::{EventId, TeamId},
    review::{SAMPLE, periods},
};
use sea_orm::DbErr;

use crate::{
    Cx, Portal, access,
    audit::{self, Event, Target},
    error::Outage,
    random,
    store::{
        audit_event,
        review::{self, Review},
    },
};

/// Opens what is due, of every Team.
pub(crate) async fn open_due(portal: &Portal) -> Result<(), Outage> {
    let now = portal.clock.now();
    for (team, since) in review::last_ends(portal.db.reader()).await? {
        // Of the one that fails the others hear nothing.
        if let Err(error) = open_of(portal, team, since, now).await {
            tracing::error!(%team, error = &error as &dyn std::error::Error, "a Review was not opened");
        }
    }
    Ok(())
}

async fn open_of(portal: &Portal, team: TeamId, since: Time, now: Time) -> Result<(), Outage> {
    for (from, until) in periods(since, now) {
        open(portal, team, from, until, now).await?;
    }
    Ok(())
}

async fn open(portal: &Portal, team: TeamId, from: Time, until: Time, now: Time) -> Result<(), Outage> {
    let sample = draw(portal, team, from, until).await?;
    let new = Review { id: random::id(now), from, until, opened_at: now, sample, signed: None };
    let tx = portal.db.begin_in(&access::job(team)).await?;
    if !review::insert(&*tx, team, &new).await? {
        return Ok(());
    }
    let event = Event::of(&access::job(team), Action::ReviewOpened).on(Target::review(new.id, from, until));
    let drawn = new.sample.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let event = event.with("sample", &SafeText::new(&drawn, 300));
    audit::append(&*tx, &Cx::system(portal, "reviews"), event).await?;
    Ok(tx.commit().await?)
}

/// Events drawn by lot: each of the period as likely as any other.
async fn draw(portal: &Portal, team: TeamId, from: Time, until: Time) -> Result<Vec<EventId>, DbErr> {
    let scope = access::job(team);
    let db = &portal.db.of(&scope);
    let all = audit_event::count_between(db, &scope, from, until).await?;
    let mut places = BTreeSet::new();
    while places.len() < SAMPLE.min(usize::try_from(all).unwrap_or(SAMPLE)) {
        places.insert(all * u64::from(random::dice()) / (u64::from(u32::MAX) + 1));
    }
    let mut drawn = Vec::with_capacity(places.len());
    for place in places {
        drawn.extend(audit_event::nth_between(db, &scope, from, until, place).await?);
    }
    Ok(drawn)
}
