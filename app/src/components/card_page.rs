use leptos::prelude::*;
use leptos_meta::{Body, Title};

/// The mark and the name.
#[component]
pub fn Brand(#[prop(optional)] large: bool) -> impl IntoView {
    view! {
        <a class="brand" href="/">
            <svg class=if large { "mark mark-lg" } else { "mark" } viewBox="0 0 24 24" aria-hidden="true">
                <path d="M3.5 21.5V11.5a8.5 8.5 0 0 1 17 0v10"></path>
                <path class="mark-door" d="M8 21.5v-9.5a4 4 0 0 1 8 0v9.5z"></path>
            </svg>
            <span class="brand-name">"Portal"</span>
        </a>
    }
}

/// A page of one card, for people who are not signed in yet. Loads no WASM.
#[component]
pub fn CardPage(title: &'static str, #[prop(into)] lead: String, children: Children) -> impl IntoView {
    view! {
        <Title text=title/>
        <Body attr:class="card-page"/>
        <a class="skip" href="#main">"Skip to content"</a>
        <header><Brand large=true/></header>
        <main class="card card-narrow" id="main" tabindex="-1">
            <h1>{title}</h1>
            <p class="card-lead">{lead}</p>
            {children()}
        </main>
        <footer class="card-footer"><a href="/security" rel="external">"Security"</a> <a href="/gateway-api" rel="external">"Gateway API"</a></footer>
    }
}
