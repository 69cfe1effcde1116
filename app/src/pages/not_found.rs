use leptos::prelude::*;

use crate::components::CardPage;

#[component]
pub fn NotFoundPage() -> impl IntoView {
    view! {
        <CardPage title="Not found" lead="There is nothing at this address, or nothing for you.">
            <a class="btn btn-primary btn-block" href="/">"To your Teams"</a>
        </CardPage>
    }
}
