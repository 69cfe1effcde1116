use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use super::team;
use crate::{
    api::log::{LogItem, LogItems, LogQuery, LogState, log},
    components::{At, Badge, Icon, OutcomeBadge, PageHeader, loaded},
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
    let get = |name: &str| params.read_untracked().get(name).unwrap_or_default();
    let query = LogQuery {
        action: get("action"),
        actor: get("actor"),
        target: get("target"),
        outcome: get("outcome"),
        from: get("from"),
        until: get("until"),
        before: get("before"),
    };
    view! {
        <Title text="Log"/>
        <PageHeader title="Log" lead="Everything that touched this Team, the newest first. Nothing in it can be changed, and reading it is an event too."/>
        {loaded(log(team, query.clone()), move |page| view! { <Standing state=page.state.clone()/> <Filters query=query.clone() page=page.clone()/> <Events query page home=format!("/teams/{team}/log")/> }.into_any())}
    }
}

/// How the log stands: in order, or not, in one line.
#[component]
pub(super) fn Standing(state: LogState) -> impl IntoView {
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
    view! { <p class="log-state"><Badge tone word/><span>{signed}</span>{seen}{foreign}{review}</p> }
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

            <label>"From (UTC)"<input name="from" type="datetime-local" value=query.from/></label>

            <label>"Until (UTC)"<input name="until" type="datetime-local" value=query.until/></label>
            <button type="submit" class="btn btn-secondary">"Apply"</button>
            <a class="btn btn-quiet" href="?">"Clear"</a>
        </form>
    }
}

/// The events of a page by day. `home` is the log's own address, where older ones stand.
#[component]
pub(super) fn Events(query: LogQuery, page: LogItems, home: String) -> impl IntoView {
    if page.items.is_empty() {
        return view! { <p class="muted">"Nothing fits this filter."</p> }.into_any();
    }
    let mut days: Vec<(String, Vec<LogItem>)> = Vec::new();
    for item in page.items {
        match days.last_mut() {
            Some((day, items)) if *day == item.day => items.push(item),
            _ => days.push((item.day.clone(), vec![item])),
        }
    }
    let days = days
        .into_iter()
        .map(|(day, items)| { let home = home.clone(); view! { <div class="stack stack-sm"><h2 class="log-day">{day}</h2><ol class="log">{items.into_iter().map(|item| view! { <Row item home=home.clone()/> }).collect_view()}</ol></div> } })
        .collect_view();
    let older = page.older.map(|before| {
        let LogQuery { action, actor, target, outcome, from, until, .. } = query;
        format!("{home}?action={action}&actor={actor}&target={target}&outcome={outcome}&from={from}&until={until}&before={before}")
    });
    let next = match older {
        Some(href) => view! { <a class="btn btn-secondary btn-sm" href=href rel="next">"Older"</a> }.into_any(),
        None => view! { <span class="btn btn-secondary btn-sm" aria-disabled="true">"Older"</span> }.into_any(),
    };
    view! {
        {days}
        <nav class="paging" aria-label="Pages"><p class="muted small">"Newest first"</p><a class="btn btn-secondary btn-sm" href="?">"Newest"</a>{next}</nav>
    }.into_any()
}

/// Events without days and paging: those of a part of a page.
#[component]
pub(super) fn EventList(items: Vec<LogItem>, home: String, nothing: &'static str) -> impl IntoView {
    if items.is_empty() {
        return view! { <p class="muted">{nothing}</p> }.into_any();
    }
    let rows = items.into_iter().map(|item| view! { <Row item dated=true home=home.clone()/> }).collect_view();
    view! { <ol class="log">{rows}</ol> }.into_any()
}

#[component]
fn Row(item: LogItem, home: String, #[prop(optional)] dated: bool) -> impl IntoView {
    let reason = item.reason.map(|reason| view! { " (" <code>{reason}</code> ")" });
    view! {
        <li>
            <details>
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
