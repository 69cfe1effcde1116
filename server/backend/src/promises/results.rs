//! What `make scan` and `make test` found, from the files that they leave.

use std::{collections::BTreeMap, path::Path};

use model::Time;
use serde::{Deserialize, de::DeserializeOwned};

/// How one check of a scan ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Passed,
    Failed,
    /// The database of vulnerabilities did not answer: no pass.
    Unreachable,
}

/// What a scan of the dependencies found (`scan.json`).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Scan {
    pub at: Time,
    pub commit: String,
    pub checks: BTreeMap<String, Verdict>,
    /// How many components each bill of materials lists.
    pub components: BTreeMap<String, u64>,
}

/// How the test suite went (`tests.json`).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Suite {
    pub at: Time,
    pub commit: String,
    pub passed: u64,
    pub failed: u64,
}

/// What can be wrong with a scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    Failed,
    Old,
}

impl Trouble {
    pub fn as_str(self) -> &'static str {
        match self {
            Trouble::Failed => "failed",
            Trouble::Old => "old",
        }
    }
}

/// What is said where no result is.
pub const NOT_SCANNED: &str = "No result of a scan is on this machine (setting proofs_dir).";

impl Scan {
    pub async fn read(folder: &Path) -> Option<Self> {
        read(folder, "scan.json").await
    }

    /// The checks that ended so, comma-separated.
    pub fn that(&self, verdict: Verdict) -> String {
        let names = self.checks.iter().filter(|(_, one)| **one == verdict).map(|(name, _)| name.as_str());
        names.collect::<Vec<_>>().join(", ")
    }

    /// What somebody must do about it. `days`: how old a result may be.
    pub fn trouble(&self, days: i64, now: Time) -> Option<(Trouble, String)> {
        let (failed, age) = (self.that(Verdict::Failed), (now - self.at).num_days());
        if !failed.is_empty() {
            return Some((Trouble::Failed, format!("What failed: {failed}.")));
        }
        (age >= days).then(|| (Trouble::Old, format!("The last scan was {age} days ago.")))
    }
}

impl Suite {
    pub async fn read(folder: &Path) -> Option<Self> {
        read(folder, "tests.json").await
    }
}

async fn read<T: DeserializeOwned>(folder: &Path, name: &str) -> Option<T> {
    let text = tokio::fs::read(folder.join(name)).await.ok()?;
    let read = serde_json::from_slice(&text);
    read.inspect_err(|error| tracing::warn!(name, %error, "a result cannot be read")).ok()
}

#[cfg(test)]
mod tests {
    use chrono::Duration;

    use super::*;

    #[test]
    fn a_scan_that_is_old_or_failed_is_trouble() {
        let text = r#"{"at": "2026-11-01T00:00:00Z", "commit": "abc", "components": {"server": 597},
            "checks": {"licenses": "passed", "advisories": "unreachable"}}"#;
        let scan: Scan = serde_json::from_str(text).unwrap();
        let day = |days: i64| scan.at + Duration::days(days);
        let trouble = |scan: &Scan, now| scan.trouble(30, now).map(|(trouble, _)| trouble);
        assert_eq!((trouble(&scan, day(29)), trouble(&scan, day(30))), (None, Some(Trouble::Old)));
        assert_eq!((scan.that(Verdict::Passed), scan.that(Verdict::Unreachable)), ("licenses".into(), "advisories".into()));
        let checks = BTreeMap::from([("npm".to_owned(), Verdict::Failed)]);
        assert_eq!(trouble(&Scan { checks, ..scan.clone() }, day(0)), Some(Trouble::Failed));
    }
}
