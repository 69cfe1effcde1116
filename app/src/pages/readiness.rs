use leptos::prelude::*;
use leptos_meta::Title;
use model::{Permission, ids::TeamId};

use super::{may, stepped_up, team};
use crate::{
    api::readiness::{AskDrill, ContactItem, DrillItem, DrillKindItem, PlanItem, ReviewPlan, SetContact, readiness},
    components::{Act, ActForm, At, Badge, Crumbs, Field, Hidden, PageHeader, StepUpGate, Submit, TextArea, loaded},
};

/// What must be there before something goes wrong.
#[component]
pub fn ReadinessPage() -> impl IntoView {
    let team = team();
    view! {
        <Title text="Readiness"/>
        <Crumbs home=format!("/teams/{team}/incidents") place="Incidents" here="Readiness"/>
        <PageHeader title="Readiness" lead="What must be there before something goes wrong."/>
        {loaded(readiness(team), move |all| view! {
            <PlanCard team plan=all.plan/>
            <DrillsCard team kinds=all.kinds drills=all.drills/>
            <ContactCard team contact=all.contact/>
        }.into_any())}
    }
}

/// Who speaks for the Team, and where Amazon is told.
#[component]
fn ContactCard(team: TeamId, contact: ContactItem) -> impl IntoView {
    let act = Act::of::<SetContact>();
    let facts = view! {
        <dl class="facts">
            <div><dt>"Name"</dt><dd>{contact.name.clone()}</dd></div>
            <div><dt>"E-mail"</dt><dd>{contact.email.clone()}</dd></div>
            <div><dt>"Telephone"</dt><dd>{if contact.phone.is_empty() { "not set".to_owned() } else { contact.phone.clone() }}</dd></div>
            <div><dt>"Amazon is told at"</dt><dd>{contact.amazon.clone()}</dd></div>
        </dl>
    };
    view! {
        <section class="card" aria-labelledby="contact-h">
            <h2 id="contact-h">"Management point of contact"</h2>
            {facts}
            {may(Permission::RunIncidents).then(|| view! {
                <details class="disclosure" open=act.failed()>
                    <summary>"Change…"</summary>
                    <StepUpGate open=stepped_up() act="change who speaks for the Team">
                        <ActForm act class="form">
                            <Hidden name="team" value=team.to_string()/>
                            <Field name="contact_name" label="Name" value=contact.name act/>
                            <Field name="contact_email" label="E-mail" kind="email" hint="Notices name it, and answers go there." value=contact.email act/>
                            <Field name="contact_phone" label="Telephone" kind="tel" optional=true value=contact.phone act/>
                            <Field name="amazon_address" label="Where Amazon is told" kind="email" hint="Amazon's Data Protection Policy names security@amazon.com." value=contact.amazon act/>
                            <Submit label="Save" class="btn-secondary"/>
                        </ActForm>
                    </StepUpGate>
                </details>
            })}
        </section>
    }
}

/// How old the plan is.
#[component]
fn PlanCard(team: TeamId, plan: PlanItem) -> impl IntoView {
    let act = Act::of::<ReviewPlan>();
    let reviewed = match plan.reviewed {
        Some((who, at, note)) => view! { <p>{who}" said "<At moment=at/>" that it is right: "{note}</p> }.into_any(),
        None => view! { <p class="muted">"Nobody has said yet that it is right."</p> }.into_any(),
    };
    let (tone, word) = if plan.overdue { ("danger", "Overdue") } else { ("ok", "In time") };
    view! {
        <section class="card" aria-labelledby="plan-h">
            <h2 id="plan-h">"The plan "<Badge tone word/></h2>
            <p class="muted">"What Portal does in an incident stands in its handbook ("<code>"docs/incident-response.md"</code>"); the Team's own part is on this page and in its "<a href=format!("/teams/{team}/incidents/playbooks")>"playbooks"</a>". Somebody looks at both every half year."</p>
            {reviewed}
            {match plan.rehearsed {
                Some(at) => view! { <p>"Last tested, by a drill that went well: "<At moment=at/>"."</p> }.into_any(),
                None => view! { <p class="muted">"Not tested yet: no drill went well so far."</p> }.into_any(),
            }}
            <p>"To be looked at again "<At moment=plan.due/>"."</p>
            {may(Permission::RunIncidents).then(|| view! {
                <ActForm act class="form">
                    <Hidden name="team" value=team.to_string()/>
                    <TextArea name="note" label="What was looked at, and what was changed?" required=true act/>
                    <Submit label="The plan is right" class="btn-secondary"/>
                </ActForm>
            })}
        </section>
    }
}

/// What was rehearsed, and what is due.
#[component]
fn DrillsCard(team: TeamId, kinds: Vec<DrillKindItem>, drills: Vec<DrillItem>) -> impl IntoView {
    let act = Act::of::<AskDrill>();
    let runs = may(Permission::RunIncidents);
    let kinds = kinds.into_iter().map(|item| {
        let act = act.only_for("drill", item.kind.as_str());
        let (tone, word) = match (item.overdue, item.last.is_some()) {
            (true, _) => ("danger", "Overdue"),
            (false, true) => ("ok", "In time"),
            (false, false) => ("pending", "Not run yet"),
        };
        let last = item.last.map(|at| view! { "Went well "<At moment=at/>". " });
        view! {
            <li class="measure">
                <div><strong>{item.kind.title()}</strong>" "<Badge tone word/><span class="cell-sub">{item.kind.meaning()}</span><span class="cell-sub">{last}"Due "<At moment=item.due/>"."</span></div>
                {runs.then(|| view! {
                    <ActForm act>
                        <Hidden name="team" value=team.to_string()/>
                        <Hidden name="drill" value=item.kind.as_str()/>
                        <Submit label=format!("Run: {}", item.kind.title()) class="btn-secondary"/>
                    </ActForm>
                })}
            </li>
        }
    });
    let none = drills.is_empty();
    let rows = drills.into_iter().map(|drill| view! { <DrillRow team drill/> }).collect_view();
    view! {
        <section class="card" aria-labelledby="drills-h">
            <h2 id="drills-h">"Drills"</h2>
            <p class="muted">"The real operation on something disposable: a Portal of its own with a Team, an account and a gateway, where Amazon is played. Nothing of this Team is touched; how it went is kept as an incident that says that it is a drill. From a terminal: "<code>{format!("portal drill --team {team}")}</code></p>
            <ul class="measures">{kinds.collect_view()}</ul>
            {(!none).then(|| view! { <h3>"What was rehearsed"</h3> })}
            <ul class="measures">{rows}</ul>
        </section>
    }
}

#[component]
fn DrillRow(team: TeamId, drill: DrillItem) -> impl IntoView {
    let (tone, word) = match drill.passed {
        Some(true) => ("ok", "Went well"),
        Some(false) => ("danger", "Failed"),
        None => ("pending", "Runs: reload the page in a moment"),
    };
    let (who, at) = drill.asked;
    let kept = drill.incident.map(|id| view! { <a href=format!("/teams/{team}/incidents/{id}")>"What was kept"</a> });
    let report = (!drill.report.is_empty()).then(|| view! {
        <details class="disclosure"><summary>"Step by step"</summary><pre class="mono small">{drill.report.clone()}</pre></details>
    });
    view! {
        <li class="measure">
            <div><strong>{drill.kind.title()}</strong>" "<Badge tone word/><span class="cell-sub">"Asked for by "{who}" "<At moment=at/></span>{report}</div>
            {kept}
        </li>
    }
}
