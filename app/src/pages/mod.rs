//! Pages: each composes components; none holds a rule.

mod access_reviews;
mod account;
mod alert_rules;
mod alerts;
mod app;
mod approvals;
mod apps;
mod connection;
mod connections;
mod factors;
mod gateway;
mod gateways;
mod idle_gateways;
pub mod incident;
mod incident_metrics;
mod incidents;
mod installation;
mod layout;
pub mod leases;
pub mod log;
mod log_event;
mod members;
mod new_app;
mod new_connection;
mod new_gateway;
mod not_found;
mod overview;
mod playbooks;
mod profiles;
mod promises;
mod reach;
mod readiness;
mod report_incident;
mod retention;
mod review;
mod reviews;
mod settings;
mod support;
mod teams;
mod webhook;

pub use access_reviews::{AccessReviewPage, AccessReviewsPage};
pub use account::AccountPage;
pub use alert_rules::AlertRulesPage;
pub use alerts::AlertsPage;
pub use app::AppPage;
pub use approvals::ApprovalsPage;
pub use apps::AppsPage;
pub use connection::{
    ConnectionAccessPage, ConnectionIssuesPage, ConnectionLogPage, ConnectionNotificationsPage, ConnectionPage,
};
pub use connections::ConnectionsPage;
pub use gateway::GatewayPage;
pub use gateways::GatewaysPage;
pub use idle_gateways::IdleGatewaysPage;
pub use incident::{IncidentEvidencePage, IncidentLessonsPage, IncidentNoticesPage, IncidentPage, IncidentTasksPage};
pub use incident_metrics::IncidentMetricsPage;
pub use incidents::IncidentsPage;
pub use installation::InstallationPage;
pub use layout::{AccountLayout, TeamLayout};
pub use log::LogPage;
pub use log_event::LogEventPage;
pub use members::MembersPage;
pub use new_app::NewAppPage;
pub use new_connection::NewConnectionPage;
pub use new_gateway::NewGatewayPage;
pub use not_found::NotFoundPage;
pub use overview::OverviewPage;
pub use playbooks::PlaybooksPage;
pub use profiles::ProfileChoicePage;
pub use promises::PromisesPage;
pub use reach::ReachPage;
pub use readiness::ReadinessPage;
pub use report_incident::ReportIncidentPage;
pub use retention::RetentionPage;
pub use review::ReviewPage;
pub use reviews::ReviewsPage;
pub use settings::SettingsPage;
pub use support::{SupportPage, TeamSupportPage};
pub use teams::TeamsPage;

use leptos::prelude::*;
use leptos_router::{hooks::use_params_map, params::ParamsMap};
use model::{
    Permission,
    ids::{Id, TeamId},
    incident::Kind,
};

use crate::{
    api::{TeamItem, Viewer},
    components::{Notice, proof_left},
};

/// An id from the address; an unreadable one is an id that does not exist.
fn param<I: Id + std::str::FromStr>(name: &str) -> I {
    let text = use_params_map().read_untracked().get(name);
    text.and_then(|text| text.parse().ok()).unwrap_or_else(|| I::from_uuid(model::ids::NIL))
}

/// The Team of the address.
fn team() -> TeamId {
    param("team")
}

/// The signed-in person.
fn viewer() -> Option<Viewer> {
    use_context()
}

/// Whether the signed-in person's role in this Team allows it: what it does not allow is not offered.
fn may(permission: Permission) -> bool {
    let id = team();
    viewer()
        .and_then(|viewer| viewer.teams.into_iter().find(|team| team.id == id))
        .is_some_and(|team| team.role.may(permission))
}

/// A form for those who may send it; the others read whom to ask.
#[component]
fn Allowed(to: Permission, children: Children) -> impl IntoView {
    if may(to) {
        return children().into_any();
    }
    view! { <Notice tone="info" title="Your role does not allow this"><p>"Ask an owner or admin of the Team."</p></Notice> }
        .into_any()
}

/// The way from a thing to a report about it. `about`: its id; `title`: what somebody would write; `within`: another Team than the page's
/// own.
#[component]
fn ReportLink(
    #[prop(into)] about: String,
    #[prop(into)] title: String,
    kind: Kind,
    #[prop(optional)] within: Option<TeamItem>,
) -> impl IntoView {
    let mut query = ParamsMap::new();
    for (name, value) in [("about", about), ("title", title), ("kind", kind.as_str().to_owned())] {
        query.insert(name, value);
    }
    let (team, words) = match within {
        Some(within) => (within.id, format!("Report an incident in {}", within.name)),
        None => (team(), "Report an incident".to_owned()),
    };
    let path = format!("/teams/{team}/incidents/new{}", query.to_query_string());
    view! { <a class="btn btn-secondary btn-sm" href=path>{words}</a> }
}

/// A fresh proof of the person is at hand: of a passkey, where the Team requires one of them.
fn stepped_up() -> bool {
    proof_left().is_some()
}

/// Where a browser with scripts hears of changes; nowhere while an operator looks in, who sees what was noted and no more.
fn live(path: String) -> Option<String> {
    let id = team();
    let looks = viewer().and_then(|viewer| viewer.support).is_some_and(|support| support.team == id);
    (!looks).then_some(path)
}
