//! What stands behind the promises about the program itself: its tests, its scan, how it runs.

use model::promise::Standing;

use super::{
    super::results::{NOT_SCANNED, Suite, Trouble, UNREADABLE, Verdict, is_of_this_build},
    Facts, Finding, finding, holds,
};
use crate::Mode;

/// A result of a scan is good for so many days (Amazon's policy: every 30 days).
const SCAN_DAYS: i64 = 30;
/// And of the test suite.
const SUITE_DAYS: i64 = 92;

pub(super) fn started(facts: &Facts) -> Finding {
    match facts.mode {
        Mode::Production => {
            holds(facts, "This installation runs in production mode, whose checks it passed at its start.".to_owned())
        }
        Mode::Development => {
            let says =
                "This installation runs in development mode: it captures mail and plays Amazon, and promises nothing.";
            finding(Standing::Attention, says.to_owned(), facts.now)
        }
    }
}

/// What holds on PostgreSQL alone is not said of SQLite.
pub(super) fn on_postgres(facts: &Facts) -> Finding {
    if facts.is_postgres {
        return tested(facts);
    }
    let says = "This installation runs on SQLite, in one process: roles and row-level security are PostgreSQL's.";
    finding(Standing::Attention, says.to_owned(), facts.now)
}

pub(super) fn scanned(facts: &Facts) -> Finding {
    let never = |says: &str| Finding { standing: Standing::Attention, says: says.to_owned(), at: None };
    let scan = match &facts.scan {
        Err(_) => return never(UNREADABLE),
        Ok(None) => return never(NOT_SCANNED),
        Ok(Some(scan)) => scan,
    };
    let components: u64 = scan.components.values().sum();
    // Where a known weakness may be is the operators' business, and which commit it is in.
    let commit = if facts.is_operator { format!(", commit {}", short(&scan.commit)) } else { String::new() };
    let detail = format!("Passed: {}. {components} components{commit}.", scan.that(Verdict::Passed));
    let (standing, says) = match (scan.trouble(SCAN_DAYS, facts.now), scan.that(Verdict::Unreachable).as_str()) {
        (Some((Trouble::Failed, says)), _) => (Standing::Broken, says),
        (Some((Trouble::Old, says)), _) => (Standing::Attention, format!("{detail} {says}")),
        (None, _) if !is_of_this_build(&scan.commit) => {
            (Standing::Attention, format!("{detail} This program was built from another commit."))
        }
        (None, "") => (Standing::Holds, detail),
        (None, out) => (Standing::Holds, format!("{detail} Could not be reached this time: {out}.")),
    };
    let says = match standing {
        Standing::Broken if !facts.is_operator => "It found something: operators of this installation see what.".to_owned(),
        _ => says,
    };
    finding(standing, says, scan.at)
}

pub(super) fn tested(facts: &Facts) -> Finding {
    let Some(suite) = &facts.suite else {
        let says = "How its tests went is not known on this machine (setting proofs_dir).".to_owned();
        return Finding { standing: Standing::Attention, says, at: None };
    };
    let age = (facts.now - suite.at).num_days();
    let (standing, says) = match suite {
        Suite { failed: 1.., .. } => (Standing::Broken, "Tests of the suite failed.".to_owned()),
        Suite { finished: false, .. } | Suite { passed: 0, .. } => {
            (Standing::Attention, "The last run of the suite did not come to its end.".to_owned())
        }
        _ if age >= SUITE_DAYS => (Standing::Attention, format!("The suite has not run for {age} days.")),
        _ if !is_of_this_build(&suite.commit) => {
            (Standing::Attention, "The suite ran on another commit than this program was built from.".to_owned())
        }
        _ => (Standing::Holds, format!("All {} tests of the suite passed.", suite.passed)),
    };
    finding(standing, says, suite.at)
}

/// What the figures show, and the tests of what no figure shows.
pub(super) fn shown(facts: &Facts, says: String) -> Finding {
    let tested = tested(facts);
    Finding { says: format!("{says} {}", tested.says), ..tested }
}

fn short(commit: &str) -> &str {
    commit.get(..12).unwrap_or(commit)
}
