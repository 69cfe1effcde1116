use leptos::prelude::*;
use leptos_meta::Title;
use model::{ids::EventId, incident::Kind};

use super::{ReportLink, log::Standing, param, team};
use crate::{
    api::log::{PlacedEvent, log_event},
    components::{At, CodeBlock, Crumbs, Notice, OutcomeBadge, PageHeader, loaded},
};

/// One event: what it says, where it stands in the tree, and its proof as a file.
#[component]
pub fn LogEventPage() -> impl IntoView {
    let (team, id) = (team(), param::<EventId>("event"));
    loaded(log_event(team, id), move |PlacedEvent { about, item, index, state }| {
        let sentence = format!("{} {} {}", item.actor, item.sentence, item.target.clone().unwrap_or_default());
        let proof = match (index, &state.head) {
            (Some(index), Some((size, _))) if index < *size => view! {
                <p>{format!("It is event {index} of the log, under the signed head of {size} events. The file holds the event, its path to that head, and the head.")}</p>
                <p><a class="btn btn-primary" href=format!("/teams/{team}/log/{id}/proof") download="">"Download the proof"</a></p>
                <CodeBlock id="check" caption="Check it anywhere, with the log's public key" code=format!("portal audit verify --export {id}.jsonl --verifier \"$LOG_PUBLIC_KEY\"")/>
            }
            .into_any(),
            _ => view! {
                <Notice tone="info" title="Not under a signed head yet"><p>"A head is signed every minute. Load the page again in a moment."</p></Notice>
            }
            .into_any(),
        };
        view! {
            <Title text="Event"/>
            <Crumbs home=format!("/teams/{team}/log") place="Log" here="Event"/>
            <PageHeader title="Event" lead=sentence.clone() tags=view! { <OutcomeBadge outcome=item.outcome/> }.into_any()/>
            <section class="card" aria-labelledby="event-h">
                <h2 id="event-h">"As it was recorded"</h2>
                <p class="muted"><At moment=item.at/></p>
                <p><ReportLink about=about.unwrap_or_default() title=sentence.clone() kind=Kind::Other/></p>
                <CodeBlock id="raw" caption="The event" code=item.raw/>
            </section>
            <section class="card" aria-labelledby="proof-h">
                <h2 id="proof-h">"Proof"</h2>
                <Standing state/>
                {proof}
            </section>
        }
        .into_any()
    })
}
