//! What a notice says before anybody has changed a word: every field is filled from the incident.

use super::{Kind, Severity, State, notice::Track};
use crate::Time;

/// What is known of an incident when a notice is drafted.
#[derive(Clone, Debug)]
pub struct Facts {
    /// As "INC-1A2B3C".
    pub code: String,
    pub title: String,
    pub kind: Kind,
    pub severity: Severity,
    pub state: State,
    pub drill: bool,
    /// The Team's name.
    pub team: String,
    pub detected_at: Time,
    pub reported_at: Time,
    pub contained_at: Option<Time>,
    /// What it is about, as "Connection: Acme EU".
    pub about: Vec<String>,
    /// Measures that were done, as "Lock the gateway: orders-sync (2026-11-26 10:04 UTC)".
    pub measures: Vec<String>,
    /// The Team's management point of contact: name, address, telephone, in one line.
    pub contact: String,
}

/// A subject of one line and a body of several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    pub subject: String,
    pub body: String,
}

impl Track {
    /// The draft of a notice.
    pub fn draft(self, facts: &Facts) -> Draft {
        let Facts { code, title, team, contact, .. } = facts;
        let (next, detected) = (next_word(facts), moment(facts.detected_at));
        let (subject, intro, follows) = match self {
            Track::Amazon => (
                format!("Security incident {code} at {team}: {title}"),
                format!("{team} reports an incident that may concern Amazon's information or credentials to it."),
                format!("What comes next\n{next} {}", to_amazon(facts.state)),
            ),
            Track::Affected => (
                format!("{team}: security incident {code}, which may concern you"),
                format!("We write to you since a security incident at {team} may concern you. {OWN_NAME}"),
                format!("What you can do\n{AFFECTED_DO}\n\nWhat comes next\n{next}"),
            ),
            Track::Authority => (
                format!("Notice of security incident {code} at {team}"),
                format!("{team} gives notice of a security incident. {OWN_NAME}"),
                format!("What comes next\n{AUTHORITY_NEXT}"),
            ),
            Track::Staff => (
                format!("Security incident {code}: what to do and what not to do"),
                format!("This goes to everybody who works at {team}."),
                format!("What to do\n{STAFF_DO}\n\nWhat not to do\n{STAFF_DO_NOT}"),
            ),
        };
        // Names go to Amazon and the authority alone: they may be those of other sellers, or of somebody who did nothing.
        let named = matches!(self, Track::Amazon | Track::Authority);
        let about = facts.about.iter().filter(|_| named).map(String::as_str);
        let measures = facts.measures.iter().map(|measure| match measure.split_once(": ") {
            Some((kind, _)) if !named => kind,
            _ => measure.as_str(),
        });
        // A rehearsal may reach people outside: they must see so before they read anything else.
        let (mark, first) = if facts.drill { ("Drill: ", "This is a rehearsal: nothing happened.\n\n") } else { ("", "") };
        let body = format!(
            "{first}{intro}\n\nIncident: {code}, {title}\nDetected: {detected}{}\n\nWhat happened\n{} {}\n\n\
            What may be concerned\n{}{}\n\nWhat was done\n{}\n\n{follows}\n\n\
            Management point of contact\n{contact}\n\n{team}\n",
            progress(facts, named),
            happened(facts.kind),
            cause(facts.state),
            concerned(facts.kind),
            list(" It is about:", "", about),
            list("These measures were taken:", "Nothing was locked, revoked or replaced so far.", measures),
        );
        Draft { subject: format!("{mark}{subject}"), body }
    }
}

const OWN_NAME: &str = "We write in our own name and do not speak for Amazon.";

const AFFECTED_DO: &str = "Look through your Amazon account for orders, prices or settings that you cannot explain, and \
    tell us of them. We shall not ask you for a password, a sign-in code or a key; whoever does so in our name is a \
    stranger.";

const AUTHORITY_NEXT: &str = "We complete this notice when more becomes known, and answer your questions.";

const STAFF_DO: &str = "- Speak to our point of contact, at once, about whatever you know or notice, however small.
- Keep everything as it is: delete no message, log or file, and wipe no device.
- Report anything else that is odd in Portal, as an incident of its own.";

