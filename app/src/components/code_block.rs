use leptos::prelude::*;

use super::Icon;

#[component]
fn CopyButton(#[prop(into)] target: String, #[prop(into)] label: String) -> impl IntoView {
    view! {
        <button type="button" class="copy js-only" data-copy=target aria-label=label title="Copy">
            <Icon name="copy"/>
            <Icon name="check"/>
        </button>
    }
}

/// An id that can be copied.
#[component]
pub fn CopyId(#[prop(into)] id: String, what: &'static str) -> impl IntoView {
    view! { <span class="id"><code id=format!("copy-{id}")>{id.clone()}</code><CopyButton target=format!("copy-{id}") label=format!("Copy {what}")/></span> }
}

/// Text to copy.
#[component]
pub fn CodeBlock(id: &'static str, caption: &'static str, #[prop(into)] code: String) -> impl IntoView {
    view! {
        <figure class="code-block">
            <figcaption>{caption}<CopyButton target=id label=format!("Copy {caption}")/></figcaption>
            <pre tabindex="0"><code id=id>{code}</code></pre>
        </figure>
    }
}

/// The same thing in several languages: the n-th label shows the n-th panel, without a script.
#[component]
pub fn Snippet(id: &'static str, label: &'static str, panels: Vec<(&'static str, String)>) -> impl IntoView {
    let tabs = panels
        .iter()
        .enumerate()
        .map(|(n, (name, _))| view! { <label><input type="radio" name=id checked={n == 0}/>{*name}</label> })
        .collect_view();
    let panels = panels
        .into_iter()
        .enumerate()
        .map(|(n, (name, code))| {
            view! {
                <div>
                    <CopyButton target=format!("{id}-{n}") label=format!("Copy the {name} example")/>
                    <pre tabindex="0"><code id=format!("{id}-{n}")>{code}</code></pre>
                </div>
            }
        })
        .collect_view();
    view! {
        <div class="snippet" role="group" aria-label=label>
            <div class="snippet-tabs">{tabs}</div>
            <div class="snippet-panels">{panels}</div>
        </div>
    }
}
