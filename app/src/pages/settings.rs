use leptos::prelude::*;
use leptos_meta::Title;
use model::Permission;

use super::{Allowed, team, viewer};
use crate::{
    api::teams::RenameTeam,
    components::{Act, ActForm, CopyId, Field, Hidden, PageHeader, Submit},
};

/// The Team's own settings.
#[component]
pub fn SettingsPage() -> impl IntoView {
    let id = team();
    let name = viewer().and_then(|viewer| viewer.teams.into_iter().find(|team| team.id == id)).map(|team| team.name);
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
        <section class="card" aria-labelledby="two-h">
            <h2 id="two-h">"What takes two people"</h2>
            <p class="muted">"Exporting the whole log, and deleting the Team: one person asks, another approves."</p>
            <p><a class="btn btn-secondary" href=format!("/teams/{id}/approvals")>"Approvals"</a></p>
        </section>
        <section class="card" aria-labelledby="id-h">
            <h2 id="id-h">"Team id"</h2>
            <p class="muted">"Gateways name it in every request."</p>
            <CopyId id=id.to_string() what="Team id"/>
        </section>
    }
}
