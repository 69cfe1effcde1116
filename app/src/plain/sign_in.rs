use leptos::prelude::*;

use crate::{
    answer::Next,
    api::login::AskCode,
    components::{Act, ActForm, CardPage, Field, Hidden, Submit},
};

#[component]
pub fn SignInPage() -> impl IntoView {
    let ask = Act::of::<AskCode>();
    let next = use_context::<Next>().map(|next| next.0).unwrap_or_default();
    view! {
        <CardPage title="Sign in" lead="We send a code to your e-mail. There is no password.">
            <ActForm act=ask class="form">
                <Hidden name="next" value=next/>
                <Field name="email" label="E-mail address" kind="email" autocomplete="email" act=ask/>
                <Submit label="Send code" class="btn-primary btn-block"/>
            </ActForm>
        </CardPage>
    }
}
