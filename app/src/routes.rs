//! Every page and its address.

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{
    SsrMode,
    any_nested_route::IntoAnyNestedRoute,
    components::{ParentRoute, Route, Router, Routes},
    path,
};

use crate::{pages::*, plain};

/// The whole application: the server draws it, and the browser's bundle holds the islands in it.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Title formatter=|title: String| if title.is_empty() { "Portal".to_owned() } else { format!("{title} · Portal") }/>
        <Router>
            <Routes fallback=NotFoundPage>
                <PlainPages/>
                <ParentRoute path=path!("") view=AccountLayout ssr=SsrMode::Async>
                    <Route path=path!("") view=TeamsPage ssr=SsrMode::Async/>
                    <Route path=path!("account") view=AccountPage ssr=SsrMode::Async/>
                    <Route path=path!("installation") view=InstallationPage ssr=SsrMode::Async/>
                    <Route path=path!("installation/support") view=SupportPage ssr=SsrMode::Async/>
                </ParentRoute>
                <ParentRoute path=path!("/teams/:team") view=TeamLayout ssr=SsrMode::Async>
                    <Route path=path!("") view=OverviewPage ssr=SsrMode::Async/>
                    <Route path=path!("members") view=MembersPage ssr=SsrMode::Async/>
                    <Route path=path!("members/reach") view=ReachPage ssr=SsrMode::Async/>
                    <Route path=path!("members/reviews") view=AccessReviewsPage ssr=SsrMode::Async/>
                    <Route path=path!("members/reviews/:access_review") view=AccessReviewPage ssr=SsrMode::Async/>
                    <Route path=path!("apps") view=AppsPage ssr=SsrMode::Async/>
                    <Route path=path!("apps/new") view=NewAppPage ssr=SsrMode::Async/>
                    <Route path=path!("apps/:app") view=AppPage ssr=SsrMode::Async/>
                    <Route path=path!("connections") view=ConnectionsPage ssr=SsrMode::Async/>
                    <Route path=path!("connections/new") view=NewConnectionPage ssr=SsrMode::Async/>
                    <Route path=path!("connections/profiles/:choice") view=ProfileChoicePage ssr=SsrMode::Async/>
                    <Route path=path!("connections/:connection") view=ConnectionPage ssr=SsrMode::Async/>
                    <Route path=path!("connections/:connection/access") view=ConnectionAccessPage ssr=SsrMode::Async/>
                    <Route path=path!("connections/:connection/notifications") view=ConnectionNotificationsPage ssr=SsrMode::Async/>
                    <Route path=path!("connections/:connection/issues") view=ConnectionIssuesPage ssr=SsrMode::Async/>
                    <Route path=path!("connections/:connection/log") view=ConnectionLogPage ssr=SsrMode::Async/>
                    <Route path=path!("gateways") view=GatewaysPage ssr=SsrMode::Async/>
                    <Route path=path!("gateways/new") view=NewGatewayPage ssr=SsrMode::Async/>
                    <Route path=path!("gateways/idle") view=IdleGatewaysPage ssr=SsrMode::Async/>
                    <Route path=path!("gateways/:gateway") view=GatewayPage ssr=SsrMode::Async/>
                    <Route path=path!("log") view=LogPage ssr=SsrMode::Async/>
                    <Route path=path!("log/retention") view=RetentionPage ssr=SsrMode::Async/>
                    <Route path=path!("log/:event") view=LogEventPage ssr=SsrMode::Async/>
                    <Route path=path!("incidents") view=IncidentsPage ssr=SsrMode::Async/>
                    <Route path=path!("incidents/new") view=ReportIncidentPage ssr=SsrMode::Async/>
                    <Route path=path!("incidents/playbooks") view=PlaybooksPage ssr=SsrMode::Async/>
                    <Route path=path!("incidents/metrics") view=IncidentMetricsPage ssr=SsrMode::Async/>
                    <Route path=path!("incidents/readiness") view=ReadinessPage ssr=SsrMode::Async/>
                    <Route path=path!("incidents/:incident") view=IncidentPage ssr=SsrMode::Async/>
                    <Route path=path!("incidents/:incident/tasks") view=IncidentTasksPage ssr=SsrMode::Async/>
                    <Route path=path!("incidents/:incident/notices") view=IncidentNoticesPage ssr=SsrMode::Async/>
                    <Route path=path!("incidents/:incident/lessons") view=IncidentLessonsPage ssr=SsrMode::Async/>
                    <Route path=path!("incidents/:incident/evidence") view=IncidentEvidencePage ssr=SsrMode::Async/>
                    <Route path=path!("alerts") view=AlertsPage ssr=SsrMode::Async/>
                    <Route path=path!("alerts/rules") view=AlertRulesPage ssr=SsrMode::Async/>
                    <Route path=path!("reviews") view=ReviewsPage ssr=SsrMode::Async/>
                    <Route path=path!("reviews/:review") view=ReviewPage ssr=SsrMode::Async/>
                    <Route path=path!("promises") view=PromisesPage ssr=SsrMode::Async/>
                    <Route path=path!("approvals") view=ApprovalsPage ssr=SsrMode::Async/>
                    <Route path=path!("settings") view=SettingsPage ssr=SsrMode::Async/>
                    <Route path=path!("support") view=TeamSupportPage ssr=SsrMode::Async/>
                </ParentRoute>
            </Routes>
        </Router>
    }
}

/// Pages that the browser shows as they come: the server has them, the bundle does not.
#[component(transparent)]
fn PlainPages() -> impl leptos_router::MatchNestedRoutes + Clone {
    view! {
        <Route path=path!("/sign-in") view=plain::SignInPage ssr=SsrMode::Async/>
        <Route path=path!("/sign-in/code") view=plain::CodePage ssr=SsrMode::Async/>
        <Route path=path!("/security") view=plain::SecurityPage ssr=SsrMode::Async/>
        <Route path=path!("/gateway-api") view=plain::GatewayApiPage ssr=SsrMode::Async/>
        <Route path=path!("/consent/return") view=plain::ConsentPage ssr=SsrMode::Async/>
        <Route path=path!("/confirm") view=plain::ConfirmPage ssr=SsrMode::Async/>
    }
    .into_inner()
    .into_any_nested_route()
}
