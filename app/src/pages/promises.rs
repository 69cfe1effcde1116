use leptos::prelude::*;
use leptos_meta::Title;
use model::{
    ids::TeamId,
    promise::{Part, Standing},
};

use super::{stepped_up, team};
use crate::{
    api::promises::{PromiseItem, PromisesDetail, promises},
    components::{At, Badge, FileForm, PageHeader, StepUpGate, loaded},
};

/// Every promise with what keeps it and what shows that it holds: for owners, auditors and Amazon's questionnaire.
#[component]
pub fn PromisesPage() -> impl IntoView {
    let team = team();
    view! {
        <Title text="Promises"/>
        <PageHeader title="Promises" lead="What Portal promises Amazon and this Team, what keeps each promise, and what shows that it holds."/>
        {loaded(promises(team), move |all| view! { <Promises team all/> }.into_any())}
    }
}

#[component]
fn Promises(team: TeamId, all: PromisesDetail) -> impl IntoView {
    let many = |standing| all.items.iter().filter(|item| item.standing == standing).count();
    let stat = |standing: Standing| view! { <div><dt>{standing.title()}</dt><dd>{many(standing)}</dd></div> };
    let stats = [Standing::Holds, Standing::Attention, Standing::Broken].map(stat).collect_view();
    let suite = match all.suite.clone() {
        Some((at, counts)) => view! { "The test suite ran "<At moment=at/>": "{counts}"." }.into_any(),
        None => view! { "How the test suite went is not known on this machine." }.into_any(),
    };
    view! {
        <dl class="stats">{stats}</dl>
        <section class="card" aria-labelledby="questionnaire-h">
            <h2 id="questionnaire-h">"For Amazon's questionnaire"</h2>
            <p class="muted">"The same as a file: as text to answer from, or as a table. It holds no secret, but it says how this Team protects itself. That it was taken is recorded."</p>
            <StepUpGate open=stepped_up() act="export what stands behind the promises">
                <FileForm class="row" action=format!("/teams/{team}/promises/export")>
                    <button type="submit" name="format" value="text" class="btn btn-secondary">"Download as text"</button>
                    <button type="submit" name="format" value="csv" class="btn btn-secondary">"Download as CSV"</button>
                </FileForm>
            </StepUpGate>
            <p class="muted small">"As of "{all.at.absolute.clone()}". "{suite}</p>
        </section>
        {Part::ALL.map(|part| view! { <PartCard part now=all.at.absolute.clone() items=all.items.clone()/> }).collect_view()}
    }
}

#[component]
fn PartCard(part: Part, now: String, items: Vec<PromiseItem>) -> impl IntoView {
    let (heading, label) = (format!("{part:?}-h"), format!("{part:?}-h"));
    let rows =
        items.into_iter().filter(|item| item.promise.part() == part).map(|item| view! { <Row item now=now.clone()/> });
    view! {
        <section class="card" aria-labelledby=label>
            <h2 id=heading>{part.title()}</h2>
            <ul class="promises">{rows.collect_view()}</ul>
        </section>
    }
}

#[component]
fn Row(item: PromiseItem, now: String) -> impl IntoView {
    let tone = match item.standing {
        Standing::Holds => "ok",
        Standing::Attention => "attention",
        Standing::Broken => "danger",
    };
    let checked = match item.checked {
        Some(at) if at.absolute == now => view! { "Checked now" }.into_any(),
        Some(at) => view! { "Checked "<At moment=at/> }.into_any(),
        None => view! { "Never checked" }.into_any(),
    };
    let tests = item.promise.tests().iter().map(|test| view! { <li><code>{*test}</code></li> }).collect_view();
    view! {
        <li class="promise" id=item.promise.as_str()>
            <h3>{item.promise.text()}</h3>
            <p class="muted">{item.promise.control()}</p>
            <p class="promise-proof"><Badge tone word=item.standing.title()/><span>{item.says}</span><span class="muted small">{checked}</span></p>
            <details class="disclosure"><summary>"Tests"</summary><ul class="plain-list small">{tests}</ul></details>
        </li>
    }
}
