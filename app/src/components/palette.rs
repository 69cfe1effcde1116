use leptos::prelude::*;
use model::{
    Permission::{self, *},
    ids::TeamId,
};

use crate::api::{TeamItem, Viewer};

/// The places of a Team: what it is called, where it is, the keys that lead there, and who may.
const PLACES: [(&str, &str, &str, Permission); 19] = [
    ("Overview", "", "g o", ViewTeam),
    ("Connections", "/connections", "g c", ViewTeam),
    ("LWA apps", "/apps", "g a", ViewTeam),
    ("Gateways", "/gateways", "g g", ViewTeam),
    ("Incidents", "/incidents", "g i", ReportIncident),
    ("Alerts", "/alerts", "g n", ViewLog),
    ("Log", "/log", "g l", ViewLog),
    ("Reviews", "/reviews", "g r", ViewLog),
    ("Members", "/members", "g m", ViewTeam),
    ("Settings", "/settings", "g s", ManageTeam),
    ("Report an incident", "/incidents/new", "", ReportIncident),
    ("Connect account", "/connections/new", "", ManageConnections),
    ("Add LWA app", "/apps/new", "", ManageLwaApps),
    ("Create gateway", "/gateways/new", "", ManageGateways),
    ("Who can reach what", "/members/reach", "", ViewTeam),
    ("Invite a member", "/members", "", ManageMembers),
    ("Approvals", "/approvals", "", ViewTeam),
    ("Access reviews", "/members/reviews", "", ViewLog),
    ("Promises and proof", "/promises", "g p", ViewLog),
];

/// Go anywhere by typing, and the list of keys. Scripts open both; without them nothing of it shows.
#[component]
pub fn Palette(viewer: Viewer, team: Option<TeamId>) -> impl IntoView {
    let here = viewer.teams.iter().find(|item| Some(item.id) == team).cloned();
    // What it would look for is looked at by nobody who is let in for a while.
    let looks = viewer.support.as_ref().is_some_and(|support| Some(support.team) == team);
    let places = here.iter().flat_map(places).collect::<Vec<_>>();
    let teams = viewer.teams.iter().map(|item| (item.name.clone(), "Team", format!("/teams/{}", item.id), ""));
    let own = [
        ("Your account, sessions and passkeys", "/account"),
        ("All Teams", "/"),
        ("Gateway API", "/gateway-api"),
        ("Security", "/security"),
    ];
    let own = own.map(|(name, path)| (name.to_owned(), "Go to", path.to_owned(), ""));
    let keys = places.iter().filter(|place| !place.3.is_empty()).map(|place| (place.0.clone(), place.3)).collect::<Vec<_>>();
    let options = places
        .into_iter()
        .chain(teams)
        .chain(own)
        .enumerate()
        .map(|(n, (name, kind, path, keys))| {
            view! { <li role="option" id=format!("palette-{n}") aria-selected="false" data-href=path data-keys=keys><span>{name}</span><small>{kind}</small></li> }
        })
        .collect_view();
    view! {
        <dialog class="palette" id="palette" aria-label="Go to" data-team=here.filter(|_| !looks).map(|team| team.id.to_string())>
            <input type="text" role="combobox" aria-label="Where to?" aria-expanded="true" aria-controls="palette-list" aria-autocomplete="list" autocomplete="off" spellcheck="false" placeholder="Where to? A page, a connection, a gateway, a member…"/>
            <ul role="listbox" id="palette-list" aria-label="Places">{options}</ul>
            <p role="status"><span class="palette-nothing" hidden>"Nothing is called that."</span></p>
        </dialog>
        <Shortcuts keys/>
    }
}

fn places(team: &TeamItem) -> impl Iterator<Item = (String, &'static str, String, &'static str)> + use<> {
    let (id, role) = (team.id, team.role);
    PLACES.into_iter().filter(move |(.., needs)| role.may(*needs)).map(move |(name, part, keys, _)| {
        (name.to_owned(), if keys.is_empty() { "Do" } else { "Go to" }, format!("/teams/{id}{part}"), keys)
    })
}

#[component]
fn Shortcuts(keys: Vec<(String, &'static str)>) -> impl IntoView {
    let row = |name: String, keys: &str| {
        let keys = keys.split(' ').map(|key| view! { <kbd>{key.to_owned()}</kbd> " " }).collect_view();
        view! { <div><dt>{name}</dt><dd>{keys}</dd></div> }
    };
    let rows = keys.into_iter().map(|(name, keys)| row(format!("Go to {name}"), keys)).collect_view();
    view! {
        <dialog class="sheet" id="shortcuts" aria-labelledby="shortcuts-h">
            <h2 id="shortcuts-h">"Keyboard shortcuts"</h2>
            <dl>{row("Go anywhere".to_owned(), "Ctrl K")} {row("This list".to_owned(), "?")} {rows}</dl>
            <label class="choice"><input type="checkbox"/><span class="choice-label">"Shortcuts of single keys"</span></label>
            <form method="dialog"><button type="submit" class="btn btn-secondary">"Close"</button></form>
        </dialog>
    }
}
