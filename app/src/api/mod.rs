//! Server functions and what they carry: one file an area. A server function is an edge: it gets the context, enters the
//! Team, calls one verb and answers. It holds no rule.

pub mod access_reviews;
pub mod account;
pub mod alerts;
pub mod approvals;
pub mod apps;
pub mod connections;
pub mod evidence;
pub mod gateways;
pub mod impersonations;
pub mod incidents;
pub mod lessons;
pub mod log;
pub mod login;
pub mod measures;
pub mod metrics;
pub mod notices;
pub mod notifications;
pub mod passkeys;
pub mod places;
pub mod profiles;
pub mod promises;
pub mod reach;
pub mod readiness;
pub mod retention;
pub mod reviews;
pub mod tasks;
pub mod teams;
pub mod webhooks;

use model::{
    Environments, Role,
    amazon::ClockLevel,
    ids::{ImpersonationId, TeamId},
};
use serde::{Deserialize, Serialize};

/// A time in words, with the absolute time behind it. Formatted on the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    pub iso: String,
    pub absolute: String,
    pub words: String,
}

/// A clock that runs out: a client secret, an authorization, a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Countdown {
    pub ends: Moment,
    pub days_left: i64,
    pub of_days: i64,
    pub level: ClockLevel,
}

impl Countdown {
    pub fn words(&self) -> String {
        match self.days_left {
            ..=0 => format!("ended {}", self.ends.words),
            1 => "1 day left".to_owned(),
            days => format!("{days} days left"),
        }
    }
}

/// The signed-in person, as every page's frame shows them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Viewer {
    pub email: String,
    pub is_operator: bool,
    pub teams: Vec<TeamItem>,
    pub theme: String,
    /// Amazon is played by the simulator.
    pub simulated: bool,
    /// Captured mail can be read at `/dev/mailbox`.
    pub mailbox: bool,
    /// Seconds for which a fresh proof of the person is at hand; and one that was a passkey.
    pub stepped_up: Option<i64>,
    pub stepped_up_by_passkey: Option<i64>,
    /// The person has a passkey.
    pub has_passkey: bool,
    /// The Team that this operator looks into.
    pub support: Option<SupportItem>,
}

/// What an operator looks into, and until when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SupportItem {
    pub id: ImpersonationId,
    pub team: TeamId,
    pub name: String,
    /// Who approved it.
    pub owner: String,
    pub until: Moment,
}

/// A Team in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeamItem {
    pub id: TeamId,
    pub name: String,
    pub role: Role,
    pub environments: Environments,
    /// The Team requires passkeys of its owners and admins; and so of the viewer.
    pub passkeys_required: bool,
    pub by_passkey: bool,
    /// The operator who looks into the Team now, and until when.
    pub looked_into: Option<(String, Moment)>,
}
