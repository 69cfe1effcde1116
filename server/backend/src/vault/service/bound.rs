//! What a wrapped data key is bound to.

use std::collections::HashMap;

use model::ids::{DataKeyId, TeamId};

use crate::{store::data_key::WrappedKey, vault::canonical};

/// Wrapped for another key, Team or version it does not open.
#[derive(Clone, Copy, Debug)]
pub struct Bound {
    pub key: DataKeyId,
    pub team: Option<TeamId>,
    pub version: i32,
}

impl Bound {
    pub fn of(row: &WrappedKey) -> Self {
        Self { key: row.id, team: row.team, version: row.version }
    }

    /// To no Team's key.
    pub fn nothing(key: DataKeyId) -> Self {
        Self { key, team: None, version: 0 }
    }

    /// As bytes, for services that take associated data.
    pub fn bytes(self) -> Vec<u8> {
        let team = self.team.as_ref().map_or(&[] as &[u8], |team| team.0.as_bytes());
        canonical::encode(&[b"portal data key", self.key.0.as_bytes(), team, &self.version.to_be_bytes()])
    }

    /// As names and values, for services that take those; they stand in the service's own log.
    pub fn pairs(self) -> HashMap<String, String> {
        let team = self.team.map_or("installation".to_owned(), |team| team.to_string());
        let pairs = [("data_key", self.key.to_string()), ("team", team), ("version", self.version.to_string())];
        pairs.into_iter().map(|(name, value)| (format!("portal:{name}"), value)).collect()
    }
}
