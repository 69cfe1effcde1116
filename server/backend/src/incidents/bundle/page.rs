//! The bundle to read: one page that stands alone, on a screen and on paper.

use chrono::{Duration, SecondsFormat};
use model::{
    Time,
    incident::{CustodyAct, EvidenceKind, Phase},
};

use super::document::{ActionItem, Document, Entry, Evidence, Measure, Notice, PostMortem, Step, Task};

/// The incident as a page. Nothing in it runs and nothing is loaded: it reads the same offline, and in ten years.
pub(super) fn page(all: &Document) -> String {
    let sections = [
        ("facts", "Facts", facts(all)),
        ("happened", "What happened", timeline(all)),
        ("measures", "Measures", measures(&all.measures)),
        ("tasks", "Tasks", tasks(&all.tasks)),
        ("notices", "Notices", notices(&all.notices)),
        ("post-mortem", "Post-mortem", post_mortem(all.post_mortem.as_ref())),
        ("follows", "What follows", action_items(&all.action_items)),
        ("evidence", "Evidence", evidence(&all.evidence)),
        ("check", "How to check this bundle", CHECK.to_owned()),
    ];
    let section = |(id, title, body): &(&str, &str, String)| {
        format!("<section aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{title}</h2>\n{body}</section>\n")
    };
    let body: String = sections.iter().map(section).collect();
    let links: String = sections.iter().map(|(id, title, _)| format!("<li><a href=\"#{id}\">{title}</a></li>\n")).collect();
    let drill = if all.drill { "Drill: " } else { "" };
    let (title, heading) = (format!("{drill}{}: {}", escape(&all.code), escape(&all.title)), heading(all));
    // The policy says to the browser what holds anyway: words of others stand in this page.
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" \
         content=\"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n\
         <body>\n<header>\n{heading}</header>\n<nav aria-label=\"Sections\">\n<ul>\n{links}</ul>\n</nav>\n\
         <main>\n{body}</main>\n</body>\n</html>\n"
    )
}

fn heading(all: &Document) -> String {
    let said = |is: bool, words: &'static str| if is { words } else { "" };
    format!(
        "<h1>{}{}{}: {}</h1>\n{}{}",
        said(all.drill, "<span class=\"mark\">Drill</span> "),
        said(all.restricted, "<span class=\"mark\">Restricted</span> "),
        escape(&all.code),
        escape(&all.title),
        said(all.drill, "<p>This is a rehearsal: nothing happened.</p>\n"),
        said(all.restricted, "<p>Only owners, its reporter and those with a duty in it see this incident.</p>\n"),
    )
}

fn facts(all: &Document) -> String {
    let amazon = match &all.amazon {
        Some((at, how)) => {
            let told = if all.amazon_told { "Told" } else { "Need not be told" };
            format!("{told}, {}{}", time(*at), text(how))
        }
        None => "Not settled: Amazon hears within 24 hours of detection.".to_owned(),
    };
    let duties = all.duties.iter().map(|(duty, who)| format!("{}: {}", duty.title(), escape(who)));
    facts_list([
        ("Team", format!("{} <code>{}</code>", escape(&all.team_name), escape(&all.team))),
        ("Incident", format!("{} <code>{}</code>", escape(&all.code), escape(&all.id))),
        ("Kind", all.kind.title().to_owned()),
        ("Severity", all.severity.title().to_owned()),
        ("State", format!("{}. {}", all.state.title(), all.state.meaning())),
        ("Began", all.began_at.map_or_else(|| "Not known.".to_owned(), time)),
        ("Detected", time(all.detected_at)),
        ("Reported", by(all.reported_at, &all.reported_by)),
        ("Amazon", amazon),
        ("Contact", escape(&all.contact)),
        ("About", bullets(all.about.iter().map(|one| escape(one)), "Nothing is named.")),
        ("Who did what", bullets(duties, "Nobody had a duty.")),
        ("Bundled", by(all.bundled_at, &all.bundled_by)),
    ])
}

/// Steps, what people wrote, and measures, as they came.
fn timeline(all: &Document) -> String {
    let written = all.steps.iter().map(step).chain(all.entries.iter().map(entry));
    let mut lines: Vec<_> = written.chain(all.measures.iter().flat_map(turns)).collect();
    if lines.is_empty() {
        return none("Nothing was written down.");
    }
    lines.sort_by_key(|(at, _)| *at);
    let lines: String = lines.into_iter().map(|(_, line)| line).collect();
    format!("<ol class=\"line\">\n{lines}</ol>\n")
}

fn line(at: Time, head: &str, body: &str) -> (Time, String) {
    (at, format!("<li>\n<p class=\"when\">{} · {head}</p>\n{body}</li>\n", time(at)))
}

fn head(who: &str, what: &str) -> String {
    format!("<strong>{}</strong> · {what}", escape(who))
}

fn step(one: &Step) -> (Time, String) {
    line(one.at, &head(&one.by, one.state.title()), &text(&one.note))
}

