use leptos::prelude::*;

use crate::{
    Failure,
    answer::WayBack,
    components::{CardPage, FailureNotice},
};

/// Shown when a return from Amazon did not end in a connection.
#[component]
pub fn ConsentPage() -> impl IntoView {
    view! {
        <CardPage title="Not connected" lead="Amazon sent you back, but there is no connection. Nothing was stored.">
            {use_context::<Failure>().map(|failure| view! { <FailureNotice failure/> })}
            {match use_context::<WayBack>() {
                Some(WayBack(href)) => view! { <a class="btn btn-primary btn-block" href=href>"Back, with what you chose"</a> }.into_any(),
                None => view! { <a class="btn btn-primary btn-block" href="/">"To your Teams"</a> }.into_any(),
            }}
        </CardPage>
    }
}
