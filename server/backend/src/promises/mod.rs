//! What stands behind each promise in a Team at this moment.

mod facts;
mod finding;
mod results;

use model::{
    Time,
    audit::Action,
    promise::{Promise, Standing},
    step_up::DangerousAct,
};

use facts::Facts;
pub use results::Suite;
pub(crate) use results::{NOT_SCANNED, Scan, UNREADABLE};

use crate::{
    Cx, TeamScope,
    access::{self, AccessError},
    audit::{self, Event},
};

/// What was looked at for a promise, and how it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub standing: Standing,
    /// In words. Names, times and figures only.
    pub says: String,
    /// When it was checked; nothing when it never was.
    pub at: Option<Time>,
}

/// Every promise as it stands.
#[derive(Clone, Debug)]
pub struct Promises {
    pub findings: Vec<(Promise, Finding)>,
    /// How the test suite went last, as far as this machine knows.
    pub suite: Option<Suite>,
}

/// Looks at what is there now.
pub async fn look(cx: &Cx, scope: &TeamScope) -> Result<Promises, AccessError> {
    let facts = Facts::load(cx, scope).await?;
    let findings = Promise::ALL.iter().map(|promise| (*promise, finding::of(*promise, &facts))).collect();
    Ok(Promises { findings, suite: facts.suite })
}

/// The same for a file that is taken away, which is an event. Refuses without a fresh proof of the person.
pub async fn export(cx: &Cx, scope: &TeamScope) -> Result<Promises, AccessError> {
    access::require_step_up(cx, scope, DangerousAct::ExportPromises).await?;
    let promises = look(cx, scope).await?;
    audit::append_alone(cx, Event::of(scope, Action::PromisesExported)).await?;
    Ok(promises)
}
