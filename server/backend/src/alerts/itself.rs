//! What the watch cannot notice, since it is what stands still, or what signs the log and will not.

use model::{Time, alert::Rule, ids::IncidentId, incident::code};

use super::{
    levels::Levels,
    raise::open,
    sign::About,
    states::{sign, spoken},
};
use crate::{Portal, error::Outage, store::audit_watch};

/// Raises an alert when the watch has left an event unread for too long. `since`: when this process began; before that nobody
/// could read.
pub(crate) async fn watch_itself(portal: &Portal, since: Time) -> Result<(), Outage> {
    let db = portal.db.reader();
    let Some(at) = audit_watch::unread_since(db).await? else { return Ok(()) };
    let minutes = (portal.clock.now() - at.max(since)).num_minutes();
    let about = About::new(None, Rule::WatchLate, "");
    let late = Levels::default().of(db, &about).await?.is_some_and(|level| minutes >= level);
    let signs = late.then(|| sign(about, String::new(), format!("An event has waited for {}.", spoken(minutes))));
    open(portal, signs.into_iter().collect()).await
}

/// Raises an alert of evidence that is not what was taken in: one a piece.
pub(crate) async fn evidence_does_not_hold(
    portal: &Portal,
    incident: IncidentId,
    piece: &str,
    how: &'static str,
) -> Result<(), Outage> {
    let about = About::new(None, Rule::EvidenceDamaged, piece);
    // By its code: what it is about is not the installation's to read.
    let found = format!("{piece} of {} {how}.", code(incident));
    open(portal, vec![sign(about, String::new(), found)]).await
}

/// Raises an alert of a log that is not what was recorded or signed: whoever found it goes on with nothing.
pub(crate) async fn log_does_not_hold(portal: &Portal, found: String) -> Result<(), Outage> {
    let about = About::new(None, Rule::LogDamaged, "");
    open(portal, vec![sign(about, String::new(), found)]).await
}
