//! What is learned: the post-mortem, drafted from what is known, and what follows from it.

use super::{Kind, Severity, template::Facts};
use crate::Time;

/// Letters of one part of a post-mortem.
pub const PART_MOST: usize = 8_000;
/// Letters of an action item, and how many one incident has.
pub const ITEM_MOST: usize = 200;
pub const ITEMS_MOST: usize = 50;

/// A post-mortem in its parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PostMortem {
    pub what_happened: String,
    pub impact: String,
    pub cause: String,
    pub went_well: String,
    pub went_badly: String,
}

/// The draft: what happened from the timeline, the impact from what it is about, the cause as somebody said it when it was
/// gone. What went well and badly only people know.
pub fn draft(facts: &Facts, timeline: &[(Time, String)], cause: &str) -> PostMortem {
    let title = &facts.title;
    let mut what = format!("{}: {title} ({}, {}).\n", facts.code, facts.kind.title(), facts.severity.title());
    let mut lines: Vec<_> = timeline.iter().collect();
    lines.sort_by_key(|(at, _)| *at);
    for (at, line) in lines {
        what += &format!("{}  {}\n", at.format("%Y-%m-%d %H:%M"), line.lines().collect::<Vec<_>>().join(" "));
    }
    let about = if facts.about.is_empty() { "Nothing of ours is named.".to_owned() } else { facts.about.join("; ") };
    let measures = match &facts.measures[..] {
        [] => "Nothing was locked, revoked or replaced.".to_owned(),
        some => format!("Measures: {}.", some.join("; ")),
    };
    PostMortem {
        what_happened: cut(&what),
        impact: cut(&format!("{} {about}\n{measures}", reach(facts.kind, facts.severity))),
        cause: cut(cause),
        ..PostMortem::default()
    }
}

fn reach(kind: Kind, severity: Severity) -> String {
    let words = match severity {
        Severity::Sev1 => {
            "Several sellers, a client secret or the database could be reached, and it is known that they were."
        }
        Severity::Sev2 => "Several sellers could have been reached, or it is known that one was.",
        Severity::Sev3 => "One credential or one seller could have been reached, or settings were.",
        Severity::Sev4 => "No credential could be reached.",
    };
    format!("{}: {words} It concerns:", kind.title())
}

/// No longer than a part may be, at the end of a line.
fn cut(text: &str) -> String {
    let text = text.trim();
    if text.chars().count() <= PART_MOST {
        return text.to_owned();
    }
    let kept: String = text.chars().take(PART_MOST - 40).collect();
    let kept = kept.rsplit_once('\n').map_or(kept.as_str(), |(whole, _)| whole);
    format!("{kept}\n(The rest stands in the timeline.)")
}

#[cfg(test)]
mod tests {
    use chrono::Duration;

    use super::{super::State, *};

    fn facts() -> Facts {
        let at = |hours| Time::UNIX_EPOCH + Duration::hours(hours);
        Facts {
            code: "INC-1A2B3C".to_owned(),
            title: "A key in a repository".to_owned(),
            kind: Kind::LeakedSecret,
            severity: Severity::Sev2,
            state: State::Recovered,
            drill: false,
            team: "Acme".to_owned(),
            detected_at: at(0),
            reported_at: at(1),
            contained_at: Some(at(2)),
            about: vec!["Gateway: orders-sync".to_owned()],
            measures: vec!["Lock the gateway: orders-sync (1970-01-01 02:00 UTC)".to_owned()],
            contact: "Ada, ada@example.com".to_owned(),
        }
    }

    #[test]
    fn the_draft_of_a_post_mortem() {
        let at = |minutes| Time::UNIX_EPOCH + Duration::minutes(minutes);
        let lines = [(at(120), "ada@example.com: Contained".to_owned()), (at(60), "Reported\nby bob".to_owned())];
        let draft = draft(&facts(), &lines, "It was pasted into a test.");
        insta::assert_snapshot!(format!("{}\n--\n{}\n--\n{}", draft.what_happened, draft.impact, draft.cause));
        assert!(draft.went_well.is_empty() && draft.went_badly.is_empty());
    }

    #[test]
    fn a_long_timeline_is_cut_at_the_end_of_a_line() {
        let lines: Vec<_> = (0..1000).map(|n| (Time::UNIX_EPOCH + Duration::minutes(n), format!("line {n} ends"))).collect();
        let what = draft(&facts(), &lines, "").what_happened;
        assert!(what.chars().count() <= PART_MOST && what.ends_with("ends\n(The rest stands in the timeline.)"), "{what}");
    }
}
