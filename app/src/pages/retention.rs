use leptos::prelude::*;
use leptos_meta::Title;
use model::{Permission, ids::TeamId};

use super::{Allowed, stepped_up, team};
use crate::{
    api::retention::{HoldItem, LiftHold, PlaceHold, RetentionDetail, retention},
    components::{
        Act, ActForm, At, Badge, Crumbs, FailedElsewhere, Field, Gated, Hidden, PageHeader, StepUpGate, Submit, loaded,
    },
};

/// How long this Team's log is kept, and what keeps it longer.
#[component]
pub fn RetentionPage() -> impl IntoView {
    let team = team();
    view! {
        <Title text="Retention of the log"/>
        <Crumbs home=format!("/teams/{team}/log") place="Log" here="Retention"/>
        <PageHeader title="Retention" lead="How long the log is kept, and what keeps it longer."/>
        {loaded(retention(team), move |detail| view! { <Detail team detail/> }.into_any())}
    }
}

#[component]
fn Detail(team: TeamId, detail: RetentionDetail) -> impl IntoView {
    let held = detail.holds.iter().any(|hold| hold.lifted.is_none());
    let oldest = detail.oldest.map(|at| view! { <p>"The oldest event of this Team was recorded " <At moment=at/> "."</p> });
    let until = detail.since.map(|at| view! { " Now that is everything since " {at.absolute} "." });
    let place = Act::of::<PlaceHold>();
    let standing = detail.holds.iter().filter(|hold| hold.lifted.is_none()).map(|hold| hold.id.to_string()).collect();
    view! {
        <section class="card" aria-labelledby="kept-h">
            <h2 id="kept-h">"Kept for " {detail.months} " months"</h2>
            <p>"Every event is kept for " {detail.months} " months." {until} " Older ones are taken away, but not their hashes: what is left can be proved as before, and that events were taken away is signed and in the log itself. The period is a setting of this installation, twelve months at least; a hold of another Team may keep the log longer."</p>
            {oldest}
            {held.then(|| view! { <p><Badge tone="attention" word="On hold"/> " Nothing of this Team's log is taken away while a hold stands."</p> })}
        </section>
        <section class="card" aria-labelledby="holds-h">
            <h2 id="holds-h">"Legal holds"</h2>
            <p class="muted">"A hold keeps the whole log of this Team, for an incident, a court or an inquiry, until fourteen days after somebody lifts it."</p>
            <FailedElsewhere act={Act::of::<LiftHold>()} field="hold" there=standing/>
            {(!detail.holds.is_empty()).then(|| view! { <Holds team holds=detail.holds.clone()/> })}
            <Allowed to=Permission::HoldLog>
                <StepUpGate open=stepped_up() act="place or lift a legal hold on the log">
                    <ActForm act=place class="form">
                        <Hidden name="team" value=team.to_string()/>
                        <Field name="reason" label="Reason" hint="Auditors read it: a case number or an incident." act=place/>
                        <Submit label="Place a hold" class="btn-secondary"/>
                    </ActForm>
                </StepUpGate>
            </Allowed>
        </section>
    }
}

#[component]
fn Holds(team: TeamId, holds: Vec<HoldItem>) -> impl IntoView {
    let rows = holds.into_iter().map(|hold| view! { <Row team hold/> }).collect_view();
    view! {
        <div class="table-wrap"><table class="table">
            <caption class="visually-hidden">"Legal holds"</caption>
            <thead><tr><th scope="col">"Reason"</th><th scope="col">"Placed by"</th><th scope="col">"Lifted by"</th></tr></thead>
            <tbody>{rows}</tbody>
        </table></div>
    }
}

#[component]
fn Row(team: TeamId, hold: HoldItem) -> impl IntoView {
    let named = hold.reason.clone();
    let lift = Act::of::<LiftHold>().only_for("hold", &hold.id.to_string());
    let (by, at) = hold.placed;
    let lifted = match hold.lifted {
        Some((by, at)) => view! { <div>{by}<span class="cell-sub"><At moment=at/></span></div> }.into_any(),
        None => view! {
            <div class="stack stack-sm">
                <Badge tone="attention" word="Stands"/>
                <Allowed to=Permission::HoldLog>
                    <Gated open={stepped_up() || lift.failed()} act=format!("lift the legal hold “{named}”")>
                        <ActForm act=lift>
                            <Hidden name="team" value=team.to_string()/>
                            <Hidden name="hold" value=hold.id.to_string()/>
                            <Submit label="Lift" class="btn-danger-quiet"/>
                        </ActForm>
                    </Gated>
                </Allowed>
            </div>
        }
        .into_any(),
    };
    view! {
        <tr>
            <th scope="row">{hold.reason}</th>
            <td data-label="Placed by"><div>{by}<span class="cell-sub"><At moment=at/></span></div></td>
            <td data-label="Lifted by">{lifted}</td>
        </tr>
    }
}
