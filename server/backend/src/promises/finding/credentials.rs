//! What stands behind the promises about credentials and keys.

use chrono::Duration;
use model::{amazon::SecretClock, promise::Standing};

use super::{
    DAYS, Facts, Finding, count, day, finding, holds,
    program::{shown, tested},
    unless,
};

pub(super) fn issued(facts: &Facts) -> Finding {
    let (issued, refused, _) = facts.issued;
    shown(facts, format!("Credentials in the last {DAYS} days: {issued} issued, {refused} refused, each an event."))
}

pub(super) fn disconnected(facts: &Facts) -> Finding {
    let counts = facts.connections;
    if counts.unshredded > 0 {
        let says = format!("{} disconnected connections still hold a token.", counts.unshredded);
        return finding(Standing::Broken, says, facts.now);
    }
    let last = counts.last_disconnected_at.map(|at| format!(", the last on {}", day(at))).unwrap_or_default();
    holds(facts, format!("{} disconnected{last}; none of them holds a token.", counts.disconnected))
}

pub(super) fn sealed(facts: &Facts) -> Finding {
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

pub(super) fn client_secrets(facts: &Facts) -> Finding {
    let ends = facts.secrets_made.iter().map(|made_at| SecretClock { made_at: *made_at }.expires_at()).min();
    let Some(first) = ends else { return holds(facts, "This Team has no LWA app yet.".to_owned()) };
    let word = if first <= facts.now { "ended" } else { "ends" };
    let says = format!(
        "{}; the first client secret {word} on {}.",
        count(facts.secrets_made.len(), "LWA app", "LWA apps"),
        day(first)
    );
    match first - facts.now {
        left if left <= Duration::zero() => finding(Standing::Broken, says, facts.now),
        left => unless(left <= Duration::days(DAYS), says, facts.now),
    }
}

pub(super) fn keys(facts: &Facts) -> Finding {
    let first = facts.keys_end.iter().min().copied();
    let first = first.map(|at| format!(", the first of which ends on {}", day(at))).unwrap_or_default();
    let idle = match facts.idle {
        0 => "none is unused for thirty days".to_owned(),
        many => format!("{} unused for thirty days", count(many, "gateway has keys", "gateways have keys")),
    };
    unless(facts.idle > 0, format!("{}{first}; {idle}.", count(facts.keys_end.len(), "live key", "live keys")), facts.now)
}

pub(super) fn environments(facts: &Facts) -> Finding {
    let counts = facts.connections;
    shown(
        facts,
        format!("{} production and {} sandbox connections, kept apart by the database.", counts.production, counts.sandbox),
    )
}

pub(super) fn master(facts: &Facts) -> Finding {
    let active = facts.keys.masters.iter().find(|one| one.key.active);
    let kept = if active.is_some_and(|one| one.served) { "A key service outside Portal keeps the master key. " } else { "" };
    let Some(((made, due), overdue_at)) = active.and_then(|one| one.key.made_at.zip(one.due).zip(one.overdue_at())) else {
        if kept.is_empty() {
            return tested(facts);
        }
        return unless(true, format!("{kept}How old it is the service does not tell."), facts.now);
    };
    let says = format!("{kept}The master key in use was made on {} and is to be replaced by {}.", day(made), day(due));
    unless(overdue_at <= facts.now, says, facts.now)
}
