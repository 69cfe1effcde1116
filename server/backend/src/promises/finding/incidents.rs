//! What stands behind the promises about incidents.

use model::{incident::DrillKind, promise::Standing};

use super::{
    Facts, Finding, day, finding, holds,
    program::{shown, tested},
    unless,
};

pub(super) fn contact(facts: &Facts) -> Finding {
    match &facts.contact {
        Some(contact) => holds(facts, format!("{}, {}; Amazon is told at {}.", contact.name, contact.email, contact.amazon)),
        None => finding(Standing::Attention, "Nobody is named yet: an owner speaks for the Team.".to_owned(), facts.now),
    }
}

pub(super) fn plan(facts: &Facts) -> Finding {
    let ready = &facts.readiness;
    match &ready.reviewed {
        Some((at, name, _)) => {
            let says = format!("{name} said on {} that it is right; due again by {}.", day(*at), day(ready.review_due));
            unless(ready.review_due < facts.now, says, *at)
        }
        None => finding(Standing::Attention, "Nobody has said yet that it is right.".to_owned(), facts.now),
    }
}

pub(super) fn rehearsed(facts: &Facts) -> Finding {
    let ready = &facts.readiness;
    let last = ready.kinds.iter().filter_map(|(_, last, _)| *last).min();
    let says = ready.kinds.iter().map(|(kind, last, _)| {
        let last = last.map_or_else(|| "not yet".to_owned(), day);
        format!("{}: {last}", kind.title())
    });
    let to_do = ready.kinds.iter().any(|(_, last, due)| last.is_none() || *due < facts.now);
    unless(to_do, format!("{}.", says.collect::<Vec<_>>().join("; ")), last.unwrap_or(facts.now))
}

/// A backup is worth what its restore was worth.
pub(super) fn restored(facts: &Facts) -> Finding {
    let known = facts.readiness.kinds.iter().find(|(kind, ..)| *kind == DrillKind::RestoreBackup);
    match known {
        Some((_, Some(at), due)) => {
            let says = format!("A backup was restored and compared on {}; due again by {}.", day(*at), day(*due));
            if *due < facts.now { unless(true, says, *at) } else { shown(facts, says) }
        }
        _ => finding(Standing::Attention, "No restore was rehearsed yet.".to_owned(), facts.now),
    }
}

pub(super) fn contained(facts: &Facts) -> Finding {
    if facts.damaged.1 {
        let says = "Evidence on this installation does not hold: its operators look into it.";
        return finding(Standing::Broken, says.to_owned(), facts.now);
    }
    tested(facts)
}
