use leptos::prelude::*;
use leptos_meta::Title;
use model::{Permission, ids::TeamId};

use super::{may, team};
use crate::{
    api::gateways::{IdleItem, StopIdle, idle_gateways},
    components::{Act, ActForm, Choice, Crumbs, EmptyState, Hidden, PageHeader, Submit, loaded},
};

/// Gateways and keys that nothing used for thirty days, stopped in one step.
#[component]
pub fn IdleGatewaysPage() -> impl IntoView {
    let team = team();
    view! {
        <Title text="Unused gateways and keys"/>
        <Crumbs home=format!("/teams/{team}/gateways") place="Gateways" here="Unused"/>
        <PageHeader title="Unused gateways and keys" lead="What nothing used for thirty days or more is a way in that nobody would miss. Canaries are not listed."/>
        {loaded(idle_gateways(team), move |all| view! { <All team all/> }.into_any())}
    }
}

#[component]
fn All(team: TeamId, all: Vec<IdleItem>) -> impl IntoView {
    if all.is_empty() {
        return view! { <EmptyState icon="check" title="Everything is in use" text="No gateway and no live key was unused for thirty days."/> }.into_any();
    }
    let act = Act::of::<StopIdle>();
    let stops = may(Permission::ManageGateways);
    let gateways = all.iter().filter_map(|one| Some((one, one.days?))).map(|(one, days)| {
        view! { <Choice name="gateways[]" value=one.id.to_string() label=one.name.clone() hint=format!("{}: nothing used it for {days} days. Disabled, it can be enabled again.", one.environment.title()) checked=true act/> }
    });
    let gateways = (all.iter().any(|one| one.days.is_some())).then(|| group("Gateways", gateways.collect_view().into_any()));
    // A gateway that is disabled needs no key revoked, and can go on with it.
    let keys = all.iter().flat_map(|one| one.keys.iter().map(move |(key, days)| (one, key, days))).map(|(one, key, days)| {
        view! { <Choice name="keys[]" value=key.clone() label=format!("{}: {key}", one.name) hint=format!("Unused for {days} days. Revoked, it is gone for good.") checked=one.days.is_none() act/> }
    });
    let keys = (all.iter().any(|one| !one.keys.is_empty())).then(|| group("Keys", keys.collect_view().into_any()));
    view! {
        <section class="card" aria-label="Unused">
            <ActForm act class="form">
                <Hidden name="team" value=team.to_string()/>
                {gateways}
                {keys}
                {stops.then(|| view! { <Submit label="Stop what is ticked" class="btn-danger"/> })}
            </ActForm>
        </section>
    }
    .into_any()
}

fn group(title: &'static str, choices: AnyView) -> impl IntoView {
    view! { <fieldset class="group"><legend>{title}</legend><div class="choices">{choices}</div></fieldset> }
}
