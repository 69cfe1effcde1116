use leptos::prelude::*;

use super::{Act, ActForm, Hidden, Icon, Submit};
use crate::api::passkeys::{BeginPasskeyConfirmation, ConfirmWithPasskey};

/// A form that a passkey fills in, by a script: without scripts there are no passkeys. `begin`: the server function that says what
/// the browser asks for. `makes`: a new one is made, and not one shown.
#[component]
pub fn PasskeyForm(
    act: Act,
    begin: Act,
    label: &'static str,
    #[prop(optional)] makes: bool,
    #[prop(default = "btn-primary")] class: &'static str,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="js-only" data-passkey=if makes { "create" } else { "get" } data-begin=begin.path()>
            <ActForm act class="form">
                {children.map(|children| children())}
                <Hidden name="response" value=""/>
                <p class="field-error" role="alert" data-passkey-error><Icon name="warning"/><span></span></p>
                <Submit label class=class/>
            </ActForm>
        </div>
    }
}

/// Confirms with a passkey that it is the person, without leaving the page, unless something else comes `next`.
#[component]
pub fn ConfirmWithAPasskey(#[prop(optional, into)] next: String) -> impl IntoView {
    let act = Act::of::<ConfirmWithPasskey>();
    view! {
        <PasskeyForm act begin={Act::of::<BeginPasskeyConfirmation>()} label="Use your passkey">
            <Hidden name="next" value=next/>
        </PasskeyForm>
    }
}
