use leptos::prelude::*;
use model::{
    Permission,
    ids::TeamId,
    incident::{Reach, Severity, Step},
};

use super::{
    super::{may, stepped_up},
    matrix::Matrix,
};
use crate::{
    api::incidents::{IncidentDetail, JudgeIncident, MergeIncident, TakeStep},
    components::{Act, ActForm, Choice, Field, Hidden, Select, StepUpGate, Submit, TextArea},
};

/// What is asked for at a step.
fn question(step: Step) -> &'static str {
    match step {
        Step::Triage => "Why is it an incident, and how far may it reach?",
        Step::Contain => "What keeps it from spreading?",
        Step::Eradicate => "What was the cause, and how is it gone?",
        Step::Recover => "What runs again?",
        Step::Review => "Anything beside the post-mortem?",
        Step::Close => "What is left to be done elsewhere?",
        Step::Dismiss => "Why is it no incident?",
        Step::Merge => "Why is it the same?",
    }
}

/// What may be done now: one form a step, and the judgement.
#[component]
pub(super) fn StepsCard(team: TeamId, detail: IncidentDetail) -> impl IntoView {
    if detail.steps.is_empty() || !may(Permission::RunIncidents) {
        return None;
    }
    let (id, code) = (detail.item.id.to_string(), detail.item.code.clone());
    let act = Act::of::<TakeStep>();
    let on: Vec<_> = detail.steps.iter().filter(|(step, _)| *step != Step::Merge).cloned().collect();
    let forms = on.into_iter().enumerate().map(|(n, (step, first))| {
        if let Some(first) = first {
            return view! { <p class="muted">{step.title()}": " {first}</p> }.into_any();
        }
        let act = act.only_for("step", step.as_str());
        let id = id.clone();
        let open = step != Step::Dismiss || stepped_up();
        view! {
            <details class="disclosure" open=act.failed() || n == 0>
                <summary>{step.title()}"…"</summary>
                <StepUpGate open=open act=format!("dismiss the incident {code}")>
                    <ActForm act class="form">
                        <Hidden name="team" value=team.to_string()/>
                        <Hidden name="incident" value=id.clone()/>
                        <Hidden name="step" value=step.as_str()/>
                        <TextArea name="note" id=format!("note-{}", step.as_str()) label=question(step) required=step.needs_note() act/>
                        <Field name="at" id=format!("at-{}", step.as_str()) label="When? (UTC)" hint="Leave it empty for now." kind="datetime-local" optional=true act/>
                        <Submit label=step.title() class=if n == 0 { "btn-primary" } else { "btn-secondary" }/>
                    </ActForm>
                </StepUpGate>
            </details>
        }
        .into_any()
    });
    let first = detail.steps.iter().find(|(step, _)| *step == Step::Merge).and_then(|(_, first)| first.clone());
    let may_merge = detail.steps.contains(&(Step::Merge, None));
    let first = first.map(|first| view! { <p class="muted">{Step::Merge.title()}": " {first}</p> });
    let merge = (may_merge && !detail.others.is_empty()).then(|| view! { <Merge team detail=detail.clone()/> });
    Some(view! {
        <section class="card" aria-labelledby="steps-h">
            <h2 id="steps-h">"Next"</h2>
            {forms.collect_view()}
            <Judge team id=id.clone() severity=detail.item.severity/>
            {merge}
            {first}
        </section>
    })
}

/// A judgement by the matrix.
#[component]
fn Judge(team: TeamId, id: String, severity: Severity) -> impl IntoView {
    let act = Act::of::<JudgeIncident>();
    let reaches = Reach::ALL.iter().map(|reach| (reach.as_str().to_owned(), reach.title().to_owned())).collect();
    view! {
        <details class="disclosure" open=act.failed()>
            <summary>"Severity: "{severity.title()}"…"</summary>
            <Matrix severity=Some(severity)/>
            <ActForm act class="form">
                <Hidden name="team" value=team.to_string()/>
                <Hidden name="incident" value=id/>
                <Select name="reach" label="What could be reached?" options=reaches act/>
                <Choice name="confirmed" value="true" label="It is known that somebody did" act/>
                <Submit label="Judge" class="btn-secondary"/>
            </ActForm>
        </details>
    }
}

#[component]
fn Merge(team: TeamId, detail: IncidentDetail) -> impl IntoView {
    let act = Act::of::<MergeIncident>();
    let others = detail.others.iter().map(|(id, name)| (id.to_string(), name.clone())).collect();
    view! {
        <details class="disclosure" open=act.failed()>
            <summary>"Merge…"</summary>
            <ActForm act class="form">
                <Hidden name="team" value=team.to_string()/>
                <Hidden name="incident" value=detail.item.id.to_string()/>
                <Select name="into" label="Into" options=others act/>
                <Field name="note" id="merge-note" label=question(Step::Merge) act/>
                <Submit label="Merge" class="btn-secondary"/>
            </ActForm>
        </details>
    }
}
