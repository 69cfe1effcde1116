use leptos::prelude::*;
use leptos_meta::Title;
use model::ids::TeamId;

use super::{alerts::AlertLists, log::Standing};
use crate::{
    api::{
        Moment,
        alerts::{AcknowledgeInstallationAlert, read_installation},
    },
    components::{Act, At, PageHeader, loaded},
};

/// How the whole installation stands: for its operators.
#[component]
pub fn InstallationPage() -> impl IntoView {
    view! {
        <Title text="Installation"/>
        <PageHeader title="Installation" lead="How Portal itself stands. Only operators of this installation see this page."/>
        {loaded(read_installation(), |installation| view! {
            <Standing state=installation.log/>
            <Holds holds=installation.holds/>
            <AlertLists items=installation.alerts act={Act::of::<AcknowledgeInstallationAlert>()} team=None may_answer=true/>
        }.into_any())}
    }
}

/// What keeps the log longer than this installation's period.
#[component]
fn Holds(holds: Vec<(TeamId, Moment)>) -> impl IntoView {
    if holds.is_empty() {
        return None;
    }
    let items =
        holds.into_iter().map(|(team, at)| view! { <li><code>{team.to_string()}</code>", placed " <At moment=at/></li> });
    Some(view! {
        <section class="card" aria-labelledby="holds-h">
            <h2 id="holds-h">"Legal holds"</h2>
            <p class="muted">"The log is pruned from its beginning: no further than the first event of a Team whose log is held."</p>
            <ul>{items.collect_view()}</ul>
        </section>
    })
}
