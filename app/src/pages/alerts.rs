use leptos::prelude::*;
use leptos_meta::Title;
use model::{Permission, alert::Severity, ids::TeamId, incident::Kind};

use super::{ReportLink, may, team, viewer};
use crate::{
    api::alerts::{AcknowledgeAlert, AlertItem, AlertItems, alerts},
    components::{Act, ActForm, At, Badge, EmptyState, Field, Hidden, PageHeader, Submit, loaded},
};

/// What Portal noticed in this Team, and what people said to it.
#[component]
pub fn AlertsPage() -> impl IntoView {
    let team = team();
    let actions = view! { <a class="btn btn-secondary" href=format!("/teams/{team}/alerts/rules")>"Rules and delivery"</a> };
    view! {
        <Title text="Alerts"/>
        <PageHeader title="Alerts" lead="What Portal noticed, until somebody says what it was." actions=actions.into_any()/>
        {loaded(alerts(team), move |items| view! { <AlertLists items act={Act::of::<AcknowledgeAlert>()} team=Some(team) may_answer=may(Permission::ManageAlerts)/> }.into_any())}
    }
}

/// Open alerts, the gravest first, and answered ones.
#[component]
pub(super) fn AlertLists(items: AlertItems, act: Act, team: Option<TeamId>, may_answer: bool) -> impl IntoView {
    let open = if items.open.is_empty() {
        view! { <EmptyState icon="check" title="Nothing waits for you" text="Portal watches the log every few seconds. What a rule notices comes here, and to those who manage alerts by mail."/> }.into_any()
    } else {
        let rows = items.open.into_iter().map(|item| view! { <OpenAlert item act team may_answer/> }).collect_view();
        view! { <section aria-labelledby="open-h"><h2 id="open-h" class="visually-hidden">"Open"</h2><ol class="alerts" aria-label="Open alerts">{rows}</ol></section> }.into_any()
    };
    let answered = (!items.answered.is_empty()).then(|| {
        let rows = items.answered.into_iter().map(|item| view! { <Answered item/> }).collect_view();
        view! {
            <section class="stack" aria-labelledby="answered-h">
                <h2 id="answered-h">"Acknowledged"</h2>
                <ol class="alerts alerts-quiet">{rows}</ol>
            </section>
        }
    });
    view! { {open} {answered} }
}

/// A severity by icon and word.
#[component]
pub(super) fn SeverityBadge(severity: Severity) -> impl IntoView {
    let tone = match severity {
        Severity::Critical => "danger",
        Severity::Warning => "attention",
        Severity::Notice => "neutral",
    };
    view! { <Badge tone word=severity.title()/> }
}

/// What was noticed, without the answer.
#[component]
pub(super) fn Head(item: AlertItem) -> impl IntoView {
    let subject = item.subject.map(|name| match item.subject_path {
        Some(path) => view! { <a href=path>{name}</a> ": " }.into_any(),
        None => view! { {name} ": " }.into_any(),
    });
    let times = (item.occurrences > 1).then(|| format!(" · {} times", item.occurrences));
    let event = item.event_path.map(|path| view! { " · " <a href=path>"The event"</a> });
    view! {
        <div class="alert-head">
            <SeverityBadge severity=item.severity/>
            <h3>{item.rule.title()}</h3>
        </div>
        <p class="alert-what">{subject} {item.finding}</p>
        <p class="muted small">"Since " <At moment=item.opened/> ", last " <At moment=item.last/> {times} {event}</p>
    }
}

#[component]
fn OpenAlert(item: AlertItem, act: Act, team: Option<TeamId>, may_answer: bool) -> impl IntoView {
    let (id, advice, severity) = (item.id.to_string(), item.rule.advice(), item.severity.as_str());
    let act = act.only_for("alert", &id);
    let (about, title) = (item.about.clone().unwrap_or_default(), item.rule.title());
    view! {
        <li class="alert" data-severity=severity>
            <Head item/>
            <p class="small">{advice}</p>
            {match team {
                Some(_) => view! { <ReportLink about title kind=Kind::Other/> }.into_any(),
                // What concerns the installation is reported in a Team of the operator's.
                None => viewer().map(|viewer| viewer.teams).unwrap_or_default().into_iter()
                    .map(|within| view! { <ReportLink about="" title kind=Kind::Other within/> }).collect_view().into_any(),
            }}
            {may_answer.then(|| view! {
                <details class="disclosure" open=act.failed()>
                    <summary>"Acknowledge…"</summary>
                    <ActForm act class="form">
                        {team.map(|team| view! { <Hidden name="team" value=team.to_string()/> })}
                        <Hidden name="alert" value=id.clone()/>
                        <Field name="note" id=format!("note-{id}") label="What was it?" hint="A few words for those who read this later. No secrets." act/>
                        <Submit label="Acknowledge" class="btn-secondary"/>
                    </ActForm>
                </details>
            })}
        </li>
    }
}

#[component]
fn Answered(item: AlertItem) -> impl IntoView {
    let answer = item.answer.clone().map(|answer| {
        view! { <p class="alert-answer"><strong>{answer.by}</strong> " " <At moment=answer.at/> ": " {answer.note}</p> }
    });
    view! { <li class="alert"><Head item/>{answer}</li> }
}
