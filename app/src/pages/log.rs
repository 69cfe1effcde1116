use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use model::{counted, ids::TeamId, review::LISTED};

use super::{stepped_up, team};
use crate::{
    api::log::{DayItem, LogItem, LogItems, LogQuery, LogState, log},
    components::{At, Badge, FileForm, Hidden, Icon, Notice, OutcomeBadge, PageHeader, StepUpGate, loaded},
};

/// The kinds of events, as the filter offers them.
const KINDS: [(&str, &str); 9] = [
    ("", "Every action"),
    ("team.", "Team"),
    ("member.", "Members"),
    ("lwa_app.", "LWA apps"),
    ("connection.", "Connections"),
    ("gateway", "Gateways and keys"),
    ("credential.", "Runtime credentials"),
    ("feedback.", "Feedback"),
    ("log.", "Readings of the log"),
];

/// What happened in this Team: sentences first, the raw event behind each.
#[component]
pub fn LogPage() -> impl IntoView {
    let team = team();
    let params = use_query_map();
    let get = move |name: &str| params.read_untracked().get(name).unwrap_or_default();
    let query = LogQuery {
        action: get("action"),
        actor: get("actor"),
        target: get("target"),
        outcome: get("outcome"),
        address: get("address"),
        text: get("text"),
        from: get("from"),
        until: get("until"),
        before: get("before"),
    };
    view! {
        <Title text="Log"/>
        <PageHeader title="Log" lead="Everything that touched this Team, the newest first. Nothing in it can be changed, and reading it is an event too."/>
        {loaded(log(team, query.clone()), move |page| view! {
            <Standing state=page.state.clone() retention=format!("/teams/{team}/log/retention")/>
            <Filters query=query.clone() page=page.clone()/>
            {page.is_cut.then(|| view! { <Notice tone="warning" title="This text means too many things"><p>"Only the first two hundred names and words that contain it were looked for. Write more of it."</p></Notice> })}
            <Histogram query=query.clone() days=page.days.clone()/>
            <Events query=query.clone() page home=format!("/teams/{team}/log") live=(get("live") == "true").then(|| format!("/live/teams/{team}/log?{}", query.to_address()))/>
            <ExportForm team query/>
        }.into_any())}
    }
}

/// How the log stands: in order, or not, in one line.
#[component]
pub(super) fn Standing(state: LogState, #[prop(optional, into)] retention: Option<String>) -> impl IntoView {
    let LogState { head, witnesses, alarming, silent_witness, foreign, review } = state;
    let (tone, word) = match (alarming, silent_witness) {
        (true, _) => ("danger", "Look into this now"),
        (false, true) => ("attention", "A witness is silent"),
        (false, false) => ("ok", "In order"),
    };
    let signed = head.map_or_else(
        || view! { "No head has been signed yet." }.into_any(),
        |(size, at)| view! { {format!("{size} events under the head signed ")} <At moment=at/> "." }.into_any(),
    );
    let seen = witnesses
        .into_iter()
        .map(|(name, size, at)| view! { <span>{format!("{name} saw {size} events ")} <At moment=at/> "."</span> })
        .collect_view();
    let foreign = (foreign > 0).then(
        || view! { <strong>{format!("{foreign} events were not written by Portal: run portal audit verify.")}</strong> },
    );
    let review = review.map(|(path, days)| {
        let words = match days {
            0 => "A Review waits for you.".to_owned(),
            1 => "A Review has waited for a day.".to_owned(),
            days => format!("A Review has waited for {days} days."),
        };
        view! { <a href=path>{words}</a> }
    });
    let kept = retention.map(|path| view! { <a href=path>"How long it is kept"</a> });
    view! { <p class="log-state"><Badge tone word/><span>{signed}</span>{seen}{foreign}{review}{kept}</p> }
}

fn options(list: Vec<(String, String)>, chosen: &str) -> impl IntoView + use<> {
    let chosen = chosen.to_owned();
    list.into_iter()
        .map(|(value, text)| {
            let selected = value == chosen;
            view! { <option value=value selected=selected>{text}</option> }
        })
        .collect_view()
}

