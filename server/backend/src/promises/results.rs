//! What `make scan` and `make test` found, from the files that they leave.

use std::{collections::BTreeMap, io::ErrorKind, path::Path};

use chrono::Duration;
use model::Time;
use serde::{Deserialize, de::DeserializeOwned};

/// The commit that this program was built from, when its build said so (`make release`).
const BUILT_FROM: Option<&str> = option_env!("BUILT_FROM");

/// The checks that a scan makes.
const CHECKS: [&str; 5] = ["advisories", "bans", "licenses", "npm", "sources"];

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
    /// When each check passed last, in this scan or one before.
    #[serde(default)]
    pub passed_at: BTreeMap<String, Time>,
    /// How many components each bill of materials lists.
    pub components: BTreeMap<String, u64>,
}

/// How the test suite went (`tests.json`).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Suite {
    pub at: Time,
    pub commit: String,
    /// It ran to its end.
    pub finished: bool,
    pub passed: u64,
    pub failed: u64,
}

/// A file that is there and cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreadable;

/// What can be wrong with a scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    Failed,
    /// A check has not passed for too long, or never.
    Old,
}

/// What is said where no result is.
pub const NOT_SCANNED: &str = "No result of a scan is on this machine (setting proofs_dir).";
/// And where there is one that nobody can read.
pub const UNREADABLE: &str = "The result of the scan cannot be read (scan.json in proofs_dir).";

impl Trouble {
    pub fn as_str(self) -> &'static str {
        match self {
            Trouble::Failed => "failed",
            Trouble::Old => "old",
        }
    }
}

impl Scan {
    pub async fn read(folder: &Path) -> Result<Option<Self>, Unreadable> {
        read(folder, "scan.json").await
    }

    /// The checks that ended so, comma-separated.
    pub fn that(&self, verdict: Verdict) -> String {
        let names = self.checks.iter().filter(|(_, one)| **one == verdict).map(|(name, _)| name.as_str());
        names.collect::<Vec<_>>().join(", ")
    }

    /// What somebody must do about it. `days`: how long ago a check may have passed.
    pub fn trouble(&self, days: i64, now: Time) -> Option<(Trouble, String)> {
        let failed = self.that(Verdict::Failed);
        if !failed.is_empty() {
            return Some((Trouble::Failed, format!("What failed: {failed}.")));
        }
        // What passed in the future passed at no time that can be believed.
        let good = |at: &Time| *at <= now + Duration::days(1) && now - *at < Duration::days(days);
        let old = CHECKS.iter().filter(|check| !self.passed_at.get(**check).is_some_and(good));
        let old = old.copied().collect::<Vec<_>>().join(", ");
        (!old.is_empty()).then(|| (Trouble::Old, format!("Not passed for {days} days: {old}.")))
    }
}

impl Suite {
    pub async fn read(folder: &Path) -> Option<Self> {
        read(folder, "tests.json").await.ok().flatten()
    }
}

/// Whether a result says something of this very program, as far as the program knows what it is.
pub fn is_of_this_build(commit: &str) -> bool {
    BUILT_FROM.is_none_or(|built| built == commit)
}

async fn read<T: DeserializeOwned>(folder: &Path, name: &str) -> Result<Option<T>, Unreadable> {
    let text = match tokio::fs::read(folder.join(name)).await {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        read => read.map_err(|_| Unreadable)?,
    };
    serde_json::from_slice(&text).map(Some).map_err(|error| {
        tracing::warn!(name, %error, "a result cannot be read");
        Unreadable
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scan_that_is_old_or_failed_is_trouble() {
        let at: Time = "2026-11-01T00:00:00Z".parse().unwrap();
        let day = |days: i64| at + Duration::days(days);
        let whole = Scan {
            at,
            commit: "abc".to_owned(),
            checks: CHECKS.map(|check| (check.to_owned(), Verdict::Passed)).into(),
            passed_at: CHECKS.map(|check| (check.to_owned(), at)).into(),
            components: BTreeMap::new(),
        };
        let trouble = |scan: &Scan, now| scan.trouble(30, now).map(|(trouble, _)| trouble);
        assert_eq!((trouble(&whole, day(29)), trouble(&whole, day(30))), (None, Some(Trouble::Old)));
        assert_eq!(trouble(&whole, day(-2)), Some(Trouble::Old), "of the future");
        let mut failed = whole.clone();
        failed.checks.insert("npm".to_owned(), Verdict::Failed);
        assert_eq!(trouble(&failed, day(0)), Some(Trouble::Failed));
        // What could not be looked at goes on from when it passed last, and is no pass where it never did.
        let mut unreachable = whole.clone();
        unreachable.checks.insert("advisories".to_owned(), Verdict::Unreachable);
        unreachable.passed_at.insert("advisories".to_owned(), day(-29));
        assert_eq!((trouble(&unreachable, day(0)), trouble(&unreachable, day(1))), (None, Some(Trouble::Old)));
        unreachable.passed_at.remove("advisories");
        assert_eq!(unreachable.trouble(30, day(0)).unwrap().1, "Not passed for 30 days: advisories.");
    }
}
