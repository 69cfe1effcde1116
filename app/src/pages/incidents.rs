use leptos::prelude::*;
use leptos_meta::Title;
use model::{ids::TeamId, incident::Severity};

use super::team;
use crate::{
    api::incidents::{ClockItem, IncidentItem, incidents},
    components::{At, Badge, EmptyState, PageHeader, loaded},
};

/// Every incident of this Team that the signed-in person may see.
#[component]
pub fn IncidentsPage() -> impl IntoView {
    let team = team();
    let actions = view! { <a class="btn btn-secondary" href=format!("/teams/{team}/incidents/playbooks")>"Playbooks"</a> <a class="btn btn-secondary" href=format!("/teams/{team}/incidents/readiness")>"Readiness"</a> <a class="btn btn-secondary" href=format!("/teams/{team}/incidents/metrics")>"Metrics"</a> <a class="btn btn-primary" href=format!("/teams/{team}/incidents/new")>"Report an incident"</a> };
    view! {
        <Title text="Incidents"/>
        <PageHeader title="Incidents" lead="When something went wrong, or may have: what stops the damage, who is told, and what was learned." actions=actions.into_any()/>
        {loaded(incidents(team), move |all| view! { <Lists team all/> }.into_any())}
    }
}

#[component]
fn Lists(team: TeamId, all: Vec<IncidentItem>) -> impl IntoView {
    if all.is_empty() {
        return view! { <EmptyState icon="shield" title="No incident yet" text="Report one as soon as you suspect something: a report costs nothing, and Amazon's 24 hours run from the moment when it was noticed."/> }.into_any();
    }
    let (over, open): (Vec<_>, Vec<_>) = all.into_iter().partition(|item| item.state.is_over());
    view! {
        {(!open.is_empty()).then(|| view! { <Table team title="Open" items=open/> })}
        {(!over.is_empty()).then(|| view! { <Table team title="Over" items=over/> })}
    }
    .into_any()
}

#[component]
fn Table(team: TeamId, title: &'static str, items: Vec<IncidentItem>) -> impl IntoView {
    let rows = items.into_iter().map(|item| view! { <Row team item/> }).collect_view();
    view! {
        <section class="stack" aria-labelledby=format!("{title}-h")>
            <h2 id=format!("{title}-h")>{title}</h2>
            <div class="card card-flush"><div class="table-wrap">
                <table class="table">
                    <caption class="visually-hidden">{title}</caption>
                    <thead><tr><th scope="col">"Incident"</th><th scope="col">"Severity"</th><th scope="col">"State"</th><th scope="col">"Due"</th></tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </div></div>
        </section>
    }
}

#[component]
fn Row(team: TeamId, item: IncidentItem) -> impl IntoView {
    let due = item.clocks.first().cloned().map(|clock| view! { <ClockBadge clock/> });
    view! {
        <tr>
            <th scope="row">
                <a href=format!("/teams/{team}/incidents/{}", item.id)>{item.title}</a>
                <span class="cell-sub">{item.code}" · "<At moment=item.reported/>{item.restricted.then_some(" · restricted")}{item.drill.then_some(" · drill")}</span>
            </th>
            <td data-label="Severity"><SeverityTag severity=item.severity/></td>
            <td data-label="State">{item.state.title()}</td>
            <td data-label="Due">{due}</td>
        </tr>
    }
}

/// How grave it is.
#[component]
pub(super) fn SeverityTag(severity: Severity) -> impl IntoView {
    let tone = match severity {
        Severity::Sev1 => "danger",
        Severity::Sev2 => "attention",
        Severity::Sev3 => "pending",
        Severity::Sev4 => "neutral",
    };
    view! { <Badge tone word=severity.title()/> }
}

/// What runs out, and when.
#[component]
pub(super) fn ClockBadge(clock: ClockItem) -> impl IntoView {
    let (tone, word) = match clock.minutes {
        ..=0 => ("danger", format!("{}: overdue", clock.kind.title())),
        minutes @ 1..=90 => ("danger", format!("{}: {minutes} min left", clock.kind.title())),
        minutes @ 91..=240 => ("attention", format!("{}: {} h left", clock.kind.title(), minutes / 60)),
        minutes => ("pending", format!("{}: {} h left", clock.kind.title(), minutes / 60)),
    };
    view! { <span title=clock.due.absolute><Badge tone word/></span> }
}
