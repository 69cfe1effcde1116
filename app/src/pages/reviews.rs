use leptos::prelude::*;
use leptos_meta::Title;
use model::{ids::TeamId, review::LATE_DAYS};

use super::team;
use crate::{
    api::reviews::{ReviewItem, reviews},
    components::{At, Badge, EmptyState, PageHeader, loaded},
};

/// Every Review of this Team: done, waiting and late.
#[component]
pub fn ReviewsPage() -> impl IntoView {
    let team = team();
    view! {
        <Title text="Reviews"/>
        <PageHeader title="Reviews" lead="Every fourteen days somebody looks through the log and signs that they did."/>
        {loaded(reviews(team), move |all| view! { <List team all/> }.into_any())}
    }
}

#[component]
fn List(team: TeamId, all: Vec<ReviewItem>) -> impl IntoView {
    if all.is_empty() {
        return view! { <EmptyState icon="check" title="No Review yet" text="The first one opens when this Team is fourteen days old. Until then there is nothing to do."/> }.into_any();
    }
    let rows = all.into_iter().map(|item| view! { <Row team item/> }).collect_view();
    view! {
        <section class="card card-flush" aria-label="Reviews">
            <div class="table-wrap">
                <table class="table">
                    <caption class="visually-hidden">"Reviews"</caption>
                    <thead><tr><th scope="col">"Period"</th><th scope="col">"Opened"</th><th scope="col">"Status"</th><th scope="col">"Signed by"</th></tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </section>
    }
    .into_any()
}

#[component]
fn Row(team: TeamId, item: ReviewItem) -> impl IntoView {
    let signed = item.signed.clone().map_or_else(
        || view! { <span class="muted">"nobody yet"</span> }.into_any(),
        |signed| view! { <div>{signed.by}<span class="cell-sub"><At moment=signed.at/></span></div> }.into_any(),
    );
    view! {
        <tr>
            <th scope="row"><a href=format!("/teams/{team}/reviews/{}", item.id)>{item.period.clone()}</a></th>
            <td data-label="Opened"><At moment=item.opened.clone()/></td>
            <td data-label="Status"><ReviewBadge item/></td>
            <td data-label="Signed by">{signed}</td>
        </tr>
    }
}

/// How a Review stands.
#[component]
pub(super) fn ReviewBadge(item: ReviewItem) -> impl IntoView {
    let (tone, word) = match item.waits_days {
        _ if item.signed.is_some() => ("ok", "Signed".to_owned()),
        days if days < i64::from(LATE_DAYS) => ("pending", "Waits for you".to_owned()),
        days => ("attention", format!("Late: {days} days")),
    };
    view! { <Badge tone word/> }
}
