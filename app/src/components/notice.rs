use leptos::prelude::*;
use model::ProblemCode;

use super::Icon;
use crate::Failure;

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

/// What went wrong, what to do, and the request id. Takes the focus when it appears.
#[component]
pub fn FailureNotice(failure: Failure) -> impl IntoView {
    let problem = failure.0;
    // In a tab of its own: the form that failed stays as it is.
    let way = match problem.code {
        ProblemCode::SignInRequired => Some(("/sign-in", "Sign in")),
        ProblemCode::StepUpRequired => Some(("/confirm", "Confirm in a new tab")),
        _ => None,
    };
    let way = way.map(|(href, text)| {
        view! { <p><a class="btn btn-secondary btn-sm" href=href target="_blank" rel="external noopener">{text}</a></p> }
    });
    let several = problem.errors.len() > 1;
    let list = (!problem.errors.is_empty()).then(|| {
        problem
            .errors
            .iter()
            .map(|error| view! { <li><a href=format!("#{}", error.field)>{error.message.clone()}</a></li> })
            .collect_view()
    });
    let title =
        if several { format!("{} fields need another look", problem.errors.len()) } else { problem.code.title().to_owned() };
    let detail = (problem.errors.is_empty()).then(|| view! { <p>{problem.detail.clone()}</p> });
    let action = (problem.errors.is_empty()).then(|| view! { <p>{problem.code.action()}</p> });
    view! {
        <div class="notice notice-danger" role="alert" tabindex="-1" data-focus="">
            <Icon name="warning"/>
            <div>
                <p class="notice-title">{title}</p>
                {detail}
                {list.map(|list| view! { <ul>{list}</ul> })}
                {action}
                {way}
                {problem.instance.map(|id| view! { <p class="request-id">"Request " <code>{id}</code></p> })}
            </div>
        </div>
    }
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
