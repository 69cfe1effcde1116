//! What a rule noticed, before it is an alert.

use model::{alert::Rule, ids::TeamId};
use uuid::Uuid;

use crate::store::{alert::Subject, audit_watch::Group};

/// One rule about one subject.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct About {
    pub team: Option<TeamId>,
    pub rule: Rule,
    /// The subject's id; for ends, also which end.
    pub what: String,
}

impl About {
    pub fn new(team: Option<TeamId>, rule: Rule, what: impl ToString) -> Self {
        Self { team, rule, what: what.to_string() }
    }

    /// By which an open alert is found again.
    pub fn key(&self) -> String {
        let team = self.team.map_or_else(|| "installation".to_owned(), |team| team.to_string());
        format!("{team}:{}:{}", self.rule.as_str(), self.what)
    }
}

/// Something that was noticed.
#[derive(Clone, Debug)]
pub(super) struct Sign {
    pub about: About,
    pub subject: Option<Subject>,
    /// In words. Names and figures only.
    pub finding: String,
    /// How often it is known to have happened, when it is told for the first time.
    pub seen: i64,
    /// How often since the turn before: what is added where an alert is open.
    pub fresh: i64,
    /// The place of the event that it was noticed by.
    pub idx: Option<u64>,
}

/// Who acted in these events.
pub(super) fn actor(group: &Group) -> Option<Subject> {
    let id = group.actor?;
    Some(Subject { kind: group.actor_kind.clone(), id, name: group.actor_name.clone() })
}

/// What these events are about.
pub(super) fn target(group: &Group) -> Option<Subject> {
    let (id, kind) = group.target.zip(group.target_kind.clone())?;
    Some(Subject { kind, id, name: group.target_name.clone().unwrap_or_default() })
}

/// A detail of these events, when a rule reads their details.
pub(super) fn detail(group: &Group, key: &str) -> Option<String> {
    let details: serde_json::Value = serde_json::from_str(&group.details).ok()?;
    details[key].as_str().map(str::to_owned)
}

/// The subject of the key that was shown.
pub(super) fn key(group: &Group) -> Option<Subject> {
    let id: Uuid = group.credential?;
    Some(Subject { kind: "gateway_key".to_owned(), id, name: group.actor_name.clone() })
}
