use model::{
    audit::{Action, SafeText},
    incident::{Severity, TEXT_MOST},
};

use super::{IncidentError, IncidentScope, text};
use crate::{
    Cx,
    audit::append,
    store::incident::{self, Incident},
};

async fn change(
    cx: &Cx,
    scope: &IncidentScope,
    how: impl FnOnce(Incident) -> Incident,
    what: &'static str,
    to: &str,
) -> Result<(), IncidentError> {
    let tx = cx.portal.db.begin().await?;
    let held = scope.held(&tx).await?;
    if held.incident().progress.state.is_over() {
        return Err(IncidentError::Over);
    }
    let changed = held.with(how(held.incident().clone()));
    incident::write(&*tx, &changed, changed.incident()).await?;
    // As it is from now on: that an incident is restricted is not the Team's to read.
    let event = changed.event(Action::IncidentChanged).with("what", what).with("to", &SafeText::new(to, 100));
    append(&*tx, cx, event).await?;
    Ok(tx.commit().await?)
}

/// Sets how grave it is.
pub async fn set_severity(cx: &Cx, scope: &IncidentScope, severity: Severity) -> Result<(), IncidentError> {
    change(cx, scope, |before| Incident { severity, ..before }, "severity", severity.as_str()).await
}

/// Closes it to those who have no part in it, or opens it.
pub async fn set_restricted(cx: &Cx, scope: &IncidentScope, restricted: bool) -> Result<(), IncidentError> {
    let to = if restricted { "yes" } else { "no" };
    change(cx, scope, |before| Incident { restricted, ..before }, "restricted", to).await
}

/// Says why Amazon need not be told: its clock stops.
pub async fn settle_amazon(cx: &Cx, scope: &IncidentScope, how: &str) -> Result<(), IncidentError> {
    let how = text::lines("how", how, TEXT_MOST)?;
    let now = cx.now();
    change(cx, scope, |before| Incident { amazon: Some((now, how)), ..before }, "amazon", "settled").await
}
