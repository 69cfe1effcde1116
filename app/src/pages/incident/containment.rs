use leptos::prelude::*;
use model::{
    Permission,
    ids::{IncidentId, TeamId},
    incident::MeasureState,
};

use super::super::{live, may, stepped_up};
use crate::{
    api::measures::{
        Containment, Held, LiftMeasure, MeasureChoice, MeasureItem, OrderMeasure, RetryMeasure, WithdrawMeasure,
    },
    components::{Act, ActForm, At, Badge, Hidden, StepUpGate, Submit},
};

/// Measures: what may be ordered with what it will stop, what was ordered, and who still holds a token.
#[component]
pub(super) fn ContainmentCard(team: TeamId, incident: IncidentId, over: bool, containment: Containment) -> impl IntoView {
    // A lock can be lifted, and a measure withdrawn, when the incident is over too.
    let runs = may(Permission::RunIncidents);
    let Containment { measures, choices, held, alone } = containment;
    let nothing = measures.is_empty() && choices.is_empty();
    let choices = (runs && !over && !choices.is_empty()).then(|| view! { <Choices team incident choices/> });
    view! {
        <section class="card" aria-labelledby="contain-h">
            <h2 id="contain-h">"Containment"</h2>
            {nothing.then(|| view! { <p class="muted">"Nothing fits. Name what it is about under Facts."</p> })}
            {(!measures.is_empty()).then(|| view! { <Ordered team incident runs measures/> })}
            <div>
                <div data-live=live(format!("/live/teams/{team}/incidents/{incident}/holders"))><Holders held/></div>
                <p class="muted small" role="status"><span data-live-stale hidden>"Not live at the moment: reload the page for what is now."</span></p>
            </div>
            {(alone && !over).then(|| view! { <p class="muted small">"Nobody else in this Team could lift a lock that you place: then whoever operates this Portal does, on its machine ("<code>"portal incident lift"</code>")."</p> })}
            {choices}
        </section>
    }
}

#[component]
fn Choices(team: TeamId, incident: IncidentId, choices: Vec<MeasureChoice>) -> impl IntoView {
    let act = Act::of::<OrderMeasure>();
    let rows = choices.into_iter().map(|choice| {
        let act = act.only_for("measure_kind", choice.kind.as_str()).only_for("target", &choice.target);
        let stops = view! { <span class="cell-sub">{choice.stops.clone()}</span> };
        view! {
            <li class="measure">
                <div><strong>{choice.kind.title()}</strong>": "{choice.name.clone()}<span class="cell-sub">{choice.kind.effect()}</span>{stops}</div>
                <ActForm act>
                    <Hidden name="team" value=team.to_string()/>
                    <Hidden name="incident" value=incident.to_string()/>
                    <Hidden name="measure_kind" value=choice.kind.as_str()/>
                    <Hidden name="target" value=choice.target.clone()/>
                    <Submit label=choice.kind.title() class="btn-secondary"/>
                </ActForm>
            </li>
        }
    });
    view! { <h3>"Measures that fit"</h3><ul class="measures">{rows.collect_view()}</ul> }
}

#[component]
fn Ordered(team: TeamId, incident: IncidentId, runs: bool, measures: Vec<MeasureItem>) -> impl IntoView {
    let rows = measures.into_iter().map(|measure| view! { <Measure team incident runs measure/> }).collect_view();
    view! { <ul class="measures">{rows}</ul> }
}

#[component]
fn Measure(team: TeamId, incident: IncidentId, runs: bool, measure: MeasureItem) -> impl IntoView {
    let (tone, word) = match measure.state {
        MeasureState::Done => ("ok", "Done"),
        MeasureState::Ordered => ("pending", "Under way"),
        MeasureState::Failed => ("danger", "Failed"),
        MeasureState::Lifted => ("neutral", "Lifted"),
    };
    let (by, at) = measure.ordered.clone();
    let open = matches!(measure.state, MeasureState::Ordered | MeasureState::Failed);
    let withdraw = Act::of::<WithdrawMeasure>().only_for("measure", &measure.id.to_string());
    let (retry, lift) = (Act::of::<RetryMeasure>(), Act::of::<LiftMeasure>());
    let (retry, lift) =
        (retry.only_for("measure", &measure.id.to_string()), lift.only_for("measure", &measure.id.to_string()));
    let form = move |act: Act, label: &'static str, class: &'static str| {
        view! {
            <ActForm act>
                <Hidden name="team" value=team.to_string()/>
                <Hidden name="incident" value=incident.to_string()/>
                <Hidden name="measure" value=measure.id.to_string()/>
                <Submit label class/>
            </ActForm>
        }
    };
    let lifted = measure
        .lifted
        .clone()
        .map(|(who, at)| view! { <span class="cell-sub">"Lifted by " {who} " " <At moment=at/></span> });
    let page = measure.page.clone().map(|page| view! { <a href=page>"To the app’s page"</a> });
    let act = match (runs, open, measure.may_lift) {
        (true, true, _) => view! { <div class="row">{form(retry, "Try again", "btn-secondary")}{form(withdraw, "Withdraw", "btn-quiet")}</div> }.into_any(),
        (true, false, true) => view! {
            <StepUpGate open=stepped_up() act=format!("lift the lock on {}", measure.target)>{form(lift, "Lift the lock", "btn-danger-quiet")}</StepUpGate>
        }
        .into_any(),
        _ => ().into_any(),
    };
    view! {
        <li class="measure">
            <div>
                <strong>{measure.kind.title()}</strong>": "{measure.target} " " <Badge tone word/>
                <span class="cell-sub">{measure.result}" "{page}</span>
                <span class="cell-sub">"Ordered by " {by} " " <At moment=at/></span>
                {lifted}
            </div>
            {act}
        </li>
    }
}

/// Amazon has no call that ends a token: what is out there dies by itself.
#[component]
pub fn Holders(held: Held) -> impl IntoView {
    let Held { stopped, holders, last_end } = held;
    if !stopped {
        return ().into_any();
    }
    let Some(last_end) = last_end else {
        return view! { <p><Badge tone="ok" word="Nothing of it holds a token any more"/></p> }.into_any();
    };
    let rows = holders
        .into_iter()
        .map(|holder| view! { <tr><th scope="row">{holder.gateway}</th><td data-label="Connection">{holder.connection}</td><td data-label="Ends"><At moment=holder.ends/></td></tr> })
        .collect_view();
    view! {
        <h3>"Who still holds a token"</h3>
        <p>"What was stopped receives no new one. Amazon has no call that ends a token: the last of these dies " <strong><At moment=last_end/></strong> "."</p>
        <div class="table-wrap"><table class="table">
            <caption class="visually-hidden">"Tokens that still live"</caption>
            <thead><tr><th scope="col">"Gateway"</th><th scope="col">"Connection"</th><th scope="col">"Ends"</th></tr></thead>
            <tbody>{rows}</tbody>
        </table></div>
    }
    .into_any()
}
