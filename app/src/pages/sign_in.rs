use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::{
    api::login::AskCode,
    components::{CardPage, Field, Hidden, Submit, failure_of},
};

#[component]
pub fn SignInPage() -> impl IntoView {
    let ask = ServerAction::<AskCode>::new();
    let failure = failure_of(ask);
    let next = use_query_map().read_untracked().get("next").unwrap_or_default();
    view! {
        <CardPage title="Sign in" lead="We send a code to your e-mail. There is no password.">
            <ActionForm action=ask attr:class="form" attr:novalidate="">
                <Hidden name="next" value=next/>
                <Field name="email" label="E-mail address" kind="email" autocomplete="email" failure/>
                <Submit label="Send code" failure pending=ask.pending() class="btn-primary btn-block"/>
            </ActionForm>
        </CardPage>
    }
}
