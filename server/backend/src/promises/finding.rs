//! From what was loaded to how each promise stands.

use chrono::Duration;
use model::{
    Time,
    access_review::{EVERY, WITHIN},
    amazon::SecretClock,
    dormancy::DISABLED_AFTER,
    engagement::Engagement,
    promise::{Promise, Standing},
    retention::LEAST_MONTHS,
    review::{LATE_DAYS, PERIOD},
};

use super::{
    Finding,
    facts::{DAYS, Facts},
    results::{NOT_SCANNED, Suite, Trouble, UNREADABLE, Verdict, is_of_this_build},
};
use crate::{Mode, audit::HEAD_LATE};

/// A result of a scan is good for so many days (Amazon's policy: every 30 days).
const SCAN_DAYS: i64 = 30;
/// And of the test suite.
const SUITE_DAYS: i64 = 92;

pub(super) fn of(promise: Promise, facts: &Facts) -> Finding {
    match promise {
        Promise::AuthorizedWork => issued(facts),
        Promise::Disconnect => disconnected(facts),
        Promise::MembersOnly => holds(facts, format!("{}.", count(facts.members.len(), "member", "members"))),
        Promise::StrongSignIn => sign_in(facts),
        Promise::UnusedAccounts => unused(facts),
        Promise::AccessReviewed => access_reviewed(facts),
        Promise::Contractors => contractors(facts),
        Promise::Contained => contained(facts),
        Promise::Sealed => sealed(facts),
        Promise::SecretsRotated => client_secrets(facts),
        Promise::Recorded => holds(facts, format!("Events of this Team in the last {DAYS} days: {}.", facts.issued.2)),
        Promise::Unchangeable => head(facts),
        Promise::Kept => kept(facts),
        Promise::LookedThrough => reviewed(facts),
        Promise::Alerts => alerts(facts),
        Promise::PointOfContact => contact(facts),
        Promise::Plan => plan(facts),
        Promise::Rehearsed => rehearsed(facts),
        Promise::OperatorsSecrets => started(facts),
        Promise::KeysEnd => keys(facts),
        Promise::EnvironmentsApart => environments(facts),
        Promise::WorkersApart => workers(facts),
        Promise::Scanned => scanned(facts),
        // What no figure of a Team shows, the tests show.
        Promise::StoredData
        | Promise::NotShared
        | Promise::FreshProof
        | Promise::KeysApart
        | Promise::NoSecretInBrowsers
        | Promise::RefreshedWhenNeeded
        | Promise::AmazonTold
        | Promise::NotInLogs
        | Promise::MarketplacesDerived
        | Promise::NotificationsProved
        | Promise::CallbacksListed
        | Promise::Tested => tested(facts),
    }
}

fn finding(standing: Standing, says: String, at: Time) -> Finding {
    Finding { standing, says, at: Some(at) }
}

fn holds(facts: &Facts, says: String) -> Finding {
    finding(Standing::Holds, says, facts.now)
}

/// As it should be, or somebody has to do something.
fn unless(to_do: bool, says: String, at: Time) -> Finding {
    finding(if to_do { Standing::Attention } else { Standing::Holds }, says, at)
}

fn count(many: usize, one: &str, more: &str) -> String {
    format!("{many} {}", if many == 1 { one } else { more })
}

fn day(at: Time) -> String {
    at.format("%-d %B %Y").to_string()
}

fn issued(facts: &Facts) -> Finding {
    let (issued, refused, _) = facts.issued;
    holds(facts, format!("Credentials in the last {DAYS} days: {issued} issued, {refused} refused, each an event."))
}

fn disconnected(facts: &Facts) -> Finding {
    let counts = facts.connections;
    if counts.unshredded > 0 {
        let says = format!("{} disconnected connections still hold a token.", counts.unshredded);
        return finding(Standing::Broken, says, facts.now);
    }
    let last = counts.last_disconnected_at.map(|at| format!(", the last on {}", day(at))).unwrap_or_default();
    holds(facts, format!("{} disconnected{last}; none of them holds a token.", counts.disconnected))
}

fn sign_in(facts: &Facts) -> Finding {
    let (with, required) = facts.passkeys;
    let rule = if required { "required of owners and admins" } else { "not required in this Team" };
    let of = facts.members.len();
    unless(!required, format!("{with} of {of} members have a passkey; passkeys are {rule}."), facts.now)
}

fn unused(facts: &Facts) -> Finding {
    let enabled = facts.accounts.iter().filter(|account| account.disabled_at.is_none());
    let longest = enabled.map(|account| (facts.now - account.last_use).num_days()).max().unwrap_or(0);
    let disabled = facts.accounts.iter().filter(|account| account.disabled_at.is_some()).count();
    let says = format!("The longest unused account was last used {longest} days ago; {} disabled.", disabled);
    unless(longest > DISABLED_AFTER, says, facts.now)
}

