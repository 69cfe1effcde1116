use leptos::prelude::*;

use crate::{
    Failure,
    components::{CardPage, FailureNotice},
};

/// Shown when a return from Amazon did not end in a connection.
#[component]
pub fn ConsentPage() -> impl IntoView {
    view! {
        <CardPage title="Not connected" lead="Amazon sent you back, but there is no connection. Nothing was stored.">
            {use_context::<Failure>().map(|failure| view! { <FailureNotice failure/> })}
            <a class="btn btn-primary btn-block" href="/">"To your Teams"</a>
        </CardPage>
    }
}
