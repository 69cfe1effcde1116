use leptos::prelude::*;
use leptos_meta::Title;
use model::ids::TeamId;

use super::team;
use crate::{
    api::teams::{Attention, Overview, read_overview},
    components::{Icon, Notice, PageHeader, loaded},
};

/// Where a Team stands: the first steps until all are done, figures always.
#[component]
pub fn OverviewPage() -> impl IntoView {
    let team = team();
    loaded(read_overview(team), move |overview| {
        view! {
            <Title text=overview.name.clone()/>
            <PageHeader title=overview.name.clone() lead="Amazon accounts, the gateways that use them, and what they did."/>
            <ToDo team attention=overview.attention.clone()/>
            <Figures overview=overview.clone()/>
            <FirstSteps team=team overview/>
        }
        .into_any()
    })
}

#[component]
fn Figures(overview: Overview) -> impl IntoView {
    view! {
        <dl class="stats">
            <div><dt>"Connections"</dt><dd>{overview.connections}</dd></div>
            <div><dt>"LWA apps"</dt><dd>{overview.apps}</dd></div>
            <div><dt>"Gateways"</dt><dd>{overview.gateways}</dd></div>
            <div><dt>"Live leases"</dt><dd>{overview.leases}</dd></div>
        </dl>
    }
}

#[component]
fn ToDo(team: TeamId, attention: Vec<Attention>) -> impl IntoView {
    let grave = attention.iter().any(|one| one.grave);
    let (tone, title) =
        if grave { ("danger", "Something stands still") } else { ("warning", "Something needs attention soon") };
    let any = !attention.is_empty();
    let items = attention
        .into_iter()
        .map(|one| view! { <li><a href=format!("/teams/{team}/{}", one.place)>{one.name}</a> ": " {one.what} "."</li> })
        .collect_view();
    any.then(|| view! { <Notice tone title><ul>{items}</ul></Notice> })
}

/// Ticks itself from what is there.
#[component]
fn FirstSteps(team: TeamId, overview: Overview) -> impl IntoView {
    let steps = [
        (
            overview.apps > 0,
            "Add your LWA app",
            "The client id and secret of your Amazon developer application.",
            "apps/new",
            "Add LWA app",
        ),
        (
            overview.connections > 0,
            "Connect an account",
            "By Amazon's consent page, or with a refresh token that you have.",
            "connections/new",
            "Connect account",
        ),
        (
            overview.gateways > 0,
            "Create a gateway",
            "The service that will ask for credentials, and what it may use.",
            "gateways/new",
            "Create gateway",
        ),
        (
            overview.keys > 0,
            "Make a gateway key",
            "Shown once. Your service keeps it in place of the seller's secrets.",
            "gateways",
            "Choose the gateway",
        ),
        (
            overview.issued,
            "Fetch the first credential",
            "Paste the curl from the gateway's page into a terminal.",
            "gateways",
            "Show the curl",
        ),
    ];
    let current = steps.iter().position(|step| !step.0);
    let items = steps
        .into_iter()
        .enumerate()
        .map(|(n, (done, title, text, href, action))| {
            let state = if done { "done" } else if Some(n) == current { "current" } else { "todo" };
            let marker = if done {
                view! { <Icon name="check"/><span class="visually-hidden">"Done:"</span> }.into_any()
            } else {
                (n + 1).into_any()
            };
            view! {
                <li data-state=state aria-current=(state == "current").then_some("step")>
                    <span class="step">{marker}</span>
                    <div>
                        <h3>{title}</h3>
                        <p>{text}</p>
                        {(state == "current").then(|| view! { <a class="btn btn-primary btn-sm" href=format!("/teams/{team}/{href}")>{action}</a> })}
                    </div>
                </li>
            }
        })
        .collect_view();
    if current.is_some() {
        return view! {
            <section class="card" aria-labelledby="steps">
                <h2 id="steps">"First steps"</h2>
                <ol class="checklist">{items}</ol>
            </section>
        }
        .into_any();
    }
    let quiet = overview.attention.is_empty().then(|| {
        view! {
            <section class="card" aria-labelledby="steps">
                <h2 id="steps">"All set"</h2>
                <p class="muted">"The first steps are done, and nothing waits for you."</p>
            </section>
        }
    });
    quiet.into_any()
}
