use leptos::prelude::*;
use leptos_meta::Title;

use super::{alerts::AlertLists, log::Standing};
use crate::{
    api::alerts::{AcknowledgeInstallationAlert, read_installation},
    components::{Act, PageHeader, loaded},
};

/// How the whole installation stands: for its operators.
#[component]
pub fn InstallationPage() -> impl IntoView {
    view! {
        <Title text="Installation"/>
        <PageHeader title="Installation" lead="How Portal itself stands. Only operators of this installation see this page."/>
        {loaded(read_installation(), |installation| view! {
            <Standing state=installation.log/>
            <AlertLists items=installation.alerts act={Act::of::<AcknowledgeInstallationAlert>()} team=None may_answer=true/>
        }.into_any())}
    }
}