fn access_reviewed(facts: &Facts) -> Finding {
    let signed = facts.access_reviews.iter().filter_map(|one| one.signed.as_ref()).map(|(by, _)| by.at).max();
    let overdue = facts.access_reviews.iter().any(|one| one.signed.is_none() && one.due_at <= facts.now);
    let last = facts.access_reviews.iter().map(|one| one.opened_at).max().unwrap_or(facts.made);
    if facts.now - last > EVERY + WITHIN {
        return finding(Standing::Broken, format!("None was opened since {}.", day(last)), facts.now);
    }
    let open = facts.access_reviews.iter().any(|one| one.signed.is_none());
    match (signed, open) {
        _ if overdue => finding(Standing::Attention, "An access review is overdue.".to_owned(), facts.now),
        (Some(at), _) => finding(Standing::Holds, format!("The last one was signed on {}.", day(at)), at),
        (None, true) => finding(Standing::Attention, "The first access review is open.".to_owned(), facts.now),
        (None, false) => holds(facts, "The first one opens when this Team is a quarter old.".to_owned()),
    }
}

fn contractors(facts: &Facts) -> Finding {
    let ends = facts.members.iter().filter_map(|member| match &member.engagement {
        Engagement::Contractor { until, .. } => Some(*until),
        Engagement::Employee => None,
    });
    let ends: Vec<Time> = ends.collect();
    let next = ends
        .iter()
        .filter(|at| **at > facts.now)
        .min()
        .map(|at| format!("; the next end is on {}", day(*at)))
        .unwrap_or_default();
    let (of, many) = (count(facts.members.len(), "member", "members"), count(ends.len(), "contractor", "contractors"));
    holds(facts, format!("{many} among {of}, each with an end{next}."))
}

fn sealed(facts: &Facts) -> Finding {
    match facts.sealed {
        (0, _) => holds(facts, "This Team has stored no secret yet.".to_owned()),
        (of, 0) => holds(
            facts,
            format!(
                "{} looked at: each is sealed under a data key of this Team.",
                count(of, "stored secret", "stored secrets")
            ),
        ),
        (of, bad) => {
            let says = format!("{bad} of {of} stored secrets are not sealed under a data key of this Team.");
            finding(Standing::Broken, says, facts.now)
        }
    }
}

fn client_secrets(facts: &Facts) -> Finding {
    let ends = facts.apps.iter().map(|app| SecretClock { made_at: app.secret_made_at }.expires_at()).min();
    let Some(first) = ends else { return holds(facts, "This Team has no LWA app yet.".to_owned()) };
    let word = if first <= facts.now { "ended" } else { "ends" };
    let says =
        format!("{}; the first client secret {word} on {}.", count(facts.apps.len(), "LWA app", "LWA apps"), day(first));
    match first - facts.now {
        left if left <= Duration::zero() => finding(Standing::Broken, says, facts.now),
        left => unless(left <= Duration::days(DAYS), says, facts.now),
    }
}

fn head(facts: &Facts) -> Finding {
    let log = &facts.log;
    if facts.damaged.0 {
        let says = "The log does not hold: the operators of this installation look into it.";
        return finding(Standing::Broken, says.to_owned(), facts.now);
    }
    if log.foreign > 0 {
        let says = format!("{} events in the log's table were not written by Portal.", log.foreign);
        return finding(Standing::Broken, says, facts.now);
    }
    let Some((size, at)) = log.head else {
        return Finding { standing: Standing::Attention, says: "No head was signed yet.".to_owned(), at: None };
    };
    let witnesses = match log.witnesses.iter().map(|one| one.seen_at).max() {
        None => "no witness elsewhere has looked at it".to_owned(),
        Some(_) if log.has_silent_witness() => "a witness is silent".to_owned(),
        Some(_) => format!("seen by {}", count(log.witnesses.len(), "witness", "witnesses")),
    };
    let to_do = facts.now - at > HEAD_LATE || log.witnesses.is_empty() || log.has_silent_witness();
    unless(to_do, format!("The newest signed head covers {size} events; {witnesses}."), at)
}

fn kept(facts: &Facts) -> Finding {
    let kept = &facts.retention;
    let oldest = kept.oldest.map(|at| format!("; the oldest of this Team is of {}", day(at))).unwrap_or_default();
    unless(kept.months < LEAST_MONTHS, format!("Events are kept for {} months{oldest}.", kept.months), facts.now)
}

fn reviewed(facts: &Facts) -> Finding {
    let late = |opened: Time| facts.now - opened >= Duration::days(LATE_DAYS.into());
    if facts.reviews.iter().any(|review| review.signed.is_none() && late(review.opened_at)) {
        return finding(Standing::Attention, "A Review waits for its signature.".to_owned(), facts.now);
    }
    let last = facts.reviews.iter().map(|review| review.until).max().unwrap_or(facts.made);
    if facts.now - last > PERIOD + Duration::days(LATE_DAYS.into()) {
        return finding(Standing::Broken, format!("No Review was opened of what came after {}.", day(last)), facts.now);
    }
    match facts.reviews.iter().filter_map(|review| review.signed.as_ref()).map(|signed| signed.at).max() {
        Some(at) => finding(Standing::Holds, format!("The last Review was signed on {}.", day(at)), at),
        None => holds(facts, "The first Review opens when this Team is fourteen days old.".to_owned()),
    }
}

