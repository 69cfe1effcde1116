use model::{
    Time,
    audit::{Action, Detail},
    incident::{Severity, TEXT_MOST},
    step_up::DangerousAct,
};

use super::{IncidentError, IncidentScope, evidence, text};
use crate::{
    Cx, access,
    audit::append,
    store::incident::{self, Incident},
};

async fn change(
    cx: &Cx,
    scope: &IncidentScope,
    how: impl FnOnce(Incident) -> Result<Incident, IncidentError>,
    what: &'static str,
    to: impl Into<Detail>,
) -> Result<(), IncidentError> {
    let tx = cx.portal.db.begin_in(scope).await?;
    let held = scope.open(&tx).await?;
    let changed = held.with(how(held.incident().clone())?);
    incident::write(&*tx, &changed, changed.incident()).await?;
    // As it is from now on: that an incident is restricted is not the Team's to read.
    let event = changed.event(Action::IncidentChanged).with("what", what).with("to", to);
    append(&*tx, cx, event).await?;
    Ok(tx.commit().await?)
}

/// Sets how grave it is.
pub async fn set_severity(cx: &Cx, scope: &IncidentScope, severity: Severity) -> Result<(), IncidentError> {
    change(cx, scope, |before| Ok(Incident { severity, ..before }), "severity", severity.as_str()).await
}

/// Says when it began, as far as people found out: before it was detected.
pub async fn set_beginning(cx: &Cx, scope: &IncidentScope, began_at: Time) -> Result<(), IncidentError> {
    let how = |before: Incident| match began_at > before.detected_at {
        true => Err(IncidentError::Beginning),
        false => Ok(Incident { began_at: Some(began_at), ..before }),
    };
    change(cx, scope, how, "began", began_at).await
}

/// Closes it to those who have no part in it, or opens it.
pub async fn set_restricted(cx: &Cx, scope: &IncidentScope, restricted: bool) -> Result<(), IncidentError> {
    let to = if restricted { "yes" } else { "no" };
    change(cx, scope, |before| Ok(Incident { restricted, ..before }), "restricted", to).await?;
    // What the Team may know of, its log is kept for.
    if !restricted && !evidence::locker(cx, scope).await?.is_empty() {
        let open = scope.with(Incident { restricted, ..scope.incident().clone() });
        evidence::hold_log(cx, &open).await?;
    }
    Ok(())
}

/// Says why Amazon need not be told, with a fresh proof: its clock stops.
pub async fn settle_amazon(cx: &Cx, scope: &IncidentScope, how: &str) -> Result<(), IncidentError> {
    access::require_step_up(cx, scope.team(), DangerousAct::SettleAmazon).await?;
    let how = text::lines("how", how, TEXT_MOST)?;
    let now = cx.now();
    // Once told is told.
    let settled = |before: Incident| match before.amazon_told {
        true => Err(IncidentError::Changed),
        false => Ok(Incident { amazon: Some((now, how)), ..before }),
    };
    change(cx, scope, settled, "amazon", "settled").await
}
