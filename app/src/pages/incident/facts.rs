use leptos::prelude::*;
use model::{Permission, ids::TeamId};

use super::super::{may, stepped_up};
use crate::{
    api::{
        incidents::{DutyItem, GiveDuty, IncidentDetail, NameTarget, RestrictIncident, SettleAmazon},
        metrics::SetBeginning,
    },
    components::{Act, ActForm, At, Field, Hidden, Select, StepUpGate, Submit, TextArea},
};

/// Who does what.
#[component]
pub(super) fn DutiesCard(team: TeamId, detail: IncidentDetail) -> impl IntoView {
    let runs = may(Permission::RunIncidents) && !detail.item.state.is_over();
    let members: Vec<_> = detail.members.iter().map(|(id, name)| (id.to_string(), name.clone())).collect();
    let id = detail.item.id.to_string();
    let rows = detail.duties.into_iter().map(|duty| {
        let (members, id) = (members.clone(), id.clone());
        view! { <Duty team id duty members runs/> }
    });
    view! {
        <section class="card" aria-labelledby="duties-h">
            <h2 id="duties-h">"Who does what"</h2>
            <ul class="measures">{rows.collect_view()}</ul>
        </section>
    }
}

#[component]
fn Duty(team: TeamId, id: String, duty: DutyItem, members: Vec<(String, String)>, runs: bool) -> impl IntoView {
    let act = Act::of::<GiveDuty>().only_for("duty", duty.duty.as_str());
    let selected = duty.holder.as_ref().map(|(id, _, _)| id.to_string()).unwrap_or_default();
    let holder = duty.holder.map_or_else(
        || view! { <span class="muted">"nobody yet"</span> }.into_any(),
        |(_, name, since)| view! { <span>{name}" since "<At moment=since/></span> }.into_any(),
    );
    view! {
        <li class="measure">
            <div><strong>{duty.duty.title()}</strong>": "{holder}<span class="cell-sub">{duty.duty.purpose()}</span></div>
            {runs.then(|| view! {
                <details class="disclosure" open=act.failed()>
                    <summary>"Give…"</summary>
                    <ActForm act class="form">
                        <Hidden name="team" value=team.to_string()/>
                        <Hidden name="incident" value=id/>
                        <Hidden name="duty" value=duty.duty.as_str()/>
                        <Select name="user" id=format!("user-{}", duty.duty.as_str()) label="To" options=members selected=selected act/>
                        <Submit label="Give the duty" class="btn-secondary"/>
                    </ActForm>
                </details>
            })}
        </li>
    }
}

/// What is known of it, and whether Amazon must hear.
#[component]
pub(super) fn FactsCard(team: TeamId, detail: IncidentDetail) -> impl IntoView {
    let item = detail.item.clone();
    let runs = may(Permission::RunIncidents) && !item.state.is_over();
    let about = if detail.about.is_empty() { vec!["nothing named".to_owned()] } else { detail.about.clone() };
    let told = if detail.amazon_told { "was told: " } else { "need not be told: " };
    let settled = detail.amazon.clone().map(|(at, how)| view! { <span>{told}{how} " (" <At moment=at/> ")"</span> });
    let open = detail.amazon.is_none();
    let (restrict, settle) = (Act::of::<RestrictIncident>(), Act::of::<SettleAmazon>());
    let (name, begin) = (Act::of::<NameTarget>(), Act::of::<SetBeginning>());
    let began = detail.began.clone().map_or_else(|| "not known yet".into_any(), |moment| view! { <At moment/> }.into_any());
    view! {
        <section class="card" aria-labelledby="facts-h">
            <h2 id="facts-h">"Facts"</h2>
            <dl class="facts">
                <div><dt>"Kind"</dt><dd>{item.kind.title()}</dd></div>
                <div><dt>"Began"</dt><dd>{began}</dd></div>
                <div><dt>"Detected"</dt><dd><At moment=detail.detected.clone()/></dd></div>
                <div><dt>"Reported"</dt><dd><At moment=item.reported.clone()/>" by "{detail.reported_by.clone()}</dd></div>
                <div><dt>"About"</dt><dd>{about.join(", ")}</dd></div>
                <div><dt>"Amazon"</dt><dd>{settled}{open.then(|| view! { "not settled: Amazon hears within 24 hours of detection, by a " <a href=format!("/teams/{team}/incidents/{}/notices", item.id)>"notice"</a> })}</dd></div>
                <div><dt>"Seen by"</dt><dd>{if item.restricted { "owners, its reporter, and those with a duty" } else { "everybody in the Team" }}</dd></div>
            </dl>
            {runs.then(|| view! {
                <details class="disclosure" open=begin.failed()>
                    <summary>"Say when it began…"</summary>
                    <ActForm act=begin class="form">
                        <Hidden name="team" value=team.to_string()/>
                        <Hidden name="incident" value=item.id.to_string()/>
                        <Field name="began" label="When did it begin? (UTC)" hint="As far as you found out: how long it went unnoticed." kind="datetime-local" act=begin/>
                        <Submit label="Save" class="btn-secondary"/>
                    </ActForm>
                </details>
            })}
            {(runs && !detail.nameable.is_empty()).then(|| view! {
                <details class="disclosure" open=name.failed()>
                    <summary>"Name what it is about…"</summary>
                    <ActForm act=name class="form">
                        <Hidden name="team" value=team.to_string()/>
                        <Hidden name="incident" value=item.id.to_string()/>
                        <Select name="target" label="It is about" options=detail.nameable.clone() act=name/>
                        <Submit label="Name it" class="btn-secondary"/>
                    </ActForm>
                </details>
            })}
            {(runs && open).then(|| view! {
                <details class="disclosure" open=settle.failed()>
                    <summary>"Amazon need not be told…"</summary>
                    <StepUpGate open=stepped_up() act=format!("say that Amazon need not be told of {}", item.code)>
                        <ActForm act=settle class="form">
                            <Hidden name="team" value=team.to_string()/>
                            <Hidden name="incident" value=item.id.to_string()/>
                            <TextArea name="how" label="Why need Amazon not be told?" hint="Amazon's information, or credentials to it: then it must be told, by a notice." required=true act=settle/>
                            <Submit label="Settle" class="btn-secondary"/>
                        </ActForm>
                    </StepUpGate>
                </details>
            })}
            {runs.then(|| view! {
                {(!item.restricted).then(|| view! { <p class="muted small">"Restricted, it is hidden from those who have no part in it. What the log already says of it stays there."</p> })}
                <ActForm act=restrict>
                    <Hidden name="team" value=team.to_string()/>
                    <Hidden name="incident" value=item.id.to_string()/>
                    {(!item.restricted).then(|| view! { <Hidden name="restricted" value="true"/> })}
                    <Submit label=if item.restricted { "Open it to the Team" } else { "Restrict it" } class="btn-secondary"/>
                </ActForm>
            })}
        </section>
    }
}
