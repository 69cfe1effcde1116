use leptos::prelude::*;
use leptos_meta::Title;
use model::Permission;

use super::{may, team};
use crate::{
    api::connections::{ConnectionItem, connections},
    components::{At, EmptyState, EnvironmentTag, Icon, PageHeader, StateBadge, loaded},
};

/// The Team's connections.
#[component]
pub fn ConnectionsPage() -> impl IntoView {
    let team = team();
    let home = move || format!("/teams/{}/connections", team);
    let add = move || {
        let link = may(Permission::ManageConnections).then(
            || view! { <a class="btn btn-primary" href=format!("{}/new", home())><Icon name="plus"/>"Connect account"</a> },
        );
        link.into_any()
    };
    view! {
        <Title text="Connections"/>
        <PageHeader title="Connections" lead="Seller and advertising accounts whose owners let this Team work for them." actions=add()/>
        <section class="card card-flush" aria-label="Connections">
            {loaded(connections(team), move |all| if all.is_empty() {
                view! { <EmptyState icon="plug" title="No account connected yet" text="Connect an account, and gateways can ask for its credentials." action=add()/> }.into_any()
            } else {
                let rows = all.into_iter().map(|item| view! { <Row home=home() item/> }).collect_view();
                view! {
                    <div class="table-wrap">
                        <table class="table">
                            <caption class="visually-hidden">"Connections"</caption>
                            <thead><tr>
                                <th scope="col">"Connection"</th><th scope="col">"Status"</th><th scope="col">"Environment"</th>
                                <th scope="col">"LWA app"</th><th scope="col">"Last issue"</th><th scope="col">"Last proof"</th>
                            </tr></thead>
                            <tbody>{rows}</tbody>
                        </table>
                    </div>
                }.into_any()
            })}
        </section>
    }
}

#[component]
fn Row(home: String, item: ConnectionItem) -> impl IntoView {
    view! {
        <tr>
            <th scope="row">
                <a href=format!("{home}/{}", item.id)>{item.name}</a>
                <span class="cell-sub">{format!("{} · {}", item.marketplace_name, item.seller_id)}</span>
                {item.profile.map(|id| view! { <span class="cell-sub">{format!("Advertising, profile {id}")}</span> })}
            </th>
            <td data-label="Status"><StateBadge state=item.state app_rejected=item.app_rejected.is_some() failing=item.failure.is_some() test_failed=item.test_failure.is_some()/></td>
            <td data-label="Environment"><EnvironmentTag environment=item.environment/></td>
            <td data-label="LWA app">{item.app_name}</td>
            <td data-label="Last issue">{match item.last_issue {
                Some(moment) => view! { <At moment/> }.into_any(),
                None => view! { <span class="muted">"never"</span> }.into_any(),
            }}</td>
            <td data-label="Last proof"><At moment=item.proved/></td>
        </tr>
    }
}
