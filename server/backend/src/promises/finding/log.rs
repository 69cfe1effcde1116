//! What stands behind the promises about the log.

use chrono::Duration;
use model::{
    Time,
    promise::Standing,
    retention::LEAST_MONTHS,
    review::{LATE_DAYS, PERIOD},
};

use super::{Facts, Finding, count, day, finding, holds, unless};
use crate::audit::HEAD_LATE;

pub(super) fn head(facts: &Facts) -> Finding {
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

pub(super) fn kept(facts: &Facts) -> Finding {
    let kept = &facts.retention;
    let oldest = kept.oldest.map(|at| format!("; the oldest of this Team is of {}", day(at))).unwrap_or_default();
    unless(kept.months < LEAST_MONTHS, format!("Events are kept for {} months{oldest}.", kept.months), facts.now)
}

pub(super) fn reviewed(facts: &Facts) -> Finding {
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

pub(super) fn alerts(facts: &Facts) -> Finding {
    let (off, open) = facts.alerts;
    let (open_ones, off) = (count(open, "alert waits", "alerts wait"), count(off, "rule is", "rules are"));
    unless(open > 0 || facts.alerts.0 > 0, format!("{open_ones} for a person; {off} off."), facts.now)
}
