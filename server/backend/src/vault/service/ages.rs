//! How old the keys of a service are, as it tells.

use model::Time;

/// When a service made its keys, and when it makes the next one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ages {
    /// A key's id, as it stands beside what it wraps, and since when that key, or its newest material, is there.
    pub made: Vec<(String, Time)>,
    /// When the service replaces it by itself; none when nobody told it to.
    pub next: Option<Time>,
}

impl Ages {
    pub fn of(&self, id: &str) -> Option<Time> {
        self.made.iter().find(|(key, _)| key == id).map(|(_, at)| *at)
    }
}
