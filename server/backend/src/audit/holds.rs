//! How long a Team's log is kept, and legal holds on it.

use model::{
    Problem, Time,
    audit::{Action, SafeText},
    ids::HoldId,
    retention::{REASON_MOST, kept_since},
    step_up::DangerousAct,
};

use super::{Event, Target, append};
use crate::{
    Cx, TeamScope,
    access::{self, AccessError},
    random,
    store::{
        audit_event,
        audit_hold::{self, By, Hold},
    },
};

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
            HoldError::Lifted => Problem::new(model::ProblemCode::Conflict, "This hold was lifted already."),
            HoldError::Access(error) => error.into(),
        }
    }
}

/// How long the Team's log is kept, and its holds.
pub async fn retention(cx: &Cx, scope: &TeamScope) -> Result<Retention, AccessError> {
    let db = cx.portal.db.reader();
    let months = cx.portal.settings.audit_retention_months;
    Ok(Retention {
        months,
        since: kept_since(cx.now(), months),
        oldest: audit_event::oldest(db, scope).await?,
        holds: audit_hold::of_team(db, scope).await?,
    })
}

/// Keeps the Team's whole log, as far as it is still there, until the hold is lifted.
#[tracing::instrument(skip_all, fields(team = %scope.team()))]
pub async fn place_hold(cx: &Cx, scope: &TeamScope, reason: &str) -> Result<HoldId, HoldError> {
    let person = access::signed_in(cx)?;
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(HoldError::ReasonMissing);
    }
    let reason = SafeText::new(reason, REASON_MOST);
    let id: HoldId = random::id(cx.now());
    let placed = By { at: cx.now(), user: person.user, name: person.email.to_string() };
    let hold = Hold { id, reason: reason.as_str().to_owned(), placed, lifted: None };
    let tx = cx.portal.db.begin().await?;
    audit_hold::insert(&*tx, scope, &hold).await?;
    append(&*tx, cx, Event::of(scope, Action::HoldPlaced).on(Target::hold(id)).with("reason", &reason)).await?;
    tx.commit().await?;
    Ok(id)
}

/// Lets the log be pruned again.
#[tracing::instrument(skip_all, fields(team = %scope.team(), hold = %id))]
pub async fn lift_hold(cx: &Cx, scope: &TeamScope, id: HoldId) -> Result<(), HoldError> {
    access::require_step_up(cx, scope, DangerousAct::LiftHold).await?;
    let person = access::signed_in(cx)?;
    let holds = audit_hold::of_team(cx.portal.db.reader(), scope).await?;
    let hold = holds.into_iter().find(|hold| hold.id == id).ok_or(AccessError::NotFound)?;
    let by = By { at: cx.now(), user: person.user, name: person.email.to_string() };
    let tx = cx.portal.db.begin().await?;
    if !audit_hold::lift(&*tx, scope, id, &by).await? {
        return Err(HoldError::Lifted);
    }
    let reason = SafeText::new(&hold.reason, REASON_MOST);
    append(&*tx, cx, Event::of(scope, Action::HoldLifted).on(Target::hold(id)).with("reason", &reason)).await?;
    Ok(tx.commit().await?)
}
