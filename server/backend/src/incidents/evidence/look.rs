//! The daily look at every piece.

use chrono::{Duration, Timelike};
use model::{audit::Action, ids::EvidenceId, incident::CustodyAct};
use sea_orm::DbErr;

use super::{super::scope, sound::sound};
use crate::{
    Cx, Portal, access, alerts,
    audit::append,
    error::Outage,
    store::{
        evidence::{self, Custody, Due},
        incident,
    },
};

/// How often each piece is looked at.
const LOOK_EVERY: Duration = Duration::hours(24);
/// Pieces of one turn of the job.
const AT_ONCE: u64 = 50;

/// Looks at every piece once a day, and whether one is gone that the log speaks of. One that cannot be looked at keeps no other
/// from it. Which are looked at is asked of their custody, and for those whose hour it is of nobody: whoever owns the database can
/// write that a piece was looked at.
pub async fn check_evidence(portal: &Portal) -> Result<(), Outage> {
    let cx = Cx::system(portal, "evidence");
    let (db, now) = (portal.db.reader(), portal.clock.now());
    let mut due = evidence::unchecked_since(db, now - LOOK_EVERY, now, AT_ONCE).await?;
    let hour = now.hour();
    let others = evidence::every(db).await?.into_iter().filter(|one| hour_of(one.id) == hour);
    for one in others {
        if due.iter().any(|other| other.id == one.id) {
            continue;
        }
        match is_sound(portal, &one).await {
            // A look that finds it sound is in nobody's way.
            Ok(true) => {}
            Ok(false) => due.push(one),
            Err(outage) => not_looked_at(&one, &outage),
        }
    }
    for due in due {
        if let Err(outage) = check(&cx, &due).await {
            not_looked_at(&due, &outage);
        }
    }
    for (evidence, incident) in evidence::vanished(db, AT_ONCE).await? {
        alerts::evidence_does_not_hold(portal, incident, &evidence, "is gone").await?;
    }
    Ok(())
}

fn not_looked_at(due: &Due, outage: &Outage) {
    tracing::error!(evidence = %due.id, error = outage as &dyn std::error::Error, "evidence was not looked at");
}

/// The hour of the day at which a piece is looked at, whatever its custody says.
fn hour_of(id: EvidenceId) -> u32 {
    u32::from(id.0.as_bytes()[15]) % 24
}

/// What does not read as evidence is not what was written; a database that does not answer says nothing.
async fn is_sound(portal: &Portal, due: &Due) -> Result<bool, Outage> {
    match evidence::any(portal.db.reader(), due.id).await {
        Ok(Some(piece)) => Ok(sound(portal, &piece).await?.is_some()),
        Ok(None) | Err(DbErr::Type(_) | DbErr::Custom(_)) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// What is damaged is in its custody record, in the log, and told to the operators.
async fn check(cx: &Cx, due: &Due) -> Result<(), Outage> {
    let (portal, team) = (cx.portal.clone(), access::job(due.team));
    let is_sound = is_sound(&portal, due).await?;
    let act = if is_sound { CustodyAct::Checked } else { CustodyAct::Damaged };
    let tx = portal.db.begin().await?;
    let custody = Custody { act, at: cx.now(), by: None, name: "Portal".to_owned() };
    evidence::add_custody(&*tx, due.id, due.team, &custody).await?;
    if !is_sound && let Some(incident) = incident::by_id(&*tx, &team, due.incident).await? {
        let event = scope::own(&team, &incident, Vec::new()).event(Action::EvidenceDamaged);
        append(&*tx, cx, event.with("evidence", due.id).failed("damaged")).await?;
    }
    tx.commit().await?;
    if !is_sound {
        tracing::error!(evidence = %due.id, "evidence is damaged");
        alerts::evidence_does_not_hold(&portal, due.incident, &due.id.to_string(), "is damaged").await?;
    }
    Ok(())
}