/// How what fits lies in time: each day leads to its events.
#[component]
fn Histogram(query: LogQuery, days: Vec<DayItem>) -> impl IntoView {
    let most = days.iter().map(|day| day.events).max().unwrap_or(0);
    if most == 0 {
        return None;
    }
    let height = |events: i64| if events == 0 { 0.0 } else { (events as f64 / most as f64 * 58.0).max(2.0) };
    let all: i64 = days.iter().map(|day| day.events).sum();
    let trouble: i64 = days.iter().map(|day| day.trouble).sum();
    let (first, last) = (days.first().map(|day| day.words.clone()), days.last().map(|day| day.words.clone()));
    let width = days.len() * 10;
    let bars = days.into_iter().enumerate().filter(|(_, day)| day.events > 0).map(|(n, day)| {
        let (tall, bad) = (height(day.events), height(day.trouble));
        let until = format!("{}T00:00", day.next);
        let one = LogQuery { from: format!("{}T00:00", day.day), until, before: String::new(), ..query.clone() };
        let words = format!("{}: {} events, {} refused or failed", day.words, day.events, day.trouble);
        view! {
            <a href=format!("?{}", one.to_address()) aria-label=words.clone()>
                <title>{words.clone()}</title>
                <rect class="bar-room" x=n * 10 y="0" width="10" height="60"/>
                <rect class="bar" x=n * 10 + 1 y=60.0 - tall width="8" height=tall/>
                <rect class="bar bar-trouble" x=n * 10 + 1 y=60.0 - bad width="8" height=bad/>
            </a>
        }
    });
    Some(view! {
        <figure class="histogram">
            <svg viewBox=format!("0 0 {width} 60") preserveAspectRatio="none" role="group" aria-label="Events by day">{bars.collect_view()}</svg>
            <figcaption class="muted small"><span>{first}</span><span>{format!("{}, {trouble} refused or failed", counted(all, "event"))}</span><span>{last}</span></figcaption>
        </figure>
    })
}

/// What is shown, as a file.
#[component]
fn ExportForm(team: TeamId, query: LogQuery) -> impl IntoView {
    let fields = [
        ("action", query.action),
        ("actor", query.actor),
        ("target", query.target),
        ("outcome", query.outcome),
        ("address", query.address),
        ("text", query.text),
        ("from", query.from),
        ("until", query.until),
    ];
    let fields = fields.into_iter().map(|(name, value)| view! { <Hidden name value/> }).collect::<Vec<_>>();
    // As it was chosen before the proof was asked for.
    let chosen = use_query_map().read_untracked().get("format").unwrap_or_default();
    let formats = [("jsonl", "JSON lines, with proofs"), ("csv", "CSV, for a spreadsheet"), ("ocsf", "OCSF, for a SIEM")];
    let formats = formats.map(|(value, text)| (value.to_owned(), text.to_owned())).to_vec();
    view! {
        <section class="card" id="export" aria-labelledby="export-h">
            <h2 id="export-h">"Export what fits"</h2>
            <p class="muted">"Every event that fits the filter above and is under a signed head, as a file. That you took it is an event too. More than half of the log takes " <a href=format!("/teams/{team}/approvals")>"another person's approval"</a> "."</p>
            <StepUpGate open=stepped_up() act="export the log">
                <FileForm class="row" action=format!("/teams/{team}/log/export")>
                    {fields}
                    <label class="visually-hidden" for="export-format">"Format"</label>
                    <select id="export-format" name="format">{options(formats, &chosen)}</select>
                    <button type="submit" class="btn btn-secondary">"Export"</button>
                </FileForm>
            </StepUpGate>
        </section>
    }
}

#[component]
fn Filters(query: LogQuery, page: LogItems) -> impl IntoView {
    let kinds = KINDS.iter().map(|(value, text)| ((*value).to_owned(), (*text).to_owned())).collect();
    let outcomes = [("", "Every result"), ("ok", "Done"), ("refused", "Refused"), ("failed", "Failed")];
    let outcomes = outcomes.iter().map(|(value, text)| ((*value).to_owned(), (*text).to_owned())).collect();
    let all = |first: &str, rest: Vec<(String, String)>| {
        std::iter::once((String::new(), first.to_owned())).chain(rest).collect::<Vec<_>>()
    };
    view! {
        <form class="filters" method="get" role="search" aria-label="Filter the log">
            <label class="visually-hidden" for="f-action">"Action"</label>
            <select id="f-action" name="action">{options(kinds, &query.action)}</select>
            <label class="visually-hidden" for="f-actor">"Actor"</label>
            <select id="f-actor" name="actor">{options(all("Everybody", page.actors), &query.actor)}</select>
            <label class="visually-hidden" for="f-target">"Target"</label>
            <select id="f-target" name="target">{options(all("Every target", page.targets), &query.target)}</select>
            <label class="visually-hidden" for="f-outcome">"Result"</label>
            <select id="f-outcome" name="outcome">{options(outcomes, &query.outcome)}</select>
            <label class="visually-hidden" for="f-text">"Text"</label>
            <input id="f-text" name="text" type="search" value=query.text placeholder="Name, action, reason, address" autocomplete="off" spellcheck="false"/>
            <label class="visually-hidden" for="f-address">"Address"</label>
            <input id="f-address" name="address" type="text" value=query.address placeholder="Exact address" autocomplete="off" spellcheck="false"/>
            <label>"From (UTC)"<input name="from" type="datetime-local" value=query.from/></label>

            <label>"Until (UTC)"<input name="until" type="datetime-local" value=query.until/></label>
            <button type="submit" class="btn btn-secondary">"Apply"</button>
            <a class="btn btn-quiet" href="?">"Clear"</a>
        </form>
    }
}

