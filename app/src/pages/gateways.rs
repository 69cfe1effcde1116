use leptos::prelude::*;
use leptos_meta::Title;
use model::Permission;

use super::{may, team};
use crate::{
    api::gateways::{GatewayItem, gateways},
    components::{At, Badge, EmptyState, EnvironmentTag, Icon, PageHeader, loaded},
};

/// The Team's gateways.
#[component]
pub fn GatewaysPage() -> impl IntoView {
    let team = team();
    let home = move || format!("/teams/{}/gateways", team);
    let add = move || {
        let link = may(Permission::ManageGateways).then(
            || view! { <a class="btn btn-primary" href=format!("{}/new", home())><Icon name="plus"/>"Create gateway"</a> },
        );
        link.into_any()
    };
    let actions = view! { <a class="btn btn-secondary" href=format!("{}/idle", home())>"Unused"</a> {add()} };
    view! {
        <Title text="Gateways"/>
        <PageHeader title="Gateways" lead="The services and agents that fetch credentials, each with its own list of connections." actions=actions.into_any()/>
        <section class="card card-flush" aria-label="Gateways">
            {loaded(gateways(team), move |all| if all.is_empty() {
                view! { <EmptyState icon="gateway" title="No gateway yet" text="Create one for each service, so that each has its own key and its own list." action=add()/> }.into_any()
            } else {
                let rows = all.into_iter().map(|item| view! { <Row home=home() item/> }).collect_view();
                view! {
                    <div class="table-wrap">
                        <table class="table">
                            <caption class="visually-hidden">"Gateways"</caption>
                            <thead><tr>
                                <th scope="col">"Gateway"</th><th scope="col">"Status"</th><th scope="col">"Environment"</th>
                                <th scope="col" class="num">"Connections"</th><th scope="col" class="num">"Live keys"</th><th scope="col">"Last use"</th>
                            </tr></thead>
                            <tbody>{rows}</tbody>
                        </table>
                    </div>
                }.into_any()
            })}
        </section>
    }
}

/// The standing of a gateway in one badge.
#[component]
pub fn GatewayBadge(disabled: bool, connections: usize, live_keys: usize) -> impl IntoView {
    let (tone, word) = match (disabled, connections, live_keys) {
        (true, ..) => ("neutral", "Disabled"),
        (false, 0, _) => ("attention", "No connection"),
        (false, _, 0) => ("attention", "No live key"),
        (false, ..) => ("ok", "Ready"),
    };
    view! { <Badge tone word/> }
}

#[component]
fn Row(home: String, item: GatewayItem) -> impl IntoView {
    view! {
        <tr>
            <th scope="row"><a href=format!("{home}/{}", item.id)>{item.name}</a></th>
            <td data-label="Status"><GatewayBadge disabled=item.disabled connections=item.connections live_keys=item.live_keys/></td>
            <td data-label="Environment"><EnvironmentTag environment=item.environment/></td>
            <td data-label="Connections" class="num">{item.connections}</td>
            <td data-label="Live keys" class="num">{item.live_keys}</td>
            <td data-label="Last use">{match item.last_used {
                Some(moment) => view! { <At moment/> }.into_any(),
                None => view! { <span class="muted">"never"</span> }.into_any(),
            }}</td>
        </tr>
    }
}
