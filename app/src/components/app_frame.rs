use leptos::{prelude::*, server_fn::ServerFn};
use leptos_router::components::A;
use model::{Permission, ids::TeamId};

use super::{GateCode, Here, Icon, Palette, card_page::Brand};
use crate::api::{Moment, SupportItem, Viewer, impersonations::StopImpersonation, login::SignOut};

/// The frame of the signed-in product: skip link, banner, top bar, navigation, content, toasts.
#[component]
pub fn AppFrame(viewer: Option<Viewer>, team: Option<TeamId>, children: Children) -> impl IntoView {
    let simulated = viewer.as_ref().is_some_and(|viewer| viewer.simulated);
    let banner = simulated.then(|| {
        view! {
            <aside class="banner" aria-label="About this installation">
                <Icon name="flask"/>
                <p><strong>"Simulated data."</strong> " Amazon is played by a stand-in on this machine; no real account is touched."</p>
            </aside>
        }
    });
    let mine = viewer.as_ref().and_then(|viewer| viewer.teams.iter().find(|item| Some(item.id) == team).cloned());
    let nav = mine.clone().map(|team| {
        view! { <TeamNav team=team.id may_see_log=team.role.may(Permission::ViewLog) may_manage=team.role.may(Permission::ManageTeam)/> }
    });
    view! {
        <a class="skip" href="#main">"Skip to content"</a>
        {banner}
        {mine.and_then(|item| item.looked_into).map(|(by, until)| view! { <LookedInto team by until/> })}
        <div class="shell">
            {viewer.clone().map(|viewer| view! { <TopBar viewer team/> })}
            {nav}
            <main class="main" id="main" tabindex="-1">{children()}</main>
        </div>
        <div class="toasts" role="status" aria-live="polite"></div>
        {viewer.clone().filter(|viewer| viewer.stepped_up.is_none()).map(|viewer| view! { <GateCode viewer/> })}
        {viewer.map(|viewer| view! { <Palette viewer team/> })}
    }
}

/// On every page of an operator who looks into a Team.
#[component]
pub fn Looking(support: SupportItem) -> impl IntoView {
    view! {
        <aside class="banner banner-danger" aria-label="You look into a Team">
            <Icon name="team"/>
            <p><strong>{format!("You look into {} as support", support.name)}</strong>{format!(" until {}, as {} approved. Nothing can be changed, and every page you look at is in the Team's log.", support.until.absolute, support.owner)}</p>
            <form method="post" action=StopImpersonation::url()>
                <input type="hidden" name="impersonation" value=support.id.to_string()/>
                <button type="submit" class="btn btn-secondary btn-sm">"End"</button>
            </form>
        </aside>
    }
}

/// On every page of a restored copy.
#[component]
pub fn RestoredCopy(made: String) -> impl IntoView {
    view! {
        <aside class="banner banner-danger" aria-label="About this installation">
            <Icon name="warning"/>
            <p><strong>{format!("This is a restored copy of {made}.")}</strong>" No mail is sent, so no code comes: sign in with a passkey. Nothing is asked of Amazon until somebody promotes it."</p>
        </aside>
    }
}

/// On every page of a Team that somebody looks into.
#[component]
fn LookedInto(team: Option<TeamId>, by: String, until: Moment) -> impl IntoView {
    let href = team.map(|team| format!("/teams/{team}/support")).unwrap_or_default();
    view! {
        <aside class="banner" aria-label="Support looks into this Team">
            <Icon name="team"/>
            <p><strong>{format!("{by} looks into this Team as support")}</strong>{format!(" until {}. ", until.absolute)}<a href=href>"What they see"</a></p>
        </aside>
    }
}

fn initial(name: &str) -> String {
    name.chars().next().map(|c| c.to_uppercase().to_string()).unwrap_or_default()
}

