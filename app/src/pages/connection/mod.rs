//! One connection, in tabs: how it stands, who may use it, what was fetched, what happened.

mod access;
mod acts;
mod notifications;
mod overview;
mod snippets;

use leptos::prelude::*;
use leptos_meta::Title;
use model::{
    Permission,
    connection::ConnectionState,
    ids::{ConnectionId, TeamId},
    incident::Kind,
};

use access::Access;
use acts::Acts;
use notifications::Notifications;
use overview::{Clocks, Facts, Usage};
use snippets::SP_API_SDK;
pub(super) use snippets::snippets;

use super::{ReportLink, log::Events, may, param, team};
use crate::{
    api::{
        connections::{ConnectionDetail, connection},
        log::{LogQuery, log},
    },
    components::{Badge, Crumbs, EnvironmentTag, Notice, PageHeader, StateBadge, loaded},
};

/// The parts of a connection's page, each at an address of its own.
const TABS: [(&str, &str, Permission); 5] = [
    ("", "Overview", Permission::ViewTeam),
    ("/access", "Access", Permission::ViewTeam),
    ("/notifications", "Notifications", Permission::ViewTeam),
    ("/issues", "Recent issues", Permission::ViewLog),
    ("/log", "Log", Permission::ViewLog),
];

/// How it stands, how to use it, and what can be done.
#[component]
pub fn ConnectionPage() -> impl IntoView {
    framed("", |team, detail| {
        let over = detail.item.state == ConnectionState::Disconnected;
        let clocks = (!over).then(|| view! { <Clocks team detail=detail.clone()/> });
        let usage = (!over).then(|| view! { <Usage team detail=detail.clone()/> });
        let acts = (!over && may(Permission::ManageConnections)).then(|| view! { <Acts team detail=detail.clone()/> });
        view! { <div class="grid-2"><Facts detail/>{clocks}</div> {usage} {acts} }.into_any()
    })
}

/// Who may use it, and who holds a token.
#[component]
pub fn ConnectionAccessPage() -> impl IntoView {
    framed("/access", |team, detail| view! { <Access team detail/> }.into_any())
}

/// What came for it from Amazon.
#[component]
pub fn ConnectionNotificationsPage() -> impl IntoView {
    framed("/notifications", |team, detail| {
        let over = detail.item.state == ConnectionState::Disconnected;
        view! { <Notifications team detail over/> }.into_any()
    })
}

/// Which gateways asked for its credential, and what they got.
#[component]
pub fn ConnectionIssuesPage() -> impl IntoView {
    framed("/issues", |team, detail| events(team, &detail, "credential."))
}

/// Everything that happened to it.
#[component]
pub fn ConnectionLogPage() -> impl IntoView {
    framed("/log", |team, detail| events(team, &detail, ""))
}

fn framed(tab: &'static str, body: impl FnOnce(TeamId, ConnectionDetail) -> AnyView + Send + 'static) -> impl IntoView {
    let (team, id) = (team(), param::<ConnectionId>("connection"));
    loaded(connection(team, id), move |detail| {
        view! { <Head team detail=detail.clone()/> <Tabs team id current=tab/> {body(team, detail)} }.into_any()
    })
}

#[component]
fn Tabs(team: TeamId, id: ConnectionId, current: &'static str) -> impl IntoView {
    let tabs = TABS.into_iter().filter(|(_, _, permission)| may(*permission)).map(|(part, word, _)| {
        let here = (part == current).then_some("page");
        view! { <li><a href=format!("/teams/{team}/connections/{id}{part}") aria-current=here>{word}</a></li> }
    });
    view! { <nav class="tabs" aria-label="Parts of this connection"><ul>{tabs.collect_view()}</ul></nav> }
}

fn events(team: TeamId, detail: &ConnectionDetail, action: &str) -> AnyView {
    let target = detail.item.id.0.simple().to_string();
    let query = LogQuery { action: action.to_owned(), target, ..LogQuery::default() };
    let home = format!("/teams/{team}/log");
    loaded(log(team, query.clone()), move |page| view! { <Events query page home/> }.into_any()).into_any()
}

#[component]
fn Head(team: TeamId, detail: ConnectionDetail) -> impl IntoView {
    let item = detail.item;
    let tags = view! {
        <EnvironmentTag environment=item.environment/>
        {item.canary.then(|| view! { <Badge tone="attention" word="Canary"/> })}
        <StateBadge state=item.state app_rejected=item.app_rejected.is_some() failing=item.failure.is_some() test_failed=item.test_failure.is_some()/>
    }
    .into_any();
    let trouble = match (item.state, &item.failure) {
        (ConnectionState::NeedsReauthorization, _) => Some((
            "Amazon refuses the refresh token",
            "The seller withdrew the consent, or it ran out. Somebody who manages connections authorizes again, or replaces the refresh token, on its overview. ",
            "invalid_grant".to_owned(),
        )),
        (ConnectionState::Active, Some((code, _))) => Some((
            "The last refresh failed",
            "Portal tries again by itself; a token that is still valid is served meanwhile. ",
            code.clone(),
        )),
        (ConnectionState::Disconnected, _) => Some((
            "Disconnected",
            "The credentials are destroyed. The log keeps the record as the deletion receipt. ",
            "connection.disconnected".to_owned(),
        )),
        _ => item.test_failure.clone().map(|(word, _)| {
            (
                "The last test failed",
                "Amazon was asked whether the grant still holds. Portal asks again within the hour; a test on its overview says what to do. ",
                word,
            )
        }),
    };
    let report = view! { <ReportLink about=item.id.to_string() title=format!("{}: ", item.name) kind=Kind::LeakedSecret/> };
    let lead = match &item.profile {
        Some(profile) => format!("{} · {} · Advertising profile {profile}", item.marketplace_name, item.seller_id),
        None => format!("{} · Seller {}", item.marketplace_name, item.seller_id),
    };
    view! {
        <Title text=item.name.clone()/>
        <Crumbs home=format!("/teams/{team}/connections") place="Connections" here=item.name.clone()/>
        <PageHeader title=item.name.clone() lead tags actions=report.into_any()/>
        {trouble.map(|(title, text, code)| view! { <Notice tone="warning" title=title><p>{text}<code>{code}</code></p></Notice> })}
    }
}
