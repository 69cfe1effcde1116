use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// The submit button: it says what happens, and that it is happening.
#[component]
pub fn Submit(#[prop(into)] label: String, #[prop(default = "btn-primary")] class: &'static str) -> impl IntoView {
    view! {
        <Here/>
        <div class="form-actions"><button type="submit" class=format!("btn {class}")>{label}</button></div>
    }
}

/// The page that a form stands on: a plain post is answered there. The page may itself be the answer to a post, so its
/// own address does not tell.
#[component]
pub fn Here() -> impl IntoView {
    let location = use_location();
    let path = location.pathname.get_untracked();
    let query = location.query.read_untracked().to_query_string();
    view! { <Hidden name="page" value=format!("{path}{query}")/> }
}

#[component]
pub fn Hidden(name: &'static str, #[prop(into)] value: String) -> impl IntoView {
    view! { <input type="hidden" name=name value=value/> }
}
