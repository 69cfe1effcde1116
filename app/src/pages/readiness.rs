use leptos::prelude::*;
use leptos_meta::Title;
use model::{Permission, ids::TeamId};

use super::{may, stepped_up, team};
use crate::{
    api::readiness::{ContactItem, SetContact, readiness},
    components::{Act, ActForm, Crumbs, Field, Hidden, PageHeader, StepUpGate, Submit, loaded},
};

/// What must be there before something goes wrong.
#[component]
pub fn ReadinessPage() -> impl IntoView {
    let team = team();
    view! {
        <Title text="Readiness"/>
        <Crumbs home=format!("/teams/{team}/incidents") place="Incidents" here="Readiness"/>
        <PageHeader title="Readiness" lead="What must be there before something goes wrong."/>
        {loaded(readiness(team), move |all| view! { <ContactCard team contact=all.contact/> }.into_any())}
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
                    <StepUpGate open=stepped_up() act="change who speaks for the Team">{view! {
                    <ActForm act class="form">
                        <Hidden name="team" value=team.to_string()/>
                        <Field name="contact_name" label="Name" value=contact.name act/>
                        <Field name="contact_email" label="E-mail" kind="email" hint="Notices name it, and answers go there." value=contact.email act/>
                        <Field name="contact_phone" label="Telephone" kind="tel" optional=true value=contact.phone act/>
                        <Field name="amazon_address" label="Where Amazon is told" kind="email" hint="Amazon's Data Protection Policy names security@amazon.com." value=contact.amazon act/>
                        <Submit label="Save" class="btn-secondary"/>
                    </ActForm>
                    }.into_any()}</StepUpGate>
                </details>
            })}
        </section>
    }
}
