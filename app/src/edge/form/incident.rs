//! Forms about incidents.

use backend::{Cx, TeamScope, incidents::Report, store::incident::AboutTarget};
use model::incident::{self, Kind, Phase, Reach, TargetKind};
use uuid::Uuid;

use super::{
    super::{fail, refuse},
    one, time,
};
use crate::Failure;

/// What seems to have happened.
pub(crate) fn incident_kind(text: &str) -> Result<Kind, Failure> {
    one("kind", Kind::parse(text).ok_or("Choose what seems to have happened."))
}

/// What a task is for.
pub(crate) fn phase(text: &str) -> Result<Phase, Failure> {
    one("phase", Phase::parse(text).ok_or("Choose what the task is for."))
}

/// The id of what a measure is done to, of the kind that it is done to.
pub(crate) fn target_id(kind: TargetKind, text: &str) -> Result<Uuid, Failure> {
    one("target", kind.read_id(text))
}

/// What somebody reports, and what it was noticed at: a thing of the Team by its id.
pub(crate) async fn report(
    cx: &Cx,
    scope: &TeamScope,
    kind: &str,
    title: String,
    detected: &str,
    about: &str,
    severity: Option<incident::Severity>,
    restricted: bool,
) -> Result<Report, Failure> {
    let kind = incident_kind(kind)?;
    let detected_at = time("detected", detected)?;
    // What is gone by now, or never was, keeps nobody from reporting.
    let about = backend::incidents::any_target(cx, scope, about).await.map_err(fail)?.into_iter().collect();
    Ok(Report { detected_at, severity, restricted, about, ..Report::of(kind, title) })
}

/// How grave it seems by the matrix, when somebody knows what could be reached.
pub(crate) fn seeming(reach: &str, confirmed: bool) -> Result<Option<incident::Severity>, Failure> {
    if reach.is_empty() {
        return Ok(None);
    }
    let reach = one("reach", Reach::parse(reach).ok_or("Choose what could be reached."))?;
    Ok(Some(incident::Severity::of(reach, confirmed)))
}

/// A thing of the Team by its id, which must be there.
pub(crate) async fn any_target(cx: &Cx, scope: &TeamScope, text: &str) -> Result<AboutTarget, Failure> {
    let found = backend::incidents::any_target(cx, scope, text).await.map_err(fail)?;
    found.ok_or_else(|| refuse(model::Problem::of(model::ProblemCode::NotFound)))
}
