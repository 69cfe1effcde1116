use leptos::prelude::*;

use super::Icon;

/// A message that stays: `info`, `success`, `warning` or `danger`.
#[component]
pub fn Notice(tone: &'static str, #[prop(optional, into)] title: String, children: Children) -> impl IntoView {
    let icon = match tone {
        "success" => "check",
        "warning" => "warning",
        "danger" => "cross",
        _ => "info",
    };
    let title = (!title.is_empty()).then(|| view! { <p class="notice-title">{title}</p> });
    view! { <div class=format!("notice notice-{tone}")><Icon name=icon/><div>{title}{children()}</div></div> }
}

/// The way back from the page of one thing to the list it is in.
#[component]
pub fn Crumbs(home: String, place: &'static str, #[prop(into)] here: String) -> impl IntoView {
    view! { <nav class="crumbs" aria-label="Breadcrumb"><ol><li><a href=home>{place}</a></li><li aria-current="page">{here}</li></ol></nav> }
}

/// A page's title, a sentence about it, and its actions.
#[component]
pub fn PageHeader(
    #[prop(into)] title: String,
    #[prop(optional, into)] lead: String,
    #[prop(optional)] tags: Option<AnyView>,
    #[prop(optional)] actions: Option<AnyView>,
) -> impl IntoView {
    let lead = (!lead.is_empty()).then(|| view! { <p class="lead">{lead}</p> });
    view! {
        <header class="page-header">
            <div>
                <div class="title-line"><h1>{title}</h1>{tags}</div>
                {lead}
            </div>
            {actions.map(|actions| view! { <div class="page-actions">{actions}</div> })}
        </header>
    }
}

/// Nothing here yet: why, and the one thing to do.
#[component]
pub fn EmptyState(
    icon: &'static str,
    title: &'static str,
    text: &'static str,
    #[prop(optional)] action: Option<AnyView>,
) -> impl IntoView {
    view! { <div class="empty"><Icon name=icon size="icon-xl"/><h2>{title}</h2><p>{text}</p>{action}</div> }
}
