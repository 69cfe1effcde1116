use leptos::prelude::*;
use leptos_meta::Title;
use model::{
    Permission,
    ids::{ReviewId, TeamId},
    incident::Kind,
};

use super::{ReportLink, alerts::Head as AlertHead, log::EventList, may, param, reviews::ReviewBadge, stepped_up, team};
use crate::{
    api::reviews::{NoteItem, NoteReview, ReviewDetail, SignReview, review},
    components::{
        Act, ActForm, At, Badge, Choice, Crumbs, Field, Hidden, Notice, PageHeader, StepUpGate, Submit, TextArea, loaded,
    },
};

/// One Review: what matters of the period, what was noted, and the signature.
#[component]
pub fn ReviewPage() -> impl IntoView {
    let (team, id) = (team(), param::<ReviewId>("review"));
    loaded(review(team, id), move |detail| {
        let tags = view! { <ReviewBadge item=detail.item.clone()/> }.into_any();
        view! {
            <Title text="Review"/>
            <Crumbs home=format!("/teams/{team}/reviews") place="Reviews" here=detail.item.period.clone()/>
            <PageHeader title=format!("Review of {}", detail.item.period) lead="Look at each part, note what you find, then sign." tags/>
            {detail.pruned.then(|| view! { <Notice tone="warning" title="The log of this period is not whole any more"><p>"Events of this period are older than this installation keeps them. What is missing below is pruned, and says nothing of what happened."</p></Notice> })}
            <Look team detail=detail.clone()/>
            <Notes team detail=detail.clone()/>
            <Signature team detail/>
        }
        .into_any()
    })
}

#[component]
fn Look(team: TeamId, detail: ReviewDetail) -> impl IntoView {
    let home = format!("/teams/{team}/log");
    let whole = format!("{home}?{}", detail.log_query);
    let figures = detail.figures.into_iter().map(|figure| view! { <tr><th scope="row"><code>{figure.what}</code></th><td data-label="This period" class="num">{figure.now}</td><td data-label="The one before" class="num">{figure.before}</td></tr> }).collect::<Vec<_>>();
    let figures = if figures.is_empty() {
        view! { <p class="muted">"Nothing happened."</p> }.into_any()
    } else {
        view! {
            <div class="table-wrap"><table class="table">
                <caption class="visually-hidden">"Figures"</caption>
                <thead><tr><th scope="col">"What"</th><th scope="col">"This period"</th><th scope="col">"The one before"</th></tr></thead>
                <tbody>{figures}</tbody>
            </table></div>
        }
        .into_any()
    };
    let networks = detail
        .networks
        .into_iter()
        .map(|(key, network, at)| view! { <li><code>{network}</code> " by " <code>{key}</code> ", " <At moment=at/></li> })
        .collect::<Vec<_>>();
    let networks = if networks.is_empty() {
        view! { <p class="muted">"No key was used from a new network."</p> }.into_any()
    } else {
        view! { <ul class="plain-list">{networks}</ul> }.into_any()
    };
    let alerts = detail
        .alerts
        .into_iter()
        .map(|item| {
            let severity = item.severity.as_str();
            view! { <li class="alert" data-severity=severity><AlertHead item/></li> }
        })
        .collect::<Vec<_>>();
    let alerts = if alerts.is_empty() {
        view! { <p class="muted">"No alert was raised."</p> }.into_any()
    } else {
        view! { <ol class="alerts">{alerts}</ol> }.into_any()
    };
    view! {
        <section class="card" aria-labelledby="figures-h"><h2 id="figures-h">"Figures"</h2>{figures}<p><a href=whole>"The whole log of this period"</a></p></section>
        <section class="card" aria-labelledby="networks-h"><h2 id="networks-h">"New networks"</h2>{networks}</section>
        <section class="card" aria-labelledby="refused-h"><h2 id="refused-h">"Refused"</h2><EventList items=detail.refused home=home.clone() nothing="Nothing was refused."/></section>
        <section class="card" aria-labelledby="changes-h"><h2 id="changes-h">"Roles and secrets"</h2><EventList items=detail.changes home=home.clone() nothing="No role and no secret changed."/></section>
        <section class="card" aria-labelledby="alerts-h"><h2 id="alerts-h">"Alerts"</h2>{alerts}</section>
        <section class="card" aria-labelledby="sample-h"><h2 id="sample-h">"Drawn by lot"</h2><p class="muted">"Chosen when this Review opened. Is each of these what it should be?"</p><EventList items=detail.sample home nothing="There was no event to draw."/></section>
    }
}

#[component]
fn Notes(team: TeamId, detail: ReviewDetail) -> impl IntoView {
    let act = Act::of::<NoteReview>();
    let open = detail.item.signed.is_none() && may(Permission::ReviewLog);
    let rows = detail.notes.into_iter().map(|note| view! { <NoteRow note/> }).collect::<Vec<_>>();
    let list = if rows.is_empty() {
        view! { <p class="muted">"Nothing was noted."</p> }.into_any()
    } else {
        view! { <ol class="notes">{rows}</ol> }.into_any()
    };
    view! {
        <section class="card" aria-labelledby="notes-h">
            <h2 id="notes-h">"Notes and findings"</h2>
            {list}
            {open.then(|| view! {
                <ActForm act class="form">
                    <Hidden name="team" value=team.to_string()/>
                    <Hidden name="review" value=detail.item.id.to_string()/>
                    <TextArea name="note" label="Note" hint="What you looked at, what it was. No secrets." required=true act/>
                    <Choice name="finding" value="true" label="A finding" hint="Somebody must follow it up." act/>
                    <Submit label="Add note" class="btn-secondary"/>
                </ActForm>
            })}
        </section>
    }
}

#[component]
fn NoteRow(note: NoteItem) -> impl IntoView {
    let finding = note.finding.then(|| view! { <Badge tone="attention" word="Finding, to follow up"/> " " <ReportLink about="" title=note.body.clone() kind=Kind::Other/> });
    view! { <li><p>{note.body}</p><p class="muted small">{note.by} " " <At moment=note.at/> " " {finding}</p></li> }
}

#[component]
fn Signature(team: TeamId, detail: ReviewDetail) -> impl IntoView {
    let act = Act::of::<SignReview>();
    let (id, period) = (detail.item.id, detail.item.period);
    let body = match detail.item.signed {
        Some(signed) => {
            view! { <p><strong>{signed.by}</strong> " signed " <At moment=signed.at/> ": " {signed.conclusion}</p> }
                .into_any()
        }
        None if may(Permission::ReviewLog) => view! {
            <StepUpGate open=stepped_up() act=format!("sign the Review of {period}")>
                <ActForm act class="form">
                    <Hidden name="team" value=team.to_string()/>
                    <Hidden name="review" value=id.to_string()/>
                    <Field name="conclusion" label="Conclusion" hint="One sentence: what this period was like." act/>
                    <Submit label="Sign this Review"/>
                </ActForm>
            </StepUpGate>
        }
        .into_any(),
        None => view! { <p class="muted">"Nobody has signed yet."</p> }.into_any(),
    };
    view! { <section class="card" aria-labelledby="sign-h"><h2 id="sign-h">"Signature"</h2>{body}</section> }
}
