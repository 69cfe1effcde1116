use std::cell::RefCell;

use model::{
    audit::Digest,
    incident::{Duty, EntryKind, Kind, MeasureKind, MeasureState, NoticeState, Severity, State, TaskState, Track},
};

use super::*;

const HOSTILE: &str = "<script>\"'&";

/// Minutes after 26 November 2026, 10:00 UTC.
fn at(minutes: i64) -> Time {
    Time::from_timestamp(1_795_687_200 + minutes * 60, 0).unwrap()
}

/// An incident with one of everything; `say` writes each text, which is asked for by its name.
fn document(say: &dyn Fn(&str) -> String) -> Document {
    let hand = |minutes, who: &str| (at(minutes), say(who));
    Document {
        format: "portal-incident",
        v: 1,
        bundled_at: at(600),
        bundled_by: say("bundler"),
        id: say("id"),
        code: say("code"),
        team: say("team"),
        team_name: say("team name"),
        title: say("title"),
        kind: Kind::LeakedSecret,
        severity: Severity::Sev2,
        state: State::Contained,
        restricted: false,
        drill: false,
        detected_at: at(0),
        reported_at: at(2),
        reported_by: say("reporter"),
        amazon_told: true,
        began_at: None,
        amazon: Some(hand(90, "amazon")),
        contact: say("contact"),
        about: vec![say("about")],
        duties: vec![(Duty::Commander, say("commander"))],
        steps: vec![
            Step { state: State::Reported, at: at(2), by: say("reporter"), note: String::new() },
            Step { state: State::Contained, at: at(20), by: say("stepper"), note: say("step note") },
        ],
        entries: vec![Entry {
            kind: EntryKind::Decision,
            at: at(3),
            written_at: at(8),
            by: say("writer"),
            text: say("entry text"),
            corrections: vec![(say("corrector"), at(30), say("correction"))],
        }],
        measures: vec![Measure {
            kind: MeasureKind::LockGateway,
            target: say("target"),
            state: MeasureState::Lifted,
            ordered_at: at(4),
            ordered_by: say("orderer"),
            done_at: Some(at(5)),
            result: say("result"),
            lifted: Some(hand(40, "lifter")),
        }],
        tasks: vec![Task {
            phase: Phase::Remediate,
            title: say("task title"),
            due_at: at(60),
            owner: Some(say("task owner")),
            state: TaskState::Dropped,
            note: say("task note"),
            ended: Some(hand(50, "ender")),
        }],
        notices: vec![Notice {
            track: Track::Affected,
            state: NoticeState::Sent,
            to: vec![say("recipient")],
            subject: say("subject"),
            text: say("notice text"),
            for_amazon: Some(say("request")),
            written: hand(60, "author"),
            approved: Some(hand(70, "approver")),
            sent: Some((at(80), say("sender"), say("how"))),
        }],
        post_mortem: Some(PostMortem {
            what_happened: say("what happened"),
            impact: say("impact"),
            cause: say("cause"),
            went_well: say("went well"),
            went_badly: say("went badly"),
            written: hand(500, "historian"),
        }),
        action_items: vec![ActionItem {
            title: say("item title"),
            owner: say("item owner"),
            due_at: at(14 * 60),
            done: Some(hand(550, "doer")),
        }],
        evidence: vec![Evidence {
            kind: EvidenceKind::File,
            name: say("file name"),
            file: Some("evidence/01-a <b>:#?%\"é".to_owned()),
            media: say("media"),
            bytes: 1234,
            sha256: Digest([0xab; 32]),
            taken_at: at(6),
            taken_by: say("taker"),
            event: say("event"),
            custody: vec![(CustodyAct::Copied, at(7), say("keeper"))],
        }],
    }
}

fn plain() -> Document {
    document(&|name| format!("the {name}"))
}

/// Each of these words stands behind the one before it.
fn in_order(page: &str, words: &[&str]) {
    let mut rest = page;
    for word in words {
        rest = rest.split_once(word).unwrap_or_else(|| panic!("{word} is not in, or too early in:\n{page}")).1;
    }
}