/// The events of a page by day, and the way to older ones. `home` is the log's own address; `live`, where a browser with
/// scripts hears of new ones.
#[component]
pub(super) fn Events(
    query: LogQuery,
    page: LogItems,
    home: String,
    #[prop(optional_no_strip)] live: Option<String>,
) -> impl IntoView {
    let first = query.before.is_empty();
    let whole = LogQuery { before: String::new(), ..query.clone() }.to_address();
    let next = match page.older {
        Some(before) => {
            let href = format!("{home}?{}", LogQuery { before, ..query }.to_address());
            view! { <a class="btn btn-secondary btn-sm" href=href rel="next">"Older"</a> }.into_any()
        }
        None => view! { <span class="btn btn-secondary btn-sm" aria-disabled="true">"Older"</span> }.into_any(),
    };
    let follow = match (&live, first) {
        (Some(_), _) => {
            view! { <a class="btn btn-secondary btn-sm" href=format!("{home}?{whole}")>"Stop following"</a> }.into_any()
        }
        (None, true) => {
            view! { <a class="btn btn-secondary btn-sm js-only" href=format!("{home}?{whole}&live=true")>"Follow live"</a> }
                .into_any()
        }
        (None, false) => {
            view! { <a class="btn btn-secondary btn-sm" href=format!("{home}?{whole}")>"Newest"</a> }.into_any()
        }
    };
    let stale = live.is_some().then(|| {
        view! { <p class="muted small" role="status"><span data-live-stale hidden>"Not live at the moment: reload the page for what is now."</span></p> }
    });
    view! {
        <div><div class="stack" data-live=live.and_then(super::live)><Days items=page.items home/></div>{stale}</div>
        <nav class="paging" aria-label="Pages"><p class="muted small">"Newest first"</p>{follow}{next}</nav>
    }
}

/// Events under their days.
#[component]
pub fn Days(items: Vec<LogItem>, home: String) -> impl IntoView {
    if items.is_empty() {
        return view! { <p class="muted">"Nothing fits this filter."</p> }.into_any();
    }
    let mut days: Vec<(String, Vec<LogItem>)> = Vec::new();
    for item in items {
        match days.last_mut() {
            Some((day, items)) if *day == item.day => items.push(item),
            _ => days.push((item.day.clone(), vec![item])),
        }
    }
    days.into_iter()
        .map(|(day, items)| { let home = home.clone(); view! { <div class="stack stack-sm"><h2 class="log-day">{day}</h2><ol class="log">{items.into_iter().map(|item| view! { <Row item home=home.clone()/> }).collect_view()}</ol></div> } })
        .collect_view()
        .into_any()
}

/// Events without days and paging: those of a part of a page.
#[component]
pub(super) fn EventList(items: Vec<LogItem>, home: String, nothing: &'static str) -> impl IntoView {
    if items.is_empty() {
        return view! { <p class="muted">{nothing}</p> }.into_any();
    }
    let cut = (items.len() as u64 >= LISTED)
        .then(|| view! { <p class="muted small">"The newest hundred. The rest is in the log of this period."</p> });
    let rows = items.into_iter().map(|item| view! { <Row item dated=true home=home.clone()/> }).collect_view();
    view! { <ol class="log">{rows}</ol> {cut} }.into_any()
}

#[component]
fn Row(item: LogItem, home: String, #[prop(optional)] dated: bool) -> impl IntoView {
    let reason = item.reason.map(|reason| view! { " (" <code>{reason}</code> ")" });
    view! {
        <li>
            <details id=format!("at-{}", item.id)>
                <summary>
                    <time class="time" datetime=item.at.iso title=item.at.absolute>{if dated { item.at.words } else { item.clock }}</time>
                    <span class="log-text"><strong>{item.actor}</strong>{format!(" {} ", item.sentence)}{item.target.map(|t| view! { <strong>{t}</strong> })}{reason}</span>
                    <OutcomeBadge outcome=item.outcome/>
                    <Icon name="chevron-right"/>
                </summary>
                <pre tabindex="0"><code>{item.raw}</code></pre>
                <p class="log-more"><a href=format!("{home}/{}", item.id)>"This event and its proof"</a></p>
            </details>
        </li>
    }
}
