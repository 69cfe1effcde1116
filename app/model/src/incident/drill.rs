//! Rehearsals, and how old the plan may be.

use chrono::Duration;
use serde::{Deserialize, Serialize};

use super::state::words;
use crate::Time;

words! {
    /// What is rehearsed.
    DrillKind {
        RevokeKey "revoke_key" "Revoke a gateway key";
        RotateSecret "rotate_secret" "Rotate a client secret";
        ReplayNotification "replay_notification" "Replay a malformed notification";
        RestoreBackup "restore_backup" "Restore a backup";
    }
}

impl DrillKind {
    /// What it does, before somebody runs it.
    pub fn meaning(self) -> &'static str {
        match self {
            DrillKind::RevokeKey => {
                "A key that fetches a credential is revoked as a measure of an incident: it is refused from then on, and evidence was taken."
            }
            DrillKind::ReplayNotification => {
                "A notification is sent again, altered, long after its time and with a revoked key: one is kept, the rest is refused and recorded."
            }
            DrillKind::RestoreBackup => {
                "This installation is backed up and restored into an empty database: rows, the log's signed head and secrets are compared, and all of it is thrown away."
            }
            DrillKind::RotateSecret => {
                "Amazon makes a new client secret; it is stored, proved and promoted as a measure, and no credential fails meanwhile."
            }
        }
    }
}

/// Each kind is rehearsed so often, in days: every quarter.
pub const DRILL_DAYS: i32 = 92;
/// The plan is looked at so often, in days: every half year.
pub const PLAN_DAYS: i32 = 183;

/// Days since then; what never happened counts from when it could have.
pub fn days_since(last: Option<Time>, since: Time, now: Time) -> i64 {
    (now - last.unwrap_or(since)).num_days()
}

/// When it is due.
pub fn due_at(last: Option<Time>, since: Time, days: i32) -> Time {
    last.unwrap_or(since) + Duration::days(days.into())
}
