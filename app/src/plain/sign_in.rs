use leptos::prelude::*;

use crate::{
    answer::Next,
    api::login::AskCode,
    components::{Act, ActForm, CardPage, Field, Hidden, Submit},
};

#[component]
pub fn SignInPage() -> impl IntoView {
    let ask = Act::of::<AskCode>();
    let failure = ask.failure();
    let next = use_context::<Next>().map(|next| next.0).unwrap_or_default();
    view! {
        <CardPage title="Sign in" lead="We send a code to your e-mail. There is no password.">
            <ActForm act=ask attr:class="form" attr:novalidate="">
                <Hidden name="next" value=next/>
                <Field name="email" label="E-mail address" kind="email" autocomplete="email" failure/>
                <Submit label="Send code" act=ask class="btn-primary btn-block"/>
            </ActForm>
        </CardPage>
    }
}
