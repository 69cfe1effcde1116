//! Playbooks: what is done in an incident of a kind, until a Team writes its own.

use Phase::*;
use serde::{Deserialize, Serialize};

use super::{Kind, state::words};

words! {
    /// What a task is for.
    Phase {
        Investigate "investigate" "Investigate";
        Remediate "remediate" "Remediate";
        Document "document" "Document";
        Communicate "communicate" "Communicate";
    }
}

/// One task of a playbook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Planned {
    pub phase: Phase,
    pub title: &'static str,
    /// Hours from the detection.
    pub within_hours: i64,
}

impl Kind {
    /// The playbook that comes with Portal: by phase, in each the first due first.
    pub fn playbook(self) -> Vec<Planned> {
        let planned = |&(phase, within_hours, title): &Row| Planned { phase, title, within_hours };
        let mut tasks: Vec<_> = own(self).iter().chain(&ALWAYS).map(planned).collect();
        tasks.sort_by_key(|task| (task.phase, task.within_hours));
        tasks
    }
}

type Row = (Phase, i64, &'static str);

/// In every incident. Amazon must hear within 24 hours of detection: four of them are left for whoever approves the notice.
const ALWAYS: [Row; 4] = [
    (Document, 2, "Place a legal hold on the log, and take how things stand now into the evidence locker."),
    (Document, 24, "Write each decision into the timeline, with its reason; correct beside it, never in its place."),
    (Communicate, 4, "Tell your staff; no word to customers or authorities in Amazon's name without its written request."),
    (
        Communicate,
        20,
        "Tell security@amazon.com by approved notice if Amazon information or credentials may be concerned; else write why.",
    ),
];

/// A leaked client secret works at Amazon for 7 days after its rotation, and a refresh token until the seller withdraws: no
/// call is known that ends either, and what is done with them there is in no log of Portal's.
fn own(kind: Kind) -> &'static [Row] {
    match kind {
        Kind::LeakedSecret => &[
            (Investigate, 2, "Find where the secret lay open, since when and for whom; note it, then remove it there."),
            (Investigate, 4, "Read the log since then by gateway and address: note each use that nobody can explain."),
            (Remediate, 1, "Gateway key: revoke it, and see under Who still holds a token when the last one dies."),
            (Remediate, 12, "Client secret: rotate it, and note when the 7 days end in which the old one still works."),
            (Remediate, 24, "Refresh token: let the seller withdraw at Amazon, see Test now fail, then authorize again."),
        ],
        Kind::StolenSession => &[
            (Investigate, 1, "Ask the person by telephone which sign-ins were not theirs: others may read their mail."),
            (Investigate, 4, "Filter the log by the person: note each key, invitation, role, list and export since then."),
            (Remediate, 1, "End the person's sessions, and lock them out until their mailbox is theirs again."),
            (Remediate, 4, "Have them change the mailbox's password, and end its forwarding and sessions of others."),
            (Remediate, 12, "Revoke keys and invitations that were made; put roles, lists, networks and rules back."),
        ],
        Kind::MisusedGateway => &[
            (Investigate, 2, "Ask who runs the service which addresses, purposes and hours in the log are its own."),
            (Investigate, 4, "List from the log each connection it got a token for, and what that opens at Amazon."),
            (Remediate, 1, "Lock the gateway, and wait until nobody stands under Who still holds a token."),
            (Remediate, 24, "Set the service up anew from a clean source, with a new key; revoke all older keys."),
            (Remediate, 48, "Leave it the connections, scopes and networks that it needs, and take the others away."),
        ],
        Kind::DatabaseAccess => &[
            (Investigate, 2, "Find out whether the key file was in reach too: with the database it opens every secret."),
            (Investigate, 4, "Run portal audit verify with the witness's folder (--witness), and keep what it prints."),
            (Investigate, 12, "Compare members, gateways and keys with the log: note each that no event has made."),
            (Remediate, 4, "Close every way to the database but Portal's own, and change the passwords of its roles."),
            (
                Remediate,
                72,
                "Renew client secrets and keys; if the key file was in reach, refresh tokens too, in a new installation.",
            ),
        ],
        Kind::LostDevice => &[
            (Investigate, 2, "Ask when it was last in hand, whether its disk is encrypted, and what was signed in on it."),
            (Investigate, 8, "Filter the log by the person since then: note each address and act that is not theirs."),
            (Remediate, 1, "End the person's sessions; none but their new one may stand under Your account."),
            (Remediate, 4, "Lock or wipe it from afar, and sign it out of the mailbox: sign-in codes arrive there."),
            (Remediate, 8, "Revoke each gateway key that lay on it: in .env files, shell history, notes, backups."),
        ],
        Kind::AmazonRequest => &[
            (Investigate, 2, "Make sure that it is Amazon: ask back over a contact from before, not by its links."),
            (Investigate, 4, "Split it into single questions, each with a person, Amazon's date and where the answer is."),
            (Remediate, 12, "Lock, revoke or rotate what Amazon names, as measures here; see that each is done."),
            (Remediate, 48, "If it asks for deletion, set a day within 30 days of the request; settle what the hold keeps."),
            (Communicate, 20, "Answer by an approved notice, with events exported with proofs; no secret and no token."),
        ],
        Kind::Other => &[
            (Investigate, 4, "Write down what was seen and what was expected, and link the events of that time."),
            (Investigate, 8, "Name under Facts each connection, gateway, key and person that it may be about."),
            (Investigate, 24, "Judge what could be reached; if it is no incident, dismiss it with the reason."),
            (Remediate, 8, "Lock what may be exposed while you look: a lock can be lifted, a token not called back."),
            (Remediate, 72, "Remove the cause, and watch log and alerts for a day before you say that work goes on."),
        ],
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_kind_has_a_playbook_that_can_be_worked_through() {
        for kind in Kind::ALL {
            let tasks = kind.playbook();
            assert!((5..=9).contains(&tasks.len()), "{kind:?}");
            assert!(Phase::ALL.iter().all(|phase| tasks.iter().any(|task| task.phase == *phase)), "{kind:?}");
            assert!(tasks.is_sorted_by_key(|task| (task.phase, task.within_hours)), "{kind:?}");
            let titles: BTreeSet<_> = tasks.iter().map(|task| task.title).collect();
            assert_eq!(titles.len(), tasks.len(), "{kind:?}: a title stands twice");
            for task in tasks {
                assert!(task.title.chars().count() <= 140, "{}", task.title);
                assert!((1..=24 * 14).contains(&task.within_hours), "{}", task.title);
            }
        }
    }
}
