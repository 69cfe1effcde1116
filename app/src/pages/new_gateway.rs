use leptos::prelude::*;
use leptos_meta::Title;
use model::{Permission, gateway::Scope};

use super::{Allowed, new_app::environments, team};
use crate::{
    api::gateways::CreateGateway,
    components::{Act, ActForm, Choice, Field, Hidden, PageHeader, Select, Submit, TextArea},
};

/// The scopes to tick; what most gateways need is ticked.
#[component]
pub fn ScopeChoices(chosen: Vec<Scope>, act: Act) -> impl IntoView {
    let rows = Scope::ALL
        .into_iter()
        .map(|scope| view! { <Choice name="scopes[]" value=scope.as_str() label=scope.as_str() hint=scope.purpose() checked=chosen.contains(&scope) act/> })
        .collect_view();
    view! {
        <fieldset class="group">
            <legend>"What may it do?"</legend>
            <div class="choices">{rows}</div>
        </fieldset>
    }
}

pub(super) const NETWORKS_HINT: &str = "One network or address a line, like 203.0.113.0/24. Empty: from everywhere.";

#[component]
pub fn NewGatewayPage() -> impl IntoView {
    let team = team();
    let create = Act::of::<CreateGateway>();
    view! {
        <Title text="Create gateway"/>
        <nav class="crumbs" aria-label="Breadcrumb"><ol><li><a href=format!("/teams/{}/gateways", team)>"Gateways"</a></li><li aria-current="page">"Create"</li></ol></nav>
        <PageHeader title="Create gateway" lead="One for each service, so that each can be stopped alone."/>
        <section class="card" aria-label="Gateway">
            <Allowed to=Permission::ManageGateways>
                <ActForm act=create class="form">
                    <Hidden name="team" value=team.to_string()/>
                    <Field name="name" label="Name" hint="The service, like orders-sync." act=create/>
                    <Select name="environment" label="Environment" options=environments() act=create/>
                    <ScopeChoices chosen=vec![Scope::ConnectionStatus, Scope::CredentialIssue, Scope::FeedbackWrite] act=create/>
                    <TextArea name="networks" label="Networks" hint=NETWORKS_HINT act=create/>
                    <Submit label="Create gateway"/>
                </ActForm>
            </Allowed>
        </section>
    }
}
