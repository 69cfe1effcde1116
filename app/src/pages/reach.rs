use leptos::prelude::*;
use leptos_meta::Title;
use model::{
    Environment,
    ids::{GatewayId, TeamId},
};

use super::team;
use crate::{
    api::{
        Moment,
        reach::{ConnectionReach, KeyReach, PersonReach, ReachDetail, reach},
    },
    components::{At, Crumbs, EmptyState, EnvironmentTag, PageHeader, RoleName, loaded},
};

/// Who can reach what: people by environment, keys by connection. Made to be printed, too.
#[component]
pub fn ReachPage() -> impl IntoView {
    let team = team();
    view! {
        <Title text="Who can reach what"/>
        <Crumbs home=format!("/teams/{team}/members") place="Members" here="Who can reach what"/>
        <PageHeader title="Who can reach what" lead="People by environment, keys by connection, as it is now. Nobody sees a secret or a token here; gateways receive tokens, people do not."/>
        {loaded(reach(team), move |all| view! { <Map team all/> }.into_any())}
    }
}

#[component]
fn Map(team: TeamId, all: ReachDetail) -> impl IntoView {
    let heads = Environment::ALL.map(|one| view! { <th scope="col">{one.title()}</th> }).collect_view();
    let there = Environment::ALL.map(|environment| {
        let names = all.connections.iter().filter(|one| one.environment == environment).map(|one| one.name.clone());
        let names = names.collect::<Vec<_>>();
        let words = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        view! { <td data-label=environment.title()>{words}</td> }
    });
    let people = all.people.into_iter().map(|person| view! { <Person person/> }).collect_view();
    let none = all.connections.is_empty();
    let rows = all.connections.into_iter().map(|connection| view! { <Connection team connection/> }).collect_view();
    let idle = all.idle;
    view! {
        <p class="muted small">"As of "{all.at.absolute}"."</p>
        <section class="card card-flush" aria-label="People">
            <div class="table-wrap"><table class="table">
                <caption>"People, by environment: what a person may do there is the same for each of its connections"</caption>
                <thead><tr><th scope="col">"Member"</th><th scope="col">"Role"</th><th scope="col">"Works as"</th>{heads}</tr></thead>
                <tbody>
                    <tr class="row-sum"><th scope="row" colspan="3">"Connections there"</th>{there.collect_view()}</tr>
                    {people}
                </tbody>
            </table></div>
        </section>
        <section class="card card-flush" aria-label="Connections">
            {if none {
                view! { <EmptyState icon="plug" title="No account connected yet" text="Keys reach nothing until there is one."/> }.into_any()
            } else {
                view! {
                    <div class="table-wrap"><table class="table">
                        <caption>"Keys, by connection"</caption>
                        <thead><tr><th scope="col">"Connection"</th><th scope="col">"Environment"</th><th scope="col">"Gateways and their keys"</th><th scope="col">"Keys that sign its notifications"</th></tr></thead>
                        <tbody>{rows}</tbody>
                    </table></div>
                }.into_any()
            }}
        </section>
        {(!idle.is_empty()).then(|| view! {
            <section class="card" aria-labelledby="idle-h">
                <h2 id="idle-h">"Gateways that reach nothing"</h2>
                <Gateways team gateways=idle/>
            </section>
        })}
    }
}

#[component]
fn Person(person: PersonReach) -> impl IntoView {
    let cells = Environment::ALL.map(|environment| {
        let word = if person.changes.contains(&environment) { "Changes" } else { "Reads" };
        view! { <td data-label=environment.title()>{word}</td> }
    });
    let works_as = match person.contractor {
        Some((company, until)) => {
            view! { "Contractor of "{company}<span class="cell-sub">"Access ends "<At moment=until/></span> }.into_any()
        }
        None => view! { "Employee" }.into_any(),
    };
    view! {
        <tr>
            <th scope="row">{person.email}</th>
            <td data-label="Role"><RoleName role=person.role/></td>
            <td data-label="Works as">{works_as}</td>
            {cells.into_iter().collect_view()}
        </tr>
    }
}

#[component]
fn Connection(team: TeamId, connection: ConnectionReach) -> impl IntoView {
    let none = connection.gateways.is_empty();
    let signing = connection.notification_keys.into_iter().map(|key| {
        let used = used(key.last_used);
        view! { <li><code>{key.id}</code><span class="cell-sub">"made "<At moment=key.made/>{used}</span></li> }
    });
    let signing = signing.collect::<Vec<_>>();
    let signing = match signing.is_empty() {
        true => view! { <span class="muted">"none"</span> }.into_any(),
        false => view! { <ul class="plain-list">{signing}</ul> }.into_any(),
    };
    view! {
        <tr>
            <th scope="row"><a href=format!("/teams/{team}/connections/{}", connection.id)>{connection.name}</a></th>
            <td data-label="Environment"><EnvironmentTag environment=connection.environment/></td>
            <td data-label="Gateways and their keys">{if none { view! { <span class="muted">"none"</span> }.into_any() } else { view! { <Gateways team gateways=connection.gateways/> }.into_any() }}</td>
            <td data-label="Keys that sign its notifications">{signing}</td>
        </tr>
    }
}

fn used(last: Option<Moment>) -> AnyView {
    match last {
        Some(at) => view! { ", last used "<At moment=at/> }.into_any(),
        None => view! { ", never used" }.into_any(),
    }
}

#[component]
fn Gateways(team: TeamId, gateways: Vec<(GatewayId, String, Vec<KeyReach>)>) -> impl IntoView {
    let rows = gateways.into_iter().map(|(id, name, keys)| {
        let none = keys.is_empty().then(|| view! { <span class="cell-sub">"no live key"</span> });
        let keys = keys.into_iter().map(|key| {
            let used = used(key.last_used);
            view! { <span class="cell-sub"><code>{key.id}</code>", ends "<At moment=key.ends/>{used}</span> }
        });
        view! { <li><a href=format!("/teams/{team}/gateways/{id}")>{name}</a>{keys.collect_view()}{none}</li> }
    });
    view! { <ul class="plain-list">{rows.collect_view()}</ul> }
}
