//! From what was loaded to how each promise stands.

mod credentials;
mod incidents;
mod log;
mod people;
mod program;
#[cfg(test)]
mod tests;

use model::{
    Time,
    promise::{Promise, Standing},
};

use super::{
    Finding,
    facts::{DAYS, Facts},
};

pub(super) fn of(promise: Promise, facts: &Facts) -> Finding {
    match promise {
        Promise::AuthorizedWork => credentials::issued(facts),
        Promise::Disconnect => credentials::disconnected(facts),
        Promise::MembersOnly => program::shown(facts, format!("{}.", count(facts.members.len(), "member", "members"))),
        Promise::StrongSignIn => people::sign_in(facts),
        Promise::UnusedAccounts => people::unused(facts),
        Promise::AccessReviewed => people::access_reviewed(facts),
        Promise::Contractors => people::contractors(facts),
        Promise::Contained => incidents::contained(facts),
        Promise::Sealed => credentials::sealed(facts),
        Promise::KeysApart => credentials::master(facts),
        Promise::SecretsRotated => credentials::client_secrets(facts),
        Promise::Recorded => {
            program::shown(facts, format!("Events of this Team in the last {DAYS} days: {}.", facts.issued.2))
        }
        Promise::Unchangeable => log::head(facts),
        Promise::Kept => log::kept(facts),
        Promise::LookedThrough => log::reviewed(facts),
        Promise::Alerts => log::alerts(facts),
        Promise::PointOfContact => incidents::contact(facts),
        Promise::Plan => incidents::plan(facts),
        Promise::Rehearsed => incidents::rehearsed(facts),
        Promise::OperatorsSecrets => program::started(facts),
        Promise::KeysEnd => credentials::keys(facts),
        Promise::EnvironmentsApart => credentials::environments(facts),
        Promise::WorkersApart | Promise::TeamsApart => program::on_postgres(facts),
        Promise::CopiesSilent => incidents::restored(facts),
        Promise::Scanned => program::scanned(facts),
        // What no figure of a Team shows, the tests show.
        Promise::StoredData
        | Promise::NotShared
        | Promise::FreshProof
        | Promise::SupportIsLetIn
        | Promise::NoSecretInBrowsers
        | Promise::RefreshedWhenNeeded
        | Promise::AmazonTold
        | Promise::NotInLogs
        | Promise::MarketplacesDerived
        | Promise::NotificationsProved
        | Promise::CallbacksListed
        | Promise::Tested => program::tested(facts),
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
