//! The rules that look at how the log itself stands.

use chrono::Duration;
use model::{Time, alert::Rule};
use sea_orm::DbErr;

use super::{
    levels::Levels,
    sign::{About, Sign},
};
use crate::{Portal, audit, store::audit_watch};

/// What is wrong with the log. `since`: when this process began; before that nobody looked.
pub(super) async fn notice(portal: &Portal, levels: &mut Levels, since: Time) -> Result<Vec<Sign>, DbErr> {
    let db = portal.db.reader();
    let state = audit::state(portal).await?;
    let minutes = |at: Time| (state.now - at).num_minutes();
    let mut found = Vec::new();
    if let Some(newest) = audit_watch::newest(db).await? {
        found.push((Rule::LogSilent, String::new(), minutes(newest), "Nothing was recorded for"));
    }
    // What stood still while nothing ran is no news when it runs again.
    let head = state.head.map_or(since, |(_, at)| at.max(since));
    found.push((Rule::CheckpointLate, String::new(), minutes(head), "No head was signed for"));
    for witness in &state.witnesses {
        found.push((Rule::WitnessSilent, witness.name.clone(), minutes(witness.seen_at.max(since)), "It did not look for"));
    }
    let mut signs = Vec::new();
    for (rule, what, minutes, words) in found {
        let about = About::new(None, rule, &what);
        if levels.of(db, &about).await?.is_some_and(|level| minutes >= level) {
            signs.push(sign(about, what, format!("{words} {}.", spoken(minutes))));
        }
    }
    if state.foreign > 0 {
        let about = About::new(None, Rule::ForeignEvents, state.foreign);
        signs.push(sign(about, String::new(), format!("{} events.", state.foreign)));
    }
    Ok(signs)
}

pub(super) fn sign(about: About, name: String, finding: String) -> Sign {
    let finding = if name.is_empty() { finding } else { format!("{name}: {finding}") };
    Sign { about, subject: None, finding, seen: 1, fresh: 1, idx: None }
}

pub(super) fn spoken(minutes: i64) -> String {
    let time = Duration::minutes(minutes);
    if minutes < 120 { format!("{minutes} minutes") } else { format!("{} hours", time.num_hours()) }
}
