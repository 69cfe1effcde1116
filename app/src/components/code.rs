use leptos::prelude::*;

use super::{Act, FieldError, Icon};

/// Eight digits, typed, pasted or filled in by the browser.
#[component]
pub fn CodeInput(
    act: Act,
    /// Where it is not what the page is for.
    #[prop(optional)]
    id: Option<&'static str>,
) -> impl IntoView {
    let message = act.message_for("code");
    // There a script shows it, and what it is the code of stands before it.
    let (autofocus, id) = (id.is_none(), id.unwrap_or("code"));
    let described = if autofocus { format!("{id}-error") } else { format!("{id}-sent {id}-error") };
    view! {
        <div class="field">
            <label for=id>"Code"</label>
            <input
                class="code-input"
                id=id
                name="code"
                inputmode="numeric"
                autocomplete="one-time-code"
                maxlength="11"
                required
                autofocus=autofocus
                placeholder="0000 0000"
                data-submit-at="8"
                aria-describedby=described
                aria-invalid=message.as_ref().map(|_| "true")
            />
            <FieldError id name="code" message/>
        </div>
    }
}

/// In development: where the mail is that was not sent.
#[component]
pub fn CapturedMail() -> impl IntoView {
    view! { <p class="notice notice-info"><Icon name="mail"/><span>"Development: mail is captured. " <a href="/dev/mailbox" target="_blank">"Open the mailbox"</a></span></p> }
}
