use leptos::prelude::*;
use model::{Environment, Role, audit::Outcome, connection::ConnectionState};

use super::Icon;

/// A status: icon and word, never colour alone.
#[component]
pub fn Badge(tone: &'static str, #[prop(into)] word: String) -> impl IntoView {
    let icon = match tone {
        "ok" => "check",
        "attention" => "warning",
        "danger" => "cross",
        "pending" => "clock",
        _ => "minus",
    };
    view! { <span class=format!("badge badge-{tone}")><Icon name=icon/>{word}</span> }
}

#[component]
pub fn EnvironmentTag(environment: Environment) -> impl IntoView {
    let (class, icon, word) = match environment {
        Environment::Production => ("env env-production", "shield", "Production"),
        Environment::Sandbox => ("env env-sandbox", "flask", "Sandbox"),
    };
    view! { <span class=class><Icon name=icon/>{word}</span> }
}

#[component]
pub fn OutcomeBadge(outcome: Outcome) -> impl IntoView {
    let (tone, word) = match outcome {
        Outcome::Ok => ("ok", "Done"),
        Outcome::Refused => ("danger", "Refused"),
        Outcome::Failed => ("attention", "Failed"),
    };
    view! { <Badge tone word/> }
}

#[component]
pub fn RoleName(role: Role) -> impl IntoView {
    view! { <span>{role.title()}</span> }
}

/// The health of a connection: its own state, then what its app, the last refresh and the last test say.
#[component]
pub fn StateBadge(state: ConnectionState, app_rejected: bool, failing: bool, test_failed: bool) -> impl IntoView {
    let (tone, word) = match state {
        ConnectionState::Active if app_rejected => ("danger", "App refused by Amazon"),
        ConnectionState::Active if failing => ("attention", "Refresh failing"),
        ConnectionState::Active if test_failed => ("attention", "Test failing"),
        ConnectionState::Active => ("ok", "Healthy"),
        ConnectionState::Disabled => ("neutral", "Disabled"),
        ConnectionState::NeedsReauthorization => ("danger", "Authorize again"),
        ConnectionState::Disconnected => ("neutral", "Disconnected"),
    };
    view! { <Badge tone word/> }
}
