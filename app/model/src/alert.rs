//! What Portal watches for. Every rule is a row of one table: what it looks for, how grave it is, what a Team may set.

mod quiet;
mod rules;

pub use quiet::{QuietHours, QuietHoursError};
pub use rules::Rule;

use chrono::Duration;
use serde::{Deserialize, Serialize};

/// How grave an alert is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing; often just what somebody meant to do.
    Notice,
    /// Look into it today.
    Warning,
    /// Look into it now. No quiet hour holds it back.
    Critical,
}

impl Severity {
    pub const ALL: [Severity; 3] = [Severity::Notice, Severity::Warning, Severity::Critical];

    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Notice => "notice",
            Severity::Warning => "warning",
            Severity::Critical => "critical",
        }
    }

    /// As people read it.
    pub fn title(self) -> &'static str {
        match self {
            Severity::Notice => "Notice",
            Severity::Warning => "Warning",
            Severity::Critical => "Critical",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.as_str() == text)
    }
}

/// Whose matter an alert is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// Those who look after one Team.
    Team,
    /// The installation's operators.
    Installation,
}

/// From how much on a rule speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Threshold {
    pub default: i32,
    pub least: i32,
    pub most: i32,
    /// What is counted, as it follows the number.
    pub unit: &'static str,
}

impl Threshold {
    /// The threshold that holds: a Team's own within its bounds, else the default.
    pub fn or_own(self, own: Option<i32>) -> i32 {
        own.unwrap_or(self.default).clamp(self.least, self.most)
    }
}

/// How often the same thing is said again after a person acknowledged it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// At its next occurrence.
    AtNext,
    /// While the state lasts, after this long.
    After(Duration),
    /// Never for the same end: what comes later has another key.
    Never,
}

/// The longest note at an acknowledgement, in characters.
pub const NOTE_MOST: usize = 500;

/// The reason that the log keeps when a canary is used.
pub const CANARY: &str = "canary";
