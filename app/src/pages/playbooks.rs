use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use model::{
    Permission,
    ids::TeamId,
    incident::{Kind, Phase},
};

use super::{incident::phases, may, team};
use crate::{
    api::tasks::{AddPlaybookTask, PlaybookDetail, RemovePlaybookTask, RestorePlaybook, playbook},
    components::{Act, ActForm, Badge, Crumbs, Field, Hidden, PageHeader, Select, Submit, loaded},
};

/// What is done in an incident of each kind: data that a Team edits.
#[component]
pub fn PlaybooksPage() -> impl IntoView {
    let team = team();
    let asked = use_query_map().read_untracked().get("kind").unwrap_or_default();
    let kind = Kind::parse(&asked).unwrap_or(Kind::LeakedSecret);
    let tabs = Kind::ALL.iter().map(|one| {
        let here = (*one == kind).then_some("page");
        view! { <li><a href=format!("/teams/{team}/incidents/playbooks?kind={}", one.as_str()) aria-current=here>{one.title()}</a></li> }
    });
    view! {
        <Title text="Playbooks"/>
        <Crumbs home=format!("/teams/{team}/incidents") place="Incidents" here="Playbooks"/>
        <PageHeader title="Playbooks" lead="What is done in an incident of each kind. A report copies its tasks into the incident; changing a playbook changes no incident."/>
        <nav class="tabs" aria-label="Kinds of incidents"><ul>{tabs.collect_view()}</ul></nav>
        {loaded(playbook(team, kind.as_str().to_owned()), move |detail| view! { <Page team detail/> }.into_any())}
    }
}

#[component]
fn Page(team: TeamId, detail: PlaybookDetail) -> impl IntoView {
    let runs = may(Permission::RunIncidents);
    let kind = detail.kind;
    let restore = Act::of::<RestorePlaybook>();
    let own = detail.is_own;
    let lists = Phase::ALL.iter().map(|phase| {
        let tasks: Vec<_> = detail.tasks.iter().filter(|(of, _, _)| of == phase).cloned().collect();
        (!tasks.is_empty()).then(|| view! { <PhaseCard team kind phase=*phase tasks runs/> })
    });
    let whose = if own {
        view! { <Badge tone="neutral" word="Your Team's own"/> }
    } else {
        view! { <Badge tone="neutral" word="Comes with Portal"/> }
    };
    view! {
        <p>{whose}</p>
        {lists.collect_view()}
        {runs.then(|| view! { <Add team kind/> })}
        {(runs && own).then(|| view! {
            <ActForm act=restore>
                <Hidden name="team" value=team.to_string()/>
                <Hidden name="kind" value=kind.as_str()/>
                <Submit label="Go back to the one that comes with Portal" class="btn-quiet"/>
            </ActForm>
        })}
    }
}

#[component]
fn PhaseCard(team: TeamId, kind: Kind, phase: Phase, tasks: Vec<(Phase, String, i32)>, runs: bool) -> impl IntoView {
    let remove = Act::of::<RemovePlaybookTask>();
    let rows = tasks.into_iter().map(|(_, title, hours)| {
        let act = remove.only_for("title", &title);
        let label = format!("Take away: {title}");
        view! {
            <li class="measure">
                <div>{title.clone()}<span class="cell-sub">{within(hours)}</span></div>
                {runs.then(|| view! {
                    <ActForm act>
                        <Hidden name="team" value=team.to_string()/>
                        <Hidden name="kind" value=kind.as_str()/>
                        <Hidden name="title" value=title/>
                        <div class="form-actions"><button type="submit" class="btn btn-quiet" aria-label=label>"Take away"</button></div>
                        <crate::components::Here/>
                    </ActForm>
                })}
            </li>
        }
    });
    view! {
        <section class="card" aria-labelledby=format!("{}-h", phase.as_str())>
            <h2 id=format!("{}-h", phase.as_str())>{phase.title()}</h2>
            <ul class="measures">{rows.collect_view()}</ul>
        </section>
    }
}

fn within(hours: i32) -> String {
    match hours {
        1 => "Within an hour of the detection".to_owned(),
        hours if hours % 24 == 0 && hours > 48 => format!("Within {} days of the detection", hours / 24),
        hours => format!("Within {hours} hours of the detection"),
    }
}

#[component]
fn Add(team: TeamId, kind: Kind) -> impl IntoView {
    let act = Act::of::<AddPlaybookTask>();
    view! {
        <section class="card" aria-labelledby="add-h">
            <h2 id="add-h">"Add a task"</h2>
            <ActForm act class="form">
                <Hidden name="team" value=team.to_string()/>
                <Hidden name="kind" value=kind.as_str()/>
                <Field name="title" label="What is to be done?" act/>
                <Select name="phase" label="To" options=phases() act/>
                <Field name="hours" label="Within how many hours of the detection?" value="24" act/>
                <Submit label="Add to the playbook" class="btn-secondary"/>
            </ActForm>
        </section>
    }
}