const STAFF_DO_NOT: &str = "- Put no secret into mail, chat or a ticket: no key, token, password or sign-in code.
- Do not work around what is locked, and do not try out whether a secret still works.
- Do not speak about it with customers, Amazon, authorities or the press: our point of contact does.
- Do not pass this message on.";

fn to_amazon(state: State) -> String {
    let outcome = if state == State::Dismissed { "reasons" } else { "post-mortem" };
    format!("We send you our {outcome}, and on request the evidence, which we preserve with its chain of custody.")
}

/// What may have happened; guarded, since a draft claims nothing that nobody has found.
fn happened(kind: Kind) -> &'static str {
    match kind {
        Kind::LeakedSecret => "A secret may have become known to somebody who should not know it.",
        Kind::StolenSession => "Somebody may have acted under the account of another person.",
        Kind::MisusedGateway => "A gateway, a system to which we give credentials, may have been misused.",
        Kind::DatabaseAccess => "Somebody may have read the database in which our keys to Amazon accounts are kept.",
        Kind::LostDevice => "A device of somebody who looks after our access to Amazon may be in wrong hands.",
        Kind::AmazonRequest => "Amazon asked about the security of our access to its information.",
        Kind::Other => "Something was noticed that may have let somebody reach what they should not.",
    }
}

fn concerned(kind: Kind) -> &'static str {
    match kind {
        Kind::LeakedSecret => "Credentials to Amazon accounts that the secret opens, and the information behind them.",
        Kind::StolenSession => "Settings of our access to Amazon, and credentials that this person can obtain.",
        Kind::MisusedGateway => "Credentials that the gateway may receive, and the information behind them.",
        Kind::DatabaseAccess => "Keys to Amazon accounts, stored encrypted, and names, addresses and settings beside them.",
        Kind::LostDevice => "What was kept on the device, and what its owner may see and do in our systems.",
        Kind::AmazonRequest => "What the request names of Amazon's information, and of credentials to it.",
        Kind::Other => "Credentials to Amazon accounts and the information behind them; more is not established.",
    }
}

fn cause(state: State) -> &'static str {
    match state {
        State::Reported | State::Triaged | State::Contained => {
            "The cause is being investigated, and with it what was reached and who is concerned."
        }
        State::Eradicated => "The cause is found and gone.",
        State::Recovered | State::Reviewed | State::Closed => "The cause is found and gone, and work goes on as before.",
        State::Dismissed => "We have judged that it was no incident.",
        State::Merged => "It goes on as a part of another incident.",
    }
}

/// When the next word comes: by the clocks of the incident.
fn next_word(facts: &Facts) -> String {
    let days = facts.severity.post_mortem_days();
    let hours = match facts.severity.update_every().num_hours() {
        1 => "hour".to_owned(),
        hours => format!("{hours} hours"),
    };
    match facts.state {
        State::Reported | State::Triaged | State::Contained | State::Eradicated => format!(
            "You hear from us every {hours}, counted from this message, until work goes on as before, and then when it is \
            looked back on, within {days} days."
        ),
        State::Recovered => format!("You hear from us when it is looked back on, within {days} days of recovery."),
        State::Merged => "You hear from us about that incident.".to_owned(),
        _ => "You hear from us when something new is found, or when you ask.".to_owned(),
    }
}

/// The lines below the detection; those who are told names are told how grave it is, too.
fn progress(facts: &Facts, in_full: bool) -> String {
    let mut lines = match facts.contained_at {
        Some(at) => format!("\nContained: {}", moment(at)),
        // What was dismissed or merged is not waiting to be contained.
        None if facts.state.is_over() => String::new(),
        None => "\nContained: not yet".to_owned(),
    };
    if in_full {
        let (reported, severity) = (moment(facts.reported_at), facts.severity.title());
        lines += &format!("\nReported internally: {reported}\nSeverity: {severity}, from SEV 1 (the gravest) to SEV 4");
    }
    lines
}

fn moment(at: Time) -> String {
    at.format("%-d %B %Y, %H:%M UTC").to_string()
}

