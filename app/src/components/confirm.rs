use leptos::prelude::*;

use super::{Act, Icon};

/// A dangerous act behind one more step that works without scripts.
#[component]
pub fn Confirm(
    #[prop(into)] summary: String,
    #[prop(into)] title: String,
    #[prop(into)] text: String,
    act: Act,
    children: Children,
) -> impl IntoView {
    view! {
        <details class="confirm" open=act.failed()>
            <summary class="btn btn-danger-quiet"><Icon name="trash"/>{summary}</summary>
            <div class="confirm-body">
                <h3>{title}</h3>
                <p>{text}</p>
                {children()}
            </div>
        </details>
    }
}
