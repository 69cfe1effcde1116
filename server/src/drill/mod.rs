//! Drills: the real operation, by the same verbs as everything else, on something disposable: a Portal of its own in a folder that
//! is gone afterwards, with Amazon played by the simulator; or a copy of this one. What it showed is kept in the Team as an incident.

mod exercise;
mod ground;
mod notification;
mod restore;

use std::{
    fmt::Write,
    time::{Duration, Instant},
};

use backend::{
    Portal,
    incidents::{self, Rehearsed},
    store::drill::{Drill, Ended},
};
use model::{ids::TeamId, incident::DrillKind};

use crate::demo::Done;

/// No rehearsal takes so long; that of a backup grows with the database.
const LONGEST: Duration = Duration::from_secs(300);
const LONGEST_RESTORE: Duration = Duration::from_secs(45 * 60);

/// What a rehearsal showed, step by step.
#[derive(Debug, Default)]
struct Log {
    report: String,
    failed: bool,
}

impl Log {
    /// Notes a step: what must hold, whether it did, and how long it took.
    fn step(&mut self, what: &str, held: bool, since: Instant) {
        let word = if held { "ok    " } else { "FAILED" };
        // Writing into a text does not fail.
        let _ = writeln!(self.report, "{word} {:>6} ms  {what}", since.elapsed().as_millis());
        self.failed |= !held;
    }
}

/// Rehearses, and answers how it went. A rehearsal that could not be held did not go well.
pub async fn rehearse(portal: &Portal, team: TeamId, kind: DrillKind) -> Rehearsed {
    let mut log = Log::default();
    let began = Instant::now();
    let restores = kind == DrillKind::RestoreBackup;
    if restores && let Ok(Some((passed, report))) = restore::lately(portal).await {
        return Rehearsed { passed, report };
    }
    let rehearsal =
        async { if restores { restore::run(portal, team, &mut log).await } else { exercise::run(kind, &mut log).await } };
    match tokio::time::timeout(if restores { LONGEST_RESTORE } else { LONGEST }, rehearsal).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) if restores => {
            // What it says may be about other Teams.
            tracing::error!(error = %error, "the rehearsal of a backup broke off");
            log.step("the rehearsal broke off: the log of the process says why", false, began);
        }
        Ok(Err(error)) => log.step(&format!("the rehearsal broke off: {error}"), false, began),
        Err(_) => log.step("the rehearsal took too long and was given up", false, began),
    }
    let head = format!("{}, by portal {}\n\n", kind.title(), env!("CARGO_PKG_VERSION"));
    Rehearsed { passed: !log.failed, report: head + &log.report }
}

/// Runs one rehearsal of a Team and keeps it.
pub async fn run(portal: &Portal, of: &Drill) -> Result<Ended, incidents::IncidentError> {
    let went = rehearse(portal, of.team, of.kind).await;
    match incidents::keep_drill(portal, of, went.clone()).await {
        Ok(ended) => Ok(ended),
        Err(error) => {
            // How it went is said, also when it could not be kept as an incident.
            incidents::end_drill(portal, of, went).await?;
            Err(error)
        }
    }
}

/// The same from a terminal.
pub async fn run_now(portal: &Portal, team: TeamId, kind: DrillKind) -> Result<Ended, incidents::IncidentError> {
    let begun = incidents::begin_drill(portal, team, kind).await?;
    run(portal, &begun).await
}

/// Runs what Teams have asked for: a job of the worker.
pub async fn run_asked(portal: Portal) -> Result<(), incidents::IncidentError> {
    while let Some(next) = incidents::next_drill(&portal).await? {
        run(&portal, &next).await?;
    }
    Ok(())
}
