use leptos::prelude::*;
use model::incident::{Reach, Severity};

/// How grave an incident is, by what could be reached and whether it is known that somebody did. `severity`: the one it has.
#[component]
pub(in crate::pages) fn Matrix(severity: Option<Severity>) -> impl IntoView {
    let rows = Reach::ALL
        .iter()
        .map(|reach| {
            let cell = |confirmed: bool| {
                let of = Severity::of(*reach, confirmed);
                let label = if confirmed { "Confirmed" } else { "Suspected" };
                view! { <td data-label=label aria-current=(Some(of) == severity).then_some("true")>{of.title()}</td> }
            };
            view! { <tr><th scope="row">{reach.title()}</th>{cell(false)}{cell(true)}</tr> }
        })
        .collect_view();
    view! {
        <div class="table-wrap"><table class="table matrix">
            <caption class="visually-hidden">"Severities"</caption>
            <thead><tr><th scope="col">"What could be reached"</th><th scope="col">"Suspected"</th><th scope="col">"Confirmed"</th></tr></thead>
            <tbody>{rows}</tbody>
        </table></div>
    }
}
