//! One incident: where it stands, what stops the damage, who does what, what happened.

pub mod containment;
mod evidence;
mod facts;
mod lessons;
mod matrix;
mod notices;
mod steps;
mod tasks;
pub mod timeline;

use std::future::Future;

use leptos::prelude::*;
use leptos_meta::Title;
use model::{
    ids::{IncidentId, TeamId},
    incident::State,
};

use self::{
    containment::ContainmentCard,
    facts::{DutiesCard, FactsCard},
    steps::StepsCard,
    timeline::TimelineCard,
};
pub use self::{
    evidence::IncidentEvidencePage, lessons::IncidentLessonsPage, notices::IncidentNoticesPage, tasks::IncidentTasksPage,
};
pub(super) use self::{matrix::Matrix, tasks::phases};
use super::{
    incidents::{ClockBadge, SeverityTag},
    param, team,
};
use crate::{
    Failure,
    api::{
        Moment,
        incidents::{IncidentDetail, IncidentItem, incident},
    },
    components::{At, Badge, Crumbs, PageHeader, loaded},
};

/// The parts of an incident's page, each at an address of its own.
const TABS: [(&str, &str); 5] =
    [("", "Overview"), ("/tasks", "Tasks"), ("/evidence", "Evidence"), ("/notices", "Notices"), ("/lessons", "Lessons")];

/// Where it stands, what stops the damage, who does what, what happened.
#[component]
pub fn IncidentPage() -> impl IntoView {
    framed("", incident, |detail| detail.item.clone(), |team, detail| view! { <Overview team detail/> }.into_any())
}

/// What is read, under the head that every part has.
fn framed<T, R>(
    tab: &'static str,
    read: impl FnOnce(TeamId, IncidentId) -> R,
    item: impl FnOnce(&T) -> IncidentItem + Send + 'static,
    body: impl FnOnce(TeamId, T) -> AnyView + Send + 'static,
) -> impl IntoView
where
    T: 'static,
    R: Future<Output = Result<T, Failure>> + Send + 'static,
{
    let (team, id) = (team(), param::<IncidentId>("incident"));
    loaded(read(team, id), move |all| {
        let item = item(&all);
        view! { <Head team item/> <Tabs team id current=tab/> {body(team, all)} }.into_any()
    })
}

#[component]
fn Head(team: TeamId, item: IncidentItem) -> impl IntoView {
    let tags = view! {
        <SeverityTag severity=item.severity/>
        {item.restricted.then(|| view! { <Badge tone="neutral" word="Restricted"/> })}
        {item.drill.then(|| view! { <Badge tone="neutral" word="Drill"/> })}
        {item.clocks.iter().cloned().map(|clock| view! { <ClockBadge clock/> }).collect_view()}
    };
    let lead = format!("{}. {}", item.code, item.state.meaning());
    view! {
        <Title text=item.title.clone()/>
        <Crumbs home=format!("/teams/{team}/incidents") place="Incidents" here=item.code.clone()/>
        <PageHeader title=item.title.clone() lead tags=tags.into_any()/>
    }
}

#[component]
fn Tabs(team: TeamId, id: IncidentId, current: &'static str) -> impl IntoView {
    let tabs = TABS.into_iter().map(|(part, word)| {
        let here = (part == current).then_some("page");
        view! { <li><a href=format!("/teams/{team}/incidents/{id}{part}") aria-current=here>{word}</a></li> }
    });
    view! { <nav class="tabs" aria-label="Parts of this incident"><ul>{tabs.collect_view()}</ul></nav> }
}

#[component]
fn Overview(team: TeamId, detail: IncidentDetail) -> impl IntoView {
    let item = detail.item.clone();
    view! {
        <Line line=detail.line.clone() state=item.state/>
        {detail.merged_into.map(|into| view! { <p>"It goes on as a part of " <a href=format!("/teams/{team}/incidents/{into}")>"another incident"</a> "."</p> })}
        <StepsCard team detail=detail.clone()/>
        <ContainmentCard team incident=item.id over=item.state.is_over() containment=detail.containment.clone()/>
        <DutiesCard team detail=detail.clone()/>
        <FactsCard team detail=detail.clone()/>
        <TimelineCard team incident=item.id over=item.state.is_over() timeline=detail.timeline/>
    }
}

/// The states of the line, with the times at which they were reached.
#[component]
fn Line(line: Vec<(State, Option<Moment>)>, state: State) -> impl IntoView {
    let phases = line
        .into_iter()
        .map(|(one, at)| {
            let here = one == state;
            let reached = at.is_some();
            view! {
                <li class="phase" data-reached=reached.then_some("true") aria-current=here.then_some("step")>
                    <span class="phase-name">{one.title()}</span>
                    <span class="phase-at">{at.map(|moment| view! { <At moment/> })}</span>
                </li>
            }
        })
        .collect_view();
    let ended = matches!(state, State::Dismissed | State::Merged)
        .then(|| view! { <li class="phase" aria-current="step"><span class="phase-name">{state.title()}</span></li> });
    view! { <ol class="phases" aria-label="How far it is">{phases}{ended}</ol> }
}