#[test]
fn all_that_people_wrote_is_in_it_and_none_of_it_is_markup() {
    let said = RefCell::new(Vec::new());
    let all = document(&|name| {
        let words = format!("{HOSTILE}{name}");
        said.borrow_mut().push(words.clone());
        words
    });
    let page = page(&all);
    assert!(!page.contains("<script") && !page.contains("\"'&"), "{page}");
    for words in said.into_inner() {
        let safe = words.replace(HOSTILE, "&lt;script&gt;&quot;&#39;&amp;");
        assert!(page.contains(&safe), "{words}:\n{page}");
    }
    assert!(page.contains("href=\"evidence/01-a%20%3Cb%3E%3A%23%3F%25%22%C3%A9\" download>"), "{page}");
}

#[test]
fn it_reads_from_the_facts_to_how_it_is_checked() {
    let page = page(&plain());
    in_order(&page, &["<h1>the code: the title</h1>", "Facts</h2>", "A secret leaked", "SEV 2", "Commander: the commander"]);
    let happened = [
        "What happened</h2>",
        "<time datetime=\"2026-11-26T10:02:00Z\">26 November 2026, 10:02 UTC</time>",
        "the writer</strong> · Decision, written down",
        "the corrector</strong> corrected this",
        "Measure ordered",
        "Measure done",
        "the step note",
        "Measure lifted",
    ];
    in_order(&page, &happened);
    in_order(&page, &["Measures</h2>", "Lock the gateway: the target", "Tasks</h2>", "Remediate</caption>", "Not needed"]);
    in_order(&page, &["Notices</h2>", "Those affected</h3>", "the recipient", "In Amazon's name", "the notice text"]);
    in_order(&page, &["Post-mortem</h2>", "What it concerned</h3>", "What went well</h3>", "What follows</h2>"]);
    assert!(page.contains("<time datetime=\"2026-11-26\">26 November 2026</time>"), "due at the end of that day");
    let hash = "ab".repeat(32);
    in_order(&page, &["Evidence</h2>", &hash, "took a copy", "How to check this bundle</h2>", "incident verify FILE"]);
    assert_eq!(page.matches("<h1").count(), 1);
    assert!(!page.contains("://") && !page.contains("src="), "it stands alone");
}

#[test]
fn where_there_is_nothing_it_says_so() {
    let all = Document {
        amazon: None,
        about: vec![],
        duties: vec![],
        steps: vec![],
        entries: vec![],
        measures: vec![],
        tasks: vec![],
        notices: vec![],
        post_mortem: None,
        action_items: vec![],
        evidence: vec![],
        ..plain()
    };
    let page = page(&all);
    let nothing = [
        "Not settled: Amazon hears within 24 hours of detection.",
        "Nothing is named.",
        "Nobody had a duty.",
        "Nothing was written down.",
        "Nothing was locked, revoked or replaced.",
        "No task was set.",
        "No notice was written.",
        "Nobody wrote it yet.",
        "Nothing follows from it yet.",
        "Nothing was taken in.",
    ];
    in_order(&page, &nothing);
    assert!(!page.contains("<table") && !page.contains("<ol"), "{page}");
}

#[test]
fn a_drill_and_a_restricted_incident_say_so_in_the_first_heading() {
    let first = |all: &Document| page(all).split_once("</h1>").unwrap().0.split_once("<h1>").unwrap().1.to_owned();
    let rehearsal = Document { drill: true, restricted: true, ..plain() };
    assert!(first(&rehearsal).contains(">Drill<") && first(&rehearsal).contains(">Restricted<"));
    assert!(page(&rehearsal).contains("<title>Drill: the code: the title</title>"));
    assert_eq!(first(&plain()), "the code: the title");
}

#[test]
fn damaged_evidence_is_named_and_leads_nowhere() {
    let mut all = plain();
    all.evidence[0].file = None;
    let page = page(&all);
    assert!(page.contains("the file name (damaged: it is not in this bundle)") && !page.contains("href=\"evidence/"));
}
