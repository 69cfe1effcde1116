use leptos::prelude::*;
use model::ids::TeamId;

use crate::{api::connections::ConnectionDetail, pages::leases::Leases};

/// The gateways that may use it, and who holds a token.
#[component]
pub fn Access(team: TeamId, detail: ConnectionDetail) -> impl IntoView {
    let id = detail.item.id;
    let gateways = detail
        .gateways
        .into_iter()
        .map(|(id, name)| view! { <li><a href=format!("/teams/{team}/gateways/{id}")>{name}</a></li> })
        .collect::<Vec<_>>();
    let gateways = if gateways.is_empty() {
        view! { <p class="muted">"No gateway may use it yet. " <a href=format!("/teams/{team}/gateways")>"Choose a gateway"</a> " and allow this connection there."</p> }.into_any()
    } else {
        view! { <ul class="prose">{gateways}</ul> }.into_any()
    };
    view! {
        <section class="card" aria-labelledby="access-h">
            <h2 id="access-h">"Gateways that may use it"</h2>
            {gateways}
        </section>
        <Leases live=format!("/live/teams/{team}/connections/{id}/leases") leases=detail.leases/>
    }
}