/// Each line once, or the words for none.
fn list<'a>(some: &str, none: &str, lines: impl Iterator<Item = &'a str>) -> String {
    let mut seen = Vec::new();
    for line in lines {
        if !seen.contains(&line) {
            seen.push(line);
        }
    }
    if seen.is_empty() { none.to_owned() } else { format!("{some}\n- {}", seen.join("\n- ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Facts {
        let at = |seconds| Time::from_timestamp(seconds, 0).unwrap();
        Facts {
            code: "INC-1A2B3C".into(),
            title: "Gateway key in a public repository".into(),
            kind: Kind::LeakedSecret,
            severity: Severity::Sev2,
            state: State::Contained,
            drill: false,
            team: "Nordlicht Trading".into(),
            detected_at: at(1_795_675_200),
            reported_at: at(1_795_678_800),
            contained_at: Some(at(1_795_687_500)),
            about: vec!["Connection: Acme EU".into(), "Gateway: orders-sync".into()],
            measures: vec![
                "Lock the gateway: orders-sync (2026-11-26 10:04 UTC)".into(),
                "Lock the gateway: stock-sync (2026-11-26 10:05 UTC)".into(),
            ],
            contact: "Ada Lovelace, ada@nordlicht.example, +49 30 1234567".into(),
        }
    }

    /// Every draft of these facts, over all tracks, kinds and states.
    fn drafts(facts: &Facts) -> Vec<(Track, Draft)> {
        let kinds = |track: Track| Kind::ALL.iter().map(move |kind| (track, *kind));
        let all = Track::ALL.iter().flat_map(|track| kinds(*track));
        let all = all.flat_map(|(track, kind)| State::ALL.iter().map(move |state| (track, kind, *state)));
        all.map(|(track, kind, state)| (track, track.draft(&Facts { kind, state, ..facts.clone() }))).collect()
    }

    #[test]
    fn every_draft_is_complete() {
        let facts = facts();
        for (track, Draft { subject, body }) in drafts(&facts) {
            for needed in [&facts.code, &facts.title, &moment(facts.detected_at), &facts.contact] {
                assert!(body.contains(needed.as_str()), "{track:?} lacks {needed}:\n{body}");
            }
            let text = format!("{subject}\n{body}");
            assert!(!["[", "{", "TODO"].iter().any(|unfilled| text.contains(unfilled)), "{track:?}:\n{text}");
            assert_eq!(subject.lines().count(), 1);
            let own_name = matches!(track, Track::Affected | Track::Authority);
            assert_eq!(body.contains(OWN_NAME), own_name, "{track:?}:\n{body}");
        }
    }

    #[test]
    fn only_a_drill_is_marked_as_one() {
        for (_, draft) in drafts(&facts()) {
            assert!(!draft.subject.starts_with("Drill: ") && !draft.body.contains("rehearsal"));
        }
        for (_, draft) in drafts(&Facts { drill: true, ..facts() }) {
            assert!(draft.subject.starts_with("Drill: "), "{}", draft.subject);
            assert_eq!(draft.body.lines().next(), Some("This is a rehearsal: nothing happened."));
        }
    }

    #[test]
    fn nothing_to_list_leaves_no_list() {
        let empty = Facts { about: vec![], measures: vec![], contained_at: None, ..facts() };
        for (_, Draft { body, .. }) in drafts(&empty) {
            assert!(body.contains("Nothing was locked, revoked or replaced so far."), "{body}");
            let holes = ["It is about:", "These measures", ":\n\n", "\n\n\n", "  \n", "..", " ."];
            assert!(!holes.iter().any(|hole| body.contains(hole)), "{body}");
        }
    }

    #[test]
    fn names_of_others_go_to_amazon_and_the_authority_alone() {
        for (track, Draft { subject, body }) in drafts(&facts()) {
            let told = ["Acme EU", "orders-sync"].iter().any(|name| body.contains(name) || subject.contains(name));
            assert_eq!(told, matches!(track, Track::Amazon | Track::Authority), "{track:?}:\n{body}");
            assert_eq!(body.matches("- Lock the gateway").count(), if told { 2 } else { 1 }, "{body}");
        }
    }

    #[test]
    fn the_draft_to_amazon() {
        let Draft { subject, body } = Track::Amazon.draft(&facts());
        insta::assert_snapshot!(format!("{subject}\n\n{body}"));
    }
}
