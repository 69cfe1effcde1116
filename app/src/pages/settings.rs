use leptos::prelude::*;
use leptos_meta::Title;
use model::Permission;

use super::{Allowed, team, viewer};
use crate::{
    api::{passkeys::RequirePasskeys, teams::RenameTeam},
    components::{Act, ActForm, Badge, CopyId, Field, Hidden, PageHeader, StepUpGate, Submit},
};

/// The Team's own settings.
#[component]
pub fn SettingsPage() -> impl IntoView {
    let id = team();
    let by_passkey = viewer().is_some_and(|viewer| viewer.stepped_up_by_passkey.is_some());
    let team = viewer().and_then(|viewer| viewer.teams.into_iter().find(|team| team.id == id));
    let required = team.as_ref().is_some_and(|team| team.passkeys_required);
    let name = team.map(|team| team.name);
    let rule = Act::of::<RequirePasskeys>();
    let rename = Act::of::<RenameTeam>();
    view! {
        <Title text="Settings"/>
        <PageHeader title="Settings"/>
        <section class="card" aria-labelledby="name-h">
            <h2 id="name-h">"Name"</h2>
            <Allowed to=Permission::ManageTeam>
                <ActForm act=rename class="form">
                    <Hidden name="team" value=id.to_string()/>
                    <Field name="name" label="Name" value=name.unwrap_or_default() act=rename/>
                    <Submit label="Rename" class="btn-secondary"/>
                </ActForm>
            </Allowed>
        </section>
        <section class="card" aria-labelledby="passkeys-h">
            <h2 id="passkeys-h">"Passkeys"</h2>
            <p class="muted">"Whoever reads an owner's mail can sign in as them with a code. Require a passkey, and owners and admins come in, and confirm dangerous acts, with one alone. All of them have one by then; whoever is invited as one later adds it with a code, and the others hear of it."</p>
            <p>{if required { view! { <Badge tone="ok" word="Required of owners and admins"/> } } else { view! { <Badge tone="neutral" word="Not required"/> } }}</p>
            <Allowed to=Permission::ManageTeam>
                <StepUpGate open=by_passkey only_passkey=true act="change who needs a passkey">
                    <ActForm act=rule>
                        <Hidden name="team" value=id.to_string()/>
                        <Hidden name="required" value=(!required).to_string()/>
                        <Submit label=if required { "Require them no longer" } else { "Require passkeys" } class="btn-secondary"/>
                    </ActForm>
                </StepUpGate>
            </Allowed>
        </section>
        <section class="card" aria-labelledby="two-h">
            <h2 id="two-h">"What takes two people"</h2>
            <p class="muted">"Exporting the whole log, and deleting the Team: one person asks, another approves."</p>
            <p><a class="btn btn-secondary" href=format!("/teams/{id}/approvals")>"Approvals"</a></p>
        </section>
        <section class="card" aria-labelledby="support-h">
            <h2 id="support-h">"Support"</h2>
            <p class="muted">"Whoever operates this Portal looks into the Team only when an owner approves it, for fifteen minutes."</p>
            <p><a class="btn btn-secondary" href=format!("/teams/{id}/support")>"Support"</a></p>
        </section>
        <section class="card" aria-labelledby="id-h">
            <h2 id="id-h">"Team id"</h2>
            <p class="muted">"Gateways name it in every request."</p>
            <CopyId id=id.to_string() what="Team id"/>
        </section>
    }
}
