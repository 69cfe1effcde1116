//! Incidents: what may have gone wrong with credentials, from the report to the lessons.

pub mod clock;
pub mod drill;
pub mod evidence;
pub mod lessons;
pub mod measure;
pub mod metrics;
pub mod notice;
pub mod open;
pub mod playbook;
pub mod severity;
pub mod state;
pub mod task;
pub mod template;

use serde::{Deserialize, Serialize};

pub use clock::{Clock, ClockKind, Running};
pub use drill::DrillKind;
pub use evidence::{CustodyAct, EvidenceKind};
pub use measure::{MeasureKind, MeasureState, TargetKind};
pub use notice::{NoticeRefused, NoticeState, Track};
pub use open::{Open, Unready};
pub use playbook::{Phase, Planned};
pub use severity::{Reach, Severity};
use state::words;
pub use state::{LINE, Progress, State, Step, StepRefused};
pub use task::TaskState;

use crate::{Role, ids::IncidentId};

/// Letters of a title, and of what people write at length.
pub const TITLE_MOST: usize = 120;
pub const TEXT_MOST: usize = 4000;

words! {
    /// What seems to have happened.
    Kind {
        LeakedSecret "leaked_secret" "A secret leaked";
        StolenSession "stolen_session" "Somebody acts as somebody else";
        MisusedGateway "misused_gateway" "A gateway is misused";
        DatabaseAccess "database_access" "Somebody may have read the database";
        LostDevice "lost_device" "A device was lost";
        AmazonRequest "amazon_request" "Amazon asks";
        Other "other" "Something else";
    }
}

impl Kind {
    /// How grave it is taken to be until somebody has judged it.
    pub fn first_severity(self) -> Severity {
        match self {
            Kind::DatabaseAccess | Kind::LeakedSecret => Severity::Sev2,
            Kind::StolenSession | Kind::MisusedGateway | Kind::AmazonRequest => Severity::Sev3,
            Kind::LostDevice | Kind::Other => Severity::Sev4,
        }
    }
}

words! {
    /// Who does what in an incident; one person each.
    Duty {
        Commander "commander" "Commander";
        Deputy "deputy" "Deputy";
        Scribe "scribe" "Scribe";
        Liaison "liaison" "Liaison";
    }
}

impl Duty {
    /// What it is for.
    pub fn purpose(self) -> &'static str {
        match self {
            Duty::Commander => "decides, and answers for the incident",
            Duty::Deputy => "stands in for the commander",
            Duty::Scribe => "writes down what happens",
            Duty::Liaison => "speaks with Amazon and those concerned",
        }
    }
}

words! {
    /// What somebody wrote into the timeline.
    EntryKind {
        Note "note" "Note";
        Decision "decision" "Decision";
        Update "update" "Word to those concerned";
        Correction "correction" "Correction";
    }
}

/// How people name an incident: not by a number, which would tell how many there are.
pub fn code(id: IncidentId) -> String {
    let hex = id.0.simple().to_string();
    format!("INC-{}", hex[hex.len() - 6..].to_uppercase())
}

/// Who may see a restricted incident: owners, whoever reported it, whoever has a duty in it.
pub fn may_see(is_restricted: bool, role: Option<Role>, has_part: bool) -> bool {
    !is_restricted || has_part || role == Some(Role::Owner)
}