fn entry(one: &Entry) -> (Time, String) {
    let mut head = head(&one.by, one.kind.title());
    if one.written_at != one.at {
        head += &format!(", written down {}", time(one.written_at));
    }
    let correction = |(who, at, words): &(String, Time, String)| {
        let when = format!("<strong>{}</strong> corrected this {}", escape(who), time(*at));
        format!("<div class=\"correction\">\n<p class=\"when\">{when}</p>\n{}</div>\n", text(words))
    };
    let corrections: String = one.corrections.iter().map(correction).collect();
    line(one.at, &head, &format!("{}{corrections}", text(&one.text)))
}

/// A measure is ordered, done and lifted at three times.
fn turns(one: &Measure) -> impl Iterator<Item = (Time, String)> {
    let what = text(&format!("{}: {}", one.kind.title(), one.target));
    let ordered = line(one.ordered_at, &head(&one.ordered_by, "Measure ordered"), &what);
    let done = one.done_at.map(|at| line(at, "Measure done", &what));
    let end = if one.done_at.is_some() { "Measure lifted" } else { "Measure withdrawn" };
    let lifted = one.lifted.as_ref().map(|(at, who)| line(*at, &head(who, end), &what));
    [Some(ordered), done, lifted].into_iter().flatten()
}

fn measures(all: &[Measure]) -> String {
    if all.is_empty() {
        return none("Nothing was locked, revoked or replaced.");
    }
    let row = |one: &Measure| {
        [
            format!("{}: {}", one.kind.title(), escape(&one.target)),
            format!("{}{}", one.state.title(), text(&one.result)),
            by(one.ordered_at, &one.ordered_by),
            one.done_at.map_or_else(|| "No".to_owned(), time),
            hand(one.lifted.as_ref(), "No"),
        ]
    };
    let heads = ["Measure", "State", "Ordered", "Done", "Lifted or withdrawn"];
    table("What was done to contain it", heads, all.iter().map(row))
}

fn tasks(all: &[Task]) -> String {
    if all.is_empty() {
        return none("No task was set.");
    }
    let row = |one: &Task| {
        let ended = one.ended.as_ref().map(|(at, who)| format!(", {}", by(*at, who))).unwrap_or_default();
        [
            escape(&one.title),
            time(one.due_at),
            one.owner.as_deref().map_or_else(|| "Nobody".to_owned(), escape),
            format!("{}{ended}{}", one.state.title(), text(&one.note)),
        ]
    };
    let of = |phase: &Phase| {
        let mut mine = all.iter().filter(|one| one.phase == *phase).map(row).peekable();
        mine.peek().is_some().then(|| table(phase.title(), ["Task", "Due", "Owner", "State"], mine))
    };
    Phase::ALL.iter().filter_map(of).collect()
}

fn notices(all: &[Notice]) -> String {
    if all.is_empty() { none("No notice was written.") } else { all.iter().map(notice).collect() }
}

fn notice(one: &Notice) -> String {
    let to = if one.to.is_empty() { "Nobody by mail".to_owned() } else { escape(&one.to.join(", ")) };
    let sent = one.sent.as_ref().map(|(at, who, how)| format!("{}{}", by(*at, who), text(how)));
    let mut facts = vec![
        ("State", one.state.title().to_owned()),
        ("To", to),
        ("Subject", escape(&one.subject)),
        ("Written", by(one.written.0, &one.written.1)),
        ("Approved", hand(one.approved.as_ref(), "No")),
        ("Sent", sent.unwrap_or_else(|| "No".to_owned())),
    ];
    if let Some(request) = &one.for_amazon {
        let request = if request.is_empty() { "Its written request is missing." } else { request.as_str() };
        facts.push(("In Amazon's name", text(request)));
    }
    let (track, facts, words) = (one.track.title(), facts_list(facts), text(&one.text));
    format!("<article>\n<h3>{track}</h3>\n{facts}<div class=\"said\">\n{words}</div>\n</article>\n")
}

fn post_mortem(written: Option<&PostMortem>) -> String {
    let Some(one) = written else { return none("Nobody wrote it yet.") };
    let parts = [
        ("What happened", &one.what_happened),
        ("What it concerned", &one.impact),
        ("What made it possible", &one.cause),
        ("What went well", &one.went_well),
        ("What went badly, and where we were lucky", &one.went_badly),
    ];
    let parts: String = parts.iter().map(|(title, words)| format!("<h3>{title}</h3>\n{}", text(words))).collect();
    format!("<p class=\"soft\">Written {}</p>\n{parts}", by(one.written.0, &one.written.1))
}

fn action_items(all: &[ActionItem]) -> String {
    if all.is_empty() {
        return none("Nothing follows from it yet.");
    }
    let row = |one: &ActionItem| {
        [escape(&one.title), escape(&one.owner), last_day(one.due_at), hand(one.done.as_ref(), "Not yet")]
    };
    table("What is done so that it does not happen again", ["What", "Owner", "Until", "Done"], all.iter().map(row))
}

