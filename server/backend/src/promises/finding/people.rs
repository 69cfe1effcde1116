//! What stands behind the promises about people.

use chrono::Duration;
use model::{
    Time,
    access_review::{EVERY, WITHIN},
    dormancy::DISABLED_AFTER,
    engagement::Engagement,
    promise::Standing,
};

use super::{Facts, Finding, count, day, finding, holds, unless};

pub(super) fn sign_in(facts: &Facts) -> Finding {
    let (with, required) = facts.passkeys;
    let rule = if required { "required of owners and admins" } else { "not required in this Team" };
    let of = facts.members.len();
    unless(!required, format!("{with} of {of} members have a passkey; passkeys are {rule}."), facts.now)
}

pub(super) fn unused(facts: &Facts) -> Finding {
    let enabled = facts.accounts.iter().filter(|account| account.disabled_at.is_none());
    let longest = enabled.map(|account| (facts.now - account.last_use).num_days()).max().unwrap_or(0);
    let disabled = facts.accounts.iter().filter(|account| account.disabled_at.is_some()).count();
    let says = format!("The longest unused account was last used {longest} days ago; {} disabled.", disabled);
    unless(longest > DISABLED_AFTER, says, facts.now)
}

pub(super) fn access_reviewed(facts: &Facts) -> Finding {
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

pub(super) fn contractors(facts: &Facts) -> Finding {
    let ends = facts.members.iter().filter_map(|member| match &member.engagement {
        Engagement::Contractor { until, .. } => Some(*until),
        Engagement::Employee => None,
    });
    let ends: Vec<Time> = ends.collect();
    // Nobody whose time is over is let in; the row goes within minutes.
    let over = ends.iter().filter(|at| facts.now - **at > Duration::hours(1)).count();
    if over > 0 {
        let says =
            format!("{} still in the Team after the end of their access.", count(over, "contractor is", "contractors are"));
        return finding(Standing::Broken, says, facts.now);
    }
    let next = ends
        .iter()
        .filter(|at| **at > facts.now)
        .min()
        .map(|at| format!("; the next end is on {}", day(*at)))
        .unwrap_or_default();
    let (of, many) = (count(facts.members.len(), "member", "members"), count(ends.len(), "contractor", "contractors"));
    holds(facts, format!("{many} among {of}, each with an end{next}."))
}
