//! How long a Team's log is kept, and legal holds on it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Duration;
use model::{
    Problem, Time,
    audit::{Action, SafeText},
    ids::{HoldId, TeamId},
    retention::{REASON_MOST, kept_since},
    step_up::DangerousAct,
};

use super::{Event, Target, append};
use crate::{
    Cx, Portal, TeamScope,
    access::{self, AccessError},
    cx::SignedIn,
    random,
    store::{
        self,
        audit_event::{self, Row},
        audit_hold::{self, By, Hold},
        audit_horizon, audit_tree,
    },
};

/// Holds of one Team that stand.
const STANDING_MOST: usize = 10;
/// A hold that was lifted goes on holding for so long: nobody lifts it unnoticed.
pub const AFTER_LIFTING: Duration = Duration::days(14);

/// The Teams that the log must be kept for, by its own events in their order.
pub(super) fn standing(events: impl Iterator<Item = Row>, now: Time) -> BTreeSet<TeamId> {
    let mut holds = BTreeMap::new();
    for event in events {
        let Some((team, hold)) = event.team.zip(event.target_id) else { continue };
        match event.action {
            Action::HoldLifted if now - event.at > AFTER_LIFTING => holds.remove(&hold),
            Action::HoldLifted => None,
            _ => holds.insert(hold, team),
        };
    }
    holds.into_values().collect()
}

/// How long the log is kept.
#[derive(Clone, Debug)]
pub struct Retention {
    pub months: u32,
    /// Older events of this Team may be gone, unless a hold stands.
    pub since: Option<Time>,
    /// When the oldest event of the Team that is still there was recorded.
    pub oldest: Option<Time>,
    /// The newest first.
    pub holds: Vec<Hold>,
}

/// Why a hold was not placed or lifted.
#[derive(Debug, thiserror::Error)]
pub enum HoldError {
    #[error("a hold needs a reason")]
    ReasonMissing,
    #[error("enough holds stand")]
    TooMany,
    #[error("the hold does not stand any more")]
    Lifted,
    #[error(transparent)]
    Access(#[from] AccessError),
}

impl From<sea_orm::DbErr> for HoldError {
    fn from(error: sea_orm::DbErr) -> Self {
        HoldError::Access(error.into())
    }
}

impl From<&HoldError> for Problem {
    fn from(error: &HoldError) -> Self {
        match error {
            HoldError::ReasonMissing => Problem::field("reason", "Say why the log must be kept: an auditor reads it."),
            HoldError::TooMany => Problem::field("reason", "Ten holds stand already: one is enough to keep the log."),
            HoldError::Lifted => Problem::new(model::ProblemCode::Conflict, "This hold was lifted already."),
            HoldError::Access(error) => error.into(),
        }
    }
}

/// When the log begins, once something of it was pruned.
pub async fn kept_from(portal: &Portal) -> Result<Option<Time>, sea_orm::DbErr> {
    let db = portal.db.reader();
    if audit_horizon::last(db).await?.is_none() {
        return Ok(None);
    }
    audit_horizon::oldest(db).await
}

/// How long the Team's log is kept, and its holds.
pub async fn retention(cx: &Cx, scope: &TeamScope) -> Result<Retention, AccessError> {
    let db = &cx.portal.db.of(scope);
    let months = cx.portal.settings.audit_retention_months;
    Ok(Retention {
        months,
        since: kept_since(cx.now(), months),
        oldest: audit_event::oldest(db, scope).await?,
        holds: audit_hold::of_team(db, scope).await?,
    })
}

/// Every hold that stands in any Team, for operators.
pub async fn standing_holds(cx: &Cx) -> Result<Vec<(TeamId, Time)>, AccessError> {
    access::operator(cx)?;
    Ok(audit_hold::standing(cx.portal.db.reader()).await?)
}

/// Keeps the Team's whole log, as far as it is still there, until the hold is lifted.
#[tracing::instrument(skip_all, fields(team = %scope.team()))]
pub async fn place_hold(cx: &Cx, scope: &TeamScope, reason: &str) -> Result<HoldId, HoldError> {
    access::require_step_up(cx, scope, DangerousAct::ChangeHold).await?;
    let person = access::signed_in(cx)?;
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(HoldError::ReasonMissing);
    }
    let stand = audit_hold::of_team(&cx.portal.db.of(scope), scope).await?.iter().filter(|h| h.lifted.is_none()).count();
    if stand >= STANDING_MOST {
        return Err(HoldError::TooMany);
    }
    Ok(hold(cx, scope, person, &SafeText::new(reason, REASON_MOST)).await?)
}

/// Keeps the log for this reason, when no hold of this reason stands and a person asks.
pub(crate) async fn hold_unless_held(cx: &Cx, scope: &TeamScope, reason: &SafeText) -> Result<(), AccessError> {
    let Ok(person) = access::signed_in(cx) else { return Ok(()) };
    let holds = audit_hold::of_team(&cx.portal.db.of(scope), scope).await?;
    // One an incident: a hold for something else may be lifted.
    if holds.iter().all(|hold| hold.lifted.is_some() || hold.reason != reason.as_str()) {
        hold(cx, scope, person, reason).await?;
    }
    Ok(())
}

async fn hold(cx: &Cx, scope: &TeamScope, person: &SignedIn, reason: &SafeText) -> Result<HoldId, AccessError> {
    let id: HoldId = random::id(cx.now());
    let placed = By { at: cx.now(), user: person.user, name: person.email.to_string() };
    let hold = Hold { id, reason: reason.as_str().to_owned(), placed, lifted: None };
    let tx = cx.portal.db.begin_in(scope).await?;
    store::team::hold(&*tx, scope).await?;
    // Nothing is pruned between a hold's placing and its holding.
    audit_tree::hold_still(&*tx).await?;
    audit_hold::insert(&*tx, scope, &hold).await?;
    append(&*tx, cx, Event::of(scope, Action::HoldPlaced).on(Target::hold(id)).with("reason", reason)).await?;
    tx.commit().await?;
    Ok(id)
}

/// Lets the log be pruned again.
#[tracing::instrument(skip_all, fields(team = %scope.team(), hold = %id))]
pub async fn lift_hold(cx: &Cx, scope: &TeamScope, id: HoldId) -> Result<(), HoldError> {
    access::require_step_up(cx, scope, DangerousAct::ChangeHold).await?;
    let person = access::signed_in(cx)?;
    let holds = audit_hold::of_team(&cx.portal.db.of(scope), scope).await?;
    let hold = holds.into_iter().find(|hold| hold.id == id).ok_or(AccessError::NotFound)?;
    let by = By { at: cx.now(), user: person.user, name: person.email.to_string() };
    let tx = cx.portal.db.begin_in(scope).await?;
    if !audit_hold::lift(&*tx, scope, id, &by).await? {
        return Err(HoldError::Lifted);
    }
    let reason = SafeText::new(&hold.reason, REASON_MOST);
    append(&*tx, cx, Event::of(scope, Action::HoldLifted).on(Target::hold(id)).with("reason", &reason)).await?;
    Ok(tx.commit().await?)
}
