use leptos::prelude::*;
use leptos_meta::Title;

use crate::components::{PageHeader, card_page::Brand};

/// A page to read, for everybody. Loads no WASM.
#[component]
pub fn DocumentPage(title: &'static str, lead: &'static str, children: Children) -> impl IntoView {
    view! {
        <Title text=title/>
        <a class="skip" href="#main">"Skip to content"</a>
        <div class="shell">
            <header class="topbar"><Brand/><div class="topbar-end"><a class="btn btn-quiet btn-sm" href="/">"Your Teams"</a></div></header>
            <main class="main" id="main" tabindex="-1">
                <PageHeader title=title lead=lead/>
                {children()}
            </main>
        </div>
    }
}