fn alerts(facts: &Facts) -> Finding {
    let (off, open) = facts.alerts;
    let (open_ones, off) = (count(open, "alert waits", "alerts wait"), count(off, "rule is", "rules are"));
    unless(open > 0 || facts.alerts.0 > 0, format!("{open_ones} for a person; {off} off."), facts.now)
}

fn contact(facts: &Facts) -> Finding {
    match &facts.contact {
        Some(contact) => holds(facts, format!("{}, {}; Amazon is told at {}.", contact.name, contact.email, contact.amazon)),
        None => finding(Standing::Attention, "Nobody is named yet: an owner speaks for the Team.".to_owned(), facts.now),
    }
}

fn plan(facts: &Facts) -> Finding {
    let ready = &facts.readiness;
    match &ready.reviewed {
        Some((at, name, _)) => {
            let says = format!("{name} said on {} that it is right; due again by {}.", day(*at), day(ready.review_due));
            unless(ready.review_due < facts.now, says, *at)
        }
        None => finding(Standing::Attention, "Nobody has said yet that it is right.".to_owned(), facts.now),
    }
}

fn rehearsed(facts: &Facts) -> Finding {
    let ready = &facts.readiness;
    let last = ready.kinds.iter().filter_map(|(_, last, _)| *last).min();
    let says = ready.kinds.iter().map(|(kind, last, _)| {
        let last = last.map_or_else(|| "not yet".to_owned(), day);
        format!("{}: {last}", kind.title())
    });
    let to_do = ready.kinds.iter().any(|(_, last, due)| last.is_none() || *due < facts.now);
    unless(to_do, format!("{}.", says.collect::<Vec<_>>().join("; ")), last.unwrap_or(facts.now))
}

fn started(facts: &Facts) -> Finding {
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

fn keys(facts: &Facts) -> Finding {
    let first = facts.live_keys.iter().map(|key| key.expires_at).min();
    let first = first.map(|at| format!(", the first of which ends on {}", day(at))).unwrap_or_default();
    let idle = match facts.idle {
        0 => "none is unused for thirty days".to_owned(),
        many => format!("{} unused for thirty days", count(many, "gateway has keys", "gateways have keys")),
    };
    unless(facts.idle > 0, format!("{}{first}; {idle}.", count(facts.live_keys.len(), "live key", "live keys")), facts.now)
}

fn environments(facts: &Facts) -> Finding {
    let counts = facts.connections;
    holds(
        facts,
        format!("{} production and {} sandbox connections, kept apart by the database.", counts.production, counts.sandbox),
    )
}

/// What holds on PostgreSQL alone is not said of SQLite.
fn workers(facts: &Facts) -> Finding {
    if facts.is_postgres {
        return tested(facts);
    }
    let says = "This installation runs on SQLite, in one process: roles of the database are PostgreSQL's.";
    finding(Standing::Attention, says.to_owned(), facts.now)
}

fn contained(facts: &Facts) -> Finding {
    if facts.damaged.1 {
        let says = "Evidence on this installation does not hold: its operators look into it.";
        return finding(Standing::Broken, says.to_owned(), facts.now);
    }
    tested(facts)
}

fn scanned(facts: &Facts) -> Finding {
    let never = |says: &str| Finding { standing: Standing::Attention, says: says.to_owned(), at: None };
    let scan = match &facts.scan {
        Err(_) => return never(UNREADABLE),
        Ok(None) => return never(NOT_SCANNED),
        Ok(Some(scan)) => scan,
    };
    let components: u64 = scan.components.values().sum();
    let detail = format!("Passed: {}. {components} components, commit {}.", scan.that(Verdict::Passed), short(&scan.commit));
    let (standing, says) = match (scan.trouble(SCAN_DAYS, facts.now), scan.that(Verdict::Unreachable).as_str()) {
        (Some((Trouble::Failed, says)), _) => (Standing::Broken, says),
        (Some((Trouble::Old, says)), _) => (Standing::Attention, format!("{detail} {says}")),
        (None, _) if !is_of_this_build(&scan.commit) => {
            (Standing::Attention, format!("{detail} This program was built from another commit."))
        }
        (None, "") => (Standing::Holds, detail),
        (None, out) => (Standing::Holds, format!("{detail} Could not be reached this time: {out}.")),
    };
    // Where a known weakness may be is the operators' business.
    let says = if facts.is_operator { says } else { "Operators of this installation see here what was found.".to_owned() };
    finding(standing, says, scan.at)
}

fn tested(facts: &Facts) -> Finding {
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

fn short(commit: &str) -> &str {
    commit.get(..12).unwrap_or(commit)
}
