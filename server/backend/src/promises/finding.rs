//! From what was loaded to how each promise stands.

use chrono::Duration;
use model::{
    Time,
    amazon::SecretClock,
    dormancy::DISABLED_AFTER,
    engagement::Engagement,
    promise::{Promise, Standing},
    retention::LEAST_MONTHS,
    review::LATE_DAYS,
};

use super::{
    Finding,
    facts::{DAYS, Facts},
    results::{NOT_SCANNED, Suite, Trouble, Verdict},
};
use crate::{Mode, audit::HEAD_LATE};

/// A result of a scan is good for so many days (Amazon's policy: every 30 days).
const SCAN_DAYS: i64 = 30;

pub(super) fn of(promise: Promise, facts: &Facts) -> Finding {
    match promise {
        Promise::AuthorizedWork => issued(facts),
        Promise::Disconnect => disconnected(facts),
        Promise::MembersOnly => holds(facts, format!("{}.", count(facts.members.len(), "member", "members"))),
        Promise::StrongSignIn => sign_in(facts),
        Promise::UnusedAccounts => unused(facts),
        Promise::AccessReviewed => access_reviewed(facts),
        Promise::Contractors => contractors(facts),
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
        Promise::Scanned => scanned(facts),
        // What no figure of a Team shows, the tests show.
        Promise::StoredData
        | Promise::NotShared
        | Promise::FreshProof
        | Promise::KeysApart
        | Promise::NoSecretInBrowsers
        | Promise::RefreshedWhenNeeded
        | Promise::Contained
        | Promise::AmazonTold
        | Promise::NotInLogs
        | Promise::MarketplacesDerived
        | Promise::WorkersApart
        | Promise::Tested => tested(facts.suite.as_ref()),
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
    let next = ends.iter().min().map(|at| format!("; the next end is on {}", day(*at))).unwrap_or_default();
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
    let soon = first - facts.now <= Duration::days(DAYS);
    unless(
        soon,
        format!("{}; the first client secret {word} on {}.", count(facts.apps.len(), "LWA app", "LWA apps"), day(first)),
        facts.now,
    )
}

fn head(facts: &Facts) -> Finding {
    let log = &facts.log;
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
    match facts.reviews.iter().filter_map(|review| review.signed.as_ref()).map(|signed| signed.at).max() {
        Some(at) => finding(Standing::Holds, format!("The last Review was signed on {}.", day(at)), at),
        None => holds(facts, "The first Review opens when this Team is fourteen days old.".to_owned()),
    }
}

fn alerts(facts: &Facts) -> Finding {
    let (off, open) = facts.alerts;
    let (open_ones, off) = (count(open, "alert waits", "alerts wait"), count(off, "rule is", "rules are"));
    unless(open > 0, format!("{open_ones} for a person; {off} off."), facts.now)
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

fn scanned(facts: &Facts) -> Finding {
    let Some(scan) = &facts.scan else {
        return Finding { standing: Standing::Attention, says: NOT_SCANNED.to_owned(), at: None };
    };
    match scan.trouble(SCAN_DAYS, facts.now) {
        Some((Trouble::Failed, says)) => finding(Standing::Broken, says, scan.at),
        Some((Trouble::Old, says)) => finding(Standing::Attention, says, scan.at),
        None => {
            let components: u64 = scan.components.values().sum();
            let (passed, commit) = (scan.that(Verdict::Passed), short(&scan.commit));
            let says = format!("Passed: {passed}. {components} components, commit {commit}.");
            match scan.that(Verdict::Unreachable).as_str() {
                "" => finding(Standing::Holds, says, scan.at),
                out => finding(Standing::Attention, format!("{says} Could not be reached: {out}."), scan.at),
            }
        }
    }
}

fn tested(suite: Option<&Suite>) -> Finding {
    match suite {
        None => {
            let says = "How its tests went is not known on this machine (setting proofs_dir).".to_owned();
            Finding { standing: Standing::Attention, says, at: None }
        }
        Some(suite) if suite.failed > 0 => {
            finding(Standing::Broken, format!("{} tests of the suite failed.", suite.failed), suite.at)
        }
        Some(suite) => {
            let says = format!("All {} tests of the suite passed, on commit {}.", suite.passed, short(&suite.commit));
            finding(Standing::Holds, says, suite.at)
        }
    }
}

fn short(commit: &str) -> &str {
    commit.get(..12).unwrap_or(commit)
}
