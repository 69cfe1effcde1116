use leptos::prelude::*;
use leptos_router::hooks::use_location;

use super::{Act, ActForm, Hidden, Icon, Submit};
use crate::api::login::AskConfirmation;

/// Stands before a dangerous form until the person has confirmed who they are, so that no filled-in form is lost to it.
#[component]
pub fn StepUpGate(open: bool, act: &'static str, children: Children) -> impl IntoView {
    if open { children() } else { view! { <Gate act/> }.into_any() }
}

#[component]
fn Gate(act: &'static str) -> impl IntoView {
    let ask = Act::of::<AskConfirmation>();
    let path = use_location().pathname;
    view! {
        <ActForm act=ask class="gate stack stack-sm">
            <p class="row"><Icon name="shield"/>{format!("To {act}, confirm that it is you. We send a code to your e-mail; it is good for 10 minutes.")}</p>
            <Hidden name="next" value=path.get_untracked()/>
            <Submit label="Confirm that it is me" class="btn-secondary"/>
        </ActForm>
    }
}
