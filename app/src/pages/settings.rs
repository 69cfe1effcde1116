use leptos::prelude::*;
use leptos_meta::Title;

use super::{team, viewer};
use crate::{
    api::teams::RenameTeam,
    components::{Act, ActForm, CopyId, Field, Hidden, PageHeader, Submit},
};

/// The Team's own settings.
#[component]
pub fn SettingsPage() -> impl IntoView {
    let id = team().get_untracked();
    let viewer = viewer();
    let name = Memo::new(move |_| viewer.with(|v| v.as_ref()?.teams.iter().find(|t| t.id == id).map(|t| t.name.clone())));
    let rename = Act::of::<RenameTeam>();
    let failure = rename.failure();
    view! {
        <Title text="Settings"/>
        <PageHeader title="Settings"/>
        <section class="card" aria-labelledby="name-h">
            <h2 id="name-h">"Name"</h2>
            <ActForm act=rename attr:class="form" attr:novalidate="">
                <Hidden name="team" value=id.to_string()/>
                {move || view! { <Field name="name" label="Name" value=name.get().unwrap_or_default() failure/> }}
                <Submit label="Rename" act=rename class="btn-secondary"/>
            </ActForm>
        </section>
        <section class="card" aria-labelledby="id-h">
            <h2 id="id-h">"Team id"</h2>
            <p class="muted">"Gateways name it in every request."</p>
            <CopyId id=id.to_string() what="Team id"/>
        </section>
    }
}
