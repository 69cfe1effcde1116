//! One incident: where it stands, what stops the damage, who does what, what happened.

pub mod containment;
mod facts;
mod steps;
pub mod timeline;

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
use super::{
    incidents::{ClockBadge, SeverityTag},
    param, team,
};
use crate::{
    api::{
        Moment,
        incidents::{IncidentDetail, incident},
    },
    components::{At, Badge, Crumbs, PageHeader, loaded},
};

#[component]
pub fn IncidentPage() -> impl IntoView {
    let (team, id) = (team(), param::<IncidentId>("incident"));
    loaded(incident(team, id), move |detail| view! { <Page team detail/> }.into_any())
}

#[component]
fn Page(team: TeamId, detail: IncidentDetail) -> impl IntoView {
    let item = detail.item.clone();
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
