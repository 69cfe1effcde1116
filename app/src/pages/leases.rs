use leptos::prelude::*;

use crate::{api::connections::LeaseItem, components::At};

/// Who holds a token, and until when. `live` is where a browser with scripts hears of changes.
#[component]
pub fn Leases(#[prop(into)] live: String, leases: Vec<LeaseItem>) -> impl IntoView {
    view! {
        <section class="card" aria-labelledby="leases-h">
            <h2 id="leases-h">"Who holds a token"</h2>
            <div data-live=super::live(live)><LeaseTable leases/></div>
            <p class="muted small" role="status"><span data-live-stale hidden>"Not live at the moment: reload the page for what is now."</span></p>
        </section>
    }
}

/// The part of it that changes.
#[component]
pub fn LeaseTable(leases: Vec<LeaseItem>) -> impl IntoView {
    if leases.is_empty() {
        return view! { <p class="muted">"Nobody holds a token now."</p> }.into_any();
    }

    let rows = leases
        .into_iter()
        .map(|lease| {
            view! {
                <tr>
                    <th scope="row">{lease.gateway}</th>
                    <td data-label="Connection">{lease.connection}</td>
                    <td data-label="Generation" class="num">{lease.generation}</td>
                    <td data-label="Fetched"><At moment=lease.issued/></td>
                    <td data-label="Ends"><At moment=lease.expires/></td>
                </tr>
            }
        })
        .collect_view();
    view! {
            <div class="table-wrap">
                <table class="table">
                    <caption class="visually-hidden">"Live leases"</caption>
                    <thead><tr><th scope="col">"Gateway"</th><th scope="col">"Connection"</th><th scope="col" class="num">"Generation"</th><th scope="col">"Fetched"</th><th scope="col">"Ends"</th></tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        }.into_any()
}