/// Brand, Team switcher, account menu.
#[component]
pub fn TopBar(viewer: Viewer, team: Option<TeamId>) -> impl IntoView {
    let current = team.and_then(|id| viewer.teams.iter().find(|t| t.id == id).cloned());
    let name = current.map_or_else(|| "Choose a Team".to_owned(), |team| team.name);
    let items = viewer
        .teams
        .iter()
        .map(|item| {
            let here = Some(item.id) == team;
            view! {
                <a class="menu-item" href=format!("/teams/{}", item.id) rel="external" aria-current=here.then_some("true")>
                    <span class="avatar avatar-team" aria-hidden="true">{initial(&item.name)}</span>
                    <span class="truncate">{item.name.clone()}</span>
                    {here.then(|| view! { <Icon name="check"/> })}
                </a>
            }
        })
        .collect_view();
    let installation = viewer
        .is_operator
        .then(|| view! { <a class="menu-item" href="/installation"><Icon name="settings"/>"Installation"</a> });
    let mailbox = viewer
        .mailbox
        .then(|| view! { <a class="menu-item" href="/dev/mailbox" rel="external"><Icon name="mail"/>"Captured mail"</a> });
    view! {
        <header class="topbar">
            <Brand/>
            <details class="menu menu-team" name="topbar">
                <summary class="menu-button">
                    <span class="avatar avatar-team" aria-hidden="true">{initial(&name)}</span>
                    <span class="truncate">{name}</span>
                    <span class="visually-hidden">"Switch Team"</span>
                    <Icon name="chevron-down"/>
                </summary>
                <div class="menu-list">
                    <p class="menu-title">"Teams"</p>
                    {items}
                    <hr/>
                    <a class="menu-item" href="/"><Icon name="plus"/>"All Teams and new Team"</a>
                </div>
            </details>
            <div class="topbar-end">
                <button type="button" class="search-button js-only" data-opens="palette"><Icon name="search"/><span>"Go to…"</span><kbd>"Ctrl K"</kbd></button>
                <details class="menu menu-end" name="topbar">
                    <summary class="menu-button" aria-label="Your account"><span class="avatar" aria-hidden="true">{initial(&viewer.email)}</span></summary>
                    <div class="menu-list">
                        <p class="menu-title">{viewer.email.clone()}</p>
                        <a class="menu-item" href="/account"><Icon name="shield"/>"Your account"</a>
                        <a class="menu-item" href="/gateway-api" rel="external"><Icon name="gateway"/>"Gateway API"</a>
                        <a class="menu-item" href="/security" rel="external"><Icon name="shield"/>"Security"</a>
                        <button type="button" class="menu-item js-only" data-opens="shortcuts"><Icon name="info"/>"Keyboard shortcuts"<kbd>"?"</kbd></button>
                        {installation}
                        {mailbox}
                        <hr/>
                        <ThemeSwitch theme=viewer.theme.clone()/>
                        <hr/>
                        <form method="post" action=SignOut::url()><button type="submit" class="menu-item"><Icon name="logout"/>"Sign out"</button></form>
                    </div>
                </details>
            </div>
        </header>
    }
}

/// The colours: a plain form, since the whole document changes with them.
#[component]
fn ThemeSwitch(theme: String) -> impl IntoView {
    let choice = |value: &'static str, label: &'static str, icon: &'static str| {
        let pressed = if theme == value { "true" } else { "false" };
        view! { <button type="submit" name="theme" value=value aria-pressed=pressed aria-label=label title=label><Icon name=icon/></button> }
    };
    view! {
        <form class="theme" method="post" action="/theme">
            <Here/>
            <span class="menu-title" id="theme-label">"Theme"</span>
            <div class="segmented" role="group" aria-labelledby="theme-label">
                {choice("light", "Light", "sun")} {choice("dark", "Dark", "moon")} {choice("system", "System", "system")}
            </div>
        </form>
    }
}

/// The places of a Team.
#[component]
pub fn TeamNav(team: TeamId, may_see_log: bool, may_manage: bool) -> impl IntoView {
    let home = format!("/teams/{team}");
    let link = move |part: &'static str, icon: &'static str, word: &'static str| {
        let href = if part.is_empty() { home.clone() } else { format!("{home}/{part}") };
        view! { <li><A href=href exact=part.is_empty()><Icon name=icon/>{word}</A></li> }
    };
    view! {
        <nav class="sidenav" aria-label="Team">
            <ul>
                {link.clone()("", "home", "Overview")}
                {link.clone()("connections", "plug", "Connections")}
                {link.clone()("apps", "app", "LWA apps")}
                {link.clone()("gateways", "gateway", "Gateways")}
            </ul>
            <p class="sidenav-title">"Team"</p>
            <ul>
                {link.clone()("incidents", "shield", "Incidents")}
                {may_see_log.then(|| link.clone()("alerts", "bell", "Alerts"))}
                {may_see_log.then(|| link.clone()("log", "log", "Log"))}
                {may_see_log.then(|| link.clone()("reviews", "check", "Reviews"))}
                {may_see_log.then(|| link.clone()("promises", "promise", "Promises"))}
                {link.clone()("members", "team", "Members")}
                {may_manage.then(|| link.clone()("settings", "settings", "Settings"))}
            </ul>
        </nav>
    }
}
