//! What a bundle says of its incident: the same facts as JSON and as a page.

use model::{
    Time,
    audit::Digest,
    incident::{
        CustodyAct, Duty, EntryKind, EvidenceKind, Kind, MeasureKind, MeasureState, NoticeState, Phase, Severity, State,
        TaskState, Track,
    },
};
use serde::Serialize;

/// An incident as a whole.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Document {
    /// `portal-incident`
    pub format: &'static str,
    pub v: u8,
    pub bundled_at: Time,
    pub bundled_by: String,
    pub id: String,
    /// By which people name it.
    pub code: String,
    pub team: String,
    pub team_name: String,
    pub title: String,
    pub kind: Kind,
    pub severity: Severity,
    pub state: State,
    pub restricted: bool,
    pub drill: bool,
    /// When it began, as far as people found out.
    pub began_at: Option<Time>,
    pub detected_at: Time,
    pub reported_at: Time,
    pub reported_by: String,
    /// When and how Amazon was told, or why it need not be.
    pub amazon: Option<(Time, String)>,
    /// It was told: the other way is that it need not be.
    pub amazon_told: bool,
    /// The Team's management point of contact, in one line.
    pub contact: String,
    /// What it is about, as "Connection: Shop".
    pub about: Vec<String>,
    pub duties: Vec<(Duty, String)>,
    pub steps: Vec<Step>,
    pub entries: Vec<Entry>,
    pub measures: Vec<Measure>,
    pub tasks: Vec<Task>,
    pub notices: Vec<Notice>,
    pub post_mortem: Option<PostMortem>,
    pub action_items: Vec<ActionItem>,
    pub evidence: Vec<Evidence>,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct Step {
    pub state: State,
    pub at: Time,
    pub by: String,
    pub note: String,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct Entry {
    pub kind: EntryKind,
    pub at: Time,
    pub written_at: Time,
    pub by: String,
    pub text: String,
    /// Who corrected it, when, and how.
    pub corrections: Vec<(String, Time, String)>,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct Measure {
    pub kind: MeasureKind,
    pub target: String,
    pub state: MeasureState,
    pub ordered_at: Time,
    pub ordered_by: String,
    pub done_at: Option<Time>,
    pub result: String,
    /// When a lock was lifted, or the measure withdrawn, and by whom.
    pub lifted: Option<(Time, String)>,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct Task {
    pub phase: Phase,
    pub title: String,
    pub due_at: Time,
    pub owner: Option<String>,
    pub state: TaskState,
    pub note: String,
    pub ended: Option<(Time, String)>,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct Notice {
    pub track: Track,
    pub state: NoticeState,
    pub to: Vec<String>,
    pub subject: String,
    pub text: String,
    /// It speaks in Amazon's name, by this written request of Amazon's.
    pub for_amazon: Option<String>,
    pub written: (Time, String),
    pub approved: Option<(Time, String)>,
    /// When, by whom, and how.
    pub sent: Option<(Time, String, String)>,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct PostMortem {
    pub what_happened: String,
    pub impact: String,
    pub cause: String,
    pub went_well: String,
    pub went_badly: String,
    pub written: (Time, String),
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct ActionItem {
    pub title: String,
    pub owner: String,
    pub due_at: Time,
    pub done: Option<(Time, String)>,
}

/// A piece of evidence, and where in the bundle it is.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Evidence {
    pub kind: EvidenceKind,
    pub name: String,
    /// Its place in the bundle; nothing when it was damaged.
    pub file: Option<String>,
    pub media: String,
    pub bytes: i64,
    pub sha256: Digest,
    pub taken_at: Time,
    pub taken_by: String,
    /// The event in the log that holds its hash.
    pub event: String,
    pub custody: Vec<(CustodyAct, Time, String)>,
}
