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

async fn store(
    cx: &Cx,
    scope: &IncidentScope,
    changed: Incident,
    what: &'static str,
    to: &str,
) -> Result<(), IncidentError> {
    if scope.incident().progress.state.is_over() {
        return Err(IncidentError::Over);
    }
    let tx = cx.portal.db.begin().await?;
    incident::write(&*tx, scope, &changed).await?;
    let event = scope.event(Action::IncidentChanged).with("what", what).with("to", &SafeText::new(to, 100));
    append(&*tx, cx, event).await?;
    Ok(tx.commit().await?)
}

/// Sets how grave it is.
pub async fn set_severity(cx: &Cx, scope: &IncidentScope, severity: Severity) -> Result<(), IncidentError> {
    let changed = Incident { severity, ..scope.incident().clone() };
    store(cx, scope, changed, "severity", severity.as_str()).await
}

/// Closes it to those who have no part in it, or opens it.
pub async fn set_restricted(cx: &Cx, scope: &IncidentScope, restricted: bool) -> Result<(), IncidentError> {
    let changed = Incident { restricted, ..scope.incident().clone() };
    store(cx, scope, changed, "restricted", if restricted { "yes" } else { "no" }).await
}

/// Says that Amazon was told, or why it need not be: its clock stops.
pub async fn settle_amazon(cx: &Cx, scope: &IncidentScope, how: &str) -> Result<(), IncidentError> {
    let how = text::lines("how", how, TEXT_MOST)?;
    let changed = Incident { amazon: Some((cx.now(), how)), ..scope.incident().clone() };
    store(cx, scope, changed, "amazon", "settled").await
}