fn evidence(all: &[Evidence]) -> String {
    if all.is_empty() {
        return none("Nothing was taken in.");
    }
    let heads = ["Piece", "Type and bytes", "SHA-256, and its event in the log", "Taken in, and who had it in hand"];
    table("What there was, as it was taken in", heads, all.iter().map(piece))
}

fn piece(one: &Evidence) -> [String; 4] {
    // A file of others is saved as bytes: opened from here, it might run.
    let download = if one.kind == EvidenceKind::File { " download" } else { "" };
    let name = match &one.file {
        Some(file) => format!("<a href=\"{}\"{download}>{}</a>", href(file), escape(&one.name)),
        None => format!("{} (damaged: it is not in this bundle)", escape(&one.name)),
    };
    let since = one.custody.iter().filter(|(act, ..)| *act != CustodyAct::Taken);
    let since = since.map(|(act, at, who)| format!("{}: {} {}", time(*at), escape(who), act.title()));
    [
        format!("{}: {name}", one.kind.title()),
        format!("{}, {} bytes", escape(&one.media), one.bytes),
        format!("<code>{}</code>\n<p>Event <code>{}</code></p>", one.sha256, escape(&one.event)),
        format!("{}\n{}", by(one.taken_at, &one.taken_by), bullets(since, "<p>Nobody had it in hand since.</p>")),
    ]
}

fn facts_list<'a>(facts: impl IntoIterator<Item = (&'a str, String)>) -> String {
    let row = |(term, words): (&str, String)| format!("<div><dt>{term}</dt><dd>{words}</dd></div>\n");
    format!("<dl>\n{}</dl>\n", facts.into_iter().map(row).collect::<String>())
}

fn bullets(items: impl Iterator<Item = String>, none: &str) -> String {
    let items: String = items.map(|item| format!("<li>{item}</li>")).collect();
    if items.is_empty() { none.to_owned() } else { format!("<ul>{items}</ul>") }
}

/// The first cell of a row names it; a narrow screen shows the others one below another, each with its head.
fn table<const N: usize>(caption: &str, heads: [&str; N], rows: impl Iterator<Item = [String; N]>) -> String {
    let cell = |(n, (head, cell)): (usize, (&str, String))| match n {
        0 => format!("<th scope=\"row\">{cell}</th>"),
        _ => format!("<td data-label=\"{head}\">{cell}</td>"),
    };
    let row = |cells: [String; N]| {
        let cells: String = heads.into_iter().zip(cells).enumerate().map(cell).collect();
        format!("<tr>{cells}</tr>\n")
    };
    let rows: String = rows.map(row).collect();
    let head: String = heads.iter().map(|head| format!("<th scope=\"col\">{head}</th>")).collect();
    format!("<table>\n<caption>{caption}</caption>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n")
}

fn none(words: &str) -> String {
    format!("<p class=\"soft\">{words}</p>\n")
}

/// What somebody wrote, line for line; nothing when it is empty.
fn text(words: &str) -> String {
    let words = words.trim();
    if words.is_empty() { String::new() } else { format!("<p class=\"text\">{}</p>\n", escape(words)) }
}

fn by(at: Time, who: &str) -> String {
    format!("{}, by {}", time(at), escape(who))
}

fn hand(hand: Option<&(Time, String)>, none: &str) -> String {
    hand.map_or_else(|| none.to_owned(), |(at, who)| by(*at, who))
}

fn time(at: Time) -> String {
    let exact = at.to_rfc3339_opts(SecondsFormat::Secs, true);
    format!("<time datetime=\"{exact}\">{}</time>", at.format("%-d %B %Y, %H:%M UTC"))
}

/// What is due by the end of a day is due at midnight, which people read as the day after.
fn last_day(due_at: Time) -> String {
    let day = (due_at - Duration::seconds(1)).date_naive();
    format!("<time datetime=\"{day}\">{}</time>", day.format("%-d %B %Y"))
}

/// Makes text safe between tags and inside quoted attributes.
fn escape(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('"', "&quot;").replace('\'', "&#39;")
}

/// A place in the bundle as an address beside this page: what is no letter of a plain name is encoded, so that nothing in a
/// name makes a scheme, a query or a fragment of it.
fn href(file: &str) -> String {
    let letter = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    file.bytes().map(letter).collect()
}

const CHECK: &str = "\
<pre><code>portal incident verify FILE --verifier KEY</code></pre>
<p>This checks every byte of the bundle, on any machine and offline, with nothing but the public key of the log. FILE is the
bundle as it was copied, KEY the public key: have it from elsewhere than from whoever gave you the bundle.</p>
<ul>
<li><code>SHA256SUMS</code> lists each file of the bundle with its SHA-256, as <code>sha256sum --check SHA256SUMS</code>
reads it.</li>
<li><code>log.jsonl</code> is the log, each event with its proof: <code>portal audit verify --export log.jsonl --verifier
KEY</code> checks it by itself. It is not there when the log had not been signed yet.</li>
</ul>
";

/// On paper it is light whatever the screen is; a heading stays with its text and a row in one piece.
const STYLE: &str = include_str!("page.css");

#[cfg(test)]
#[path = "page_tests.rs"]
mod tests;
