use leptos::prelude::*;

use crate::{
    answer::{Next, PasskeysOffered},
    api::{
        login::AskCode,
        passkeys::{BeginPasskeySignIn, SignInWithPasskey},
    },
    components::{Act, ActForm, CardPage, Field, Hidden, PasskeyForm, Submit},
};

#[component]
pub fn SignInPage() -> impl IntoView {
    let ask = Act::of::<AskCode>();
    let next = use_context::<Next>().map(|next| next.0).unwrap_or_default();
    let after_code = next.clone();
    let offered = use_context::<PasskeysOffered>().is_some_and(|offered| offered.0);
    let show = Act::of::<SignInWithPasskey>();
    view! {
        <CardPage title="Sign in" lead="We send a code to your e-mail. There is no password.">
            <ActForm act=ask class="form">
                <Hidden name="next" value=after_code/>
                <Field name="email" label="E-mail address" kind="email" autocomplete="email" act=ask/>
                <Submit label="Send code" class="btn-primary btn-block"/>
            </ActForm>
            {offered.then(|| view! { <PasskeyForm act=show begin={Act::of::<BeginPasskeySignIn>()} label="Sign in with a passkey" class="btn-secondary btn-block">
                <Hidden name="next" value=next/>
            </PasskeyForm> })}
        </CardPage>
    }
}
