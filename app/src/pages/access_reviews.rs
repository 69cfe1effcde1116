use leptos::prelude::*;
use leptos_meta::Title;
use model::{
    Permission,
    access_review::{Decision, Subject},
    ids::{AccessReviewId, TeamId},
};

use super::{may, param, stepped_up, team};
use crate::{
    api::access_reviews::{
        AccessReviewDetail, AccessReviewItem, DecideAccess, SignAccessReview, SubjectItem, access_review, access_reviews,
    },
    components::{
        Act, ActForm, At, Badge, Crumbs, EmptyState, Field, FileForm, Hidden, Notice, PageHeader, StepUpGate, Submit,
        TextArea, loaded,
    },
};

/// Every access review of this Team.
#[component]
pub fn AccessReviewsPage() -> impl IntoView {
    let team = team();
    view! {
        <Title text="Access reviews"/>
        <Crumbs home=format!("/teams/{team}/members") place="Members" here="Access reviews"/>
        <PageHeader title="Access reviews" lead="Every quarter each member, gateway and key is confirmed or removed. What nobody confirmed within 14 days is suspended."/>
        {loaded(access_reviews(team), move |all| view! { <List team all/> }.into_any())}
    }
}

#[component]
fn List(team: TeamId, all: Vec<AccessReviewItem>) -> impl IntoView {
    if all.is_empty() {
        return view! { <EmptyState icon="check" title="No access review yet" text="The first one opens when this Team is a quarter old. Until then, see under Members who can reach what."/> }.into_any();
    }
    let rows = all.into_iter().map(|item| {
        let signed = item.signed.clone().map_or_else(
            || view! { <span class="muted">"nobody yet"</span> }.into_any(),
            |(by, at, _)| view! { <div>{by}<span class="cell-sub"><At moment=at/></span></div> }.into_any(),
        );
        view! {
            <tr>
                <th scope="row"><a href=format!("/teams/{team}/members/reviews/{}", item.id)>{item.name.clone()}</a></th>
                <td data-label="Due"><At moment=item.due.clone()/></td>
                <td data-label="Status"><State item/></td>
                <td data-label="Signed by">{signed}</td>
            </tr>
        }
    });
    view! {
        <section class="card card-flush" aria-label="Access reviews">
            <div class="table-wrap"><table class="table">
                <caption class="visually-hidden">"Access reviews"</caption>
                <thead><tr><th scope="col">"Opened"</th><th scope="col">"Due"</th><th scope="col">"Status"</th><th scope="col">"Signed by"</th></tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table></div>
        </section>
    }
    .into_any()
}

#[component]
fn State(item: AccessReviewItem) -> impl IntoView {
    let (tone, word) = match (item.signed.is_some(), item.overdue) {
        (true, _) => ("ok", "Signed"),
        (false, true) => ("danger", "Overdue"),
        (false, false) => ("pending", "Open"),
    };
    view! { <Badge tone word/> }
}

/// One access review: each to be confirmed or removed, then the signature.
#[component]
pub fn AccessReviewPage() -> impl IntoView {
    let (team, id) = (team(), param::<AccessReviewId>("access_review"));
    loaded(access_review(team, id), move |detail| {
        let tags = view! { <State item=detail.item.clone()/> }.into_any();
        let item = detail.item.clone();
        let lead = format!("What was there on {}: confirm each, or remove it.", item.name);
        let open = item.signed.is_none();
        view! {
            <Title text="Access review"/>
            <Crumbs home=format!("/teams/{team}/members/reviews") place="Access reviews" here=item.name.clone()/>
            <PageHeader title=format!("Access review of {}", item.name) lead tags/>
            {(open && !item.overdue).then(|| view! { <p class="muted">"Due " <At moment=item.due.clone()/> ". What nobody confirmed by then is suspended until somebody does."</p> })}
            {(open && item.overdue).then(|| view! { <Notice tone="warning" title="Its time is over"><p>"What nobody confirmed is suspended: confirm it to let it in again, or remove it."</p></Notice> })}
            {Subject::ALL.into_iter().map(|kind| view! { <Part team kind detail=detail.clone()/> }).collect_view()}
            <Signature team detail/>
        }
        .into_any()
    })
}

#[component]
fn Part(team: TeamId, kind: Subject, detail: AccessReviewDetail) -> impl IntoView {
    let (id, open) = (detail.item.id, detail.item.signed.is_none());
    let mine: Vec<_> = detail.subjects.into_iter().filter(|one| one.kind == kind).collect();
    if mine.is_empty() {
        return None;
    }
    let rows = mine.into_iter().map(|one| view! { <Row team id open one/> }).collect_view();
    Some(view! {
        <section class="card card-flush" aria-label=kind.title()>
            <div class="table-wrap"><table class="table">
                <caption>{kind.title()}</caption>
                <thead><tr><th scope="col">"Who or what"</th><th scope="col">"May reach"</th><th scope="col">"Decision"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table></div>
        </section>
    })
}

#[component]
fn Row(team: TeamId, id: AccessReviewId, open: bool, one: SubjectItem) -> impl IntoView {
    let gone = one.now.is_none();
    let changed = one.now.clone().filter(|now| *now != one.then);
    let decided = one.decided.clone();
    let state = match &decided {
        Some((Decision::Confirmed, ..)) => view! { <Badge tone="ok" word="Confirmed"/> }.into_any(),
        Some((Decision::Removed, ..)) => view! { <Badge tone="neutral" word="Removed"/> }.into_any(),
        None if one.is_suspended => view! { <Badge tone="danger" word="Suspended"/> }.into_any(),
        None => view! { <Badge tone="pending" word="Not decided"/> }.into_any(),
    };
    let by = decided.clone().map(|(_, note, by, at)| view! { <span class="cell-sub">{by} " " <At moment=at/> {(!note.is_empty()).then(|| format!(": {note}"))}</span> });
    let decides =
        open && !one.is_own && may(Permission::ManageMembers) && !matches!(&decided, Some((Decision::Removed, ..)));
    view! {
        <tr>
            <th scope="row">{one.name.clone()}<span class="cell-sub mono">{one.subject.clone()}</span></th>
            <td data-label="May reach">
                <div>{one.then.clone()}
                {changed.map(|now| view! { <span class="cell-sub">"Now: " {now}</span> })}
                {gone.then(|| view! { <span class="cell-sub">"It is gone by now."</span> })}</div>
            </td>
            <td data-label="Decision">
                <div class="stack stack-sm"><div>{state}{by}</div>
                {(open && one.is_own && decided.is_none()).then(|| view! { <p class="muted small">"Your own access another owner or admin confirms."</p> })}
                {decides.then(|| view! { <Decide team id one/> })}</div>
            </td>
        </tr>
    }
}

#[component]
fn Decide(team: TeamId, id: AccessReviewId, one: SubjectItem) -> impl IntoView {
    let act = Act::of::<DecideAccess>().only_for("reviewed", &one.subject);
    let (gone, confirmed, name) = (one.now.is_none(), one.decided.is_some(), format!("{} {}", one.kind.one(), one.name));
    let removal = match one.kind {
        Subject::Member => "Removed from the Team at the next request.",
        Subject::Gateway => "The gateway is disabled: its keys open nothing.",
        Subject::GatewayKey => "The key is revoked for good.",
    };
    let [confirm, remove] = [Decision::Confirmed, Decision::Removed].map(|one| act.only_for("decision", one.as_str()));
    let is_open = one.kind != Subject::Member || stepped_up() || gone;
    // A suspension is lifted with a fresh proof.
    let (lets_in, lets) = (!one.is_suspended || stepped_up(), name.clone());
    let note_id = format!("note-{}", one.subject);
    let confirm_id = format!("confirm-note-{}", one.subject);
    let to_remove = one.clone();
    view! {
        <div class="row">
            {(!gone && !confirmed).then(|| view! {
                <StepUpGate open=lets_in act=format!("let {lets} in again")>
                    <ActForm act=confirm>
                        <What team id one decision=Decision::Confirmed/>
                        <details class="disclosure" open=confirm.failed()><summary>"Add a note"</summary><Field name="note" id=confirm_id label="Note" optional=true act=confirm/></details>
                        <Submit label="Confirm" class="btn-secondary btn-sm"/>
                    </ActForm>
                </StepUpGate>
            })}
            <details class="disclosure" open=remove.failed()>
                <summary>"Remove…"</summary>
                <p class="muted small">{removal}</p>
                <StepUpGate open=is_open act=format!("remove {name}")>
                    <ActForm act=remove class="form">
                        <What team id one=to_remove decision=Decision::Removed/>
                        <Field name="note" id=note_id label="Why?" optional=gone act=remove/>
                        <Submit label="Remove" class="btn-danger"/>
                    </ActForm>
                </StepUpGate>
            </details>
        </div>
    }
}

/// What is decided of what.
#[component]
fn What(team: TeamId, id: AccessReviewId, one: SubjectItem, decision: Decision) -> impl IntoView {
    view! {
        <Hidden name="team" value=team.to_string()/>
        <Hidden name="access_review" value=id.to_string()/>
        <Hidden name="subject_kind" value=one.kind.as_str()/>
        <Hidden name="reviewed" value=one.subject/>
        <Hidden name="decision" value=decision.as_str()/>
    }
}

#[component]
fn Signature(team: TeamId, detail: AccessReviewDetail) -> impl IntoView {
    let act = Act::of::<SignAccessReview>();
    let (id, name) = (detail.item.id, detail.item.name.clone());
    let body = match (detail.item.signed, detail.undecided) {
        (Some((by, at, conclusion)), _) => {
            view! { <p><strong>{by}</strong> " signed " <At moment=at/> ": " {conclusion}</p> }.into_any()
        }
        (None, 0) if may(Permission::ManageMembers) => view! {
            <StepUpGate open=stepped_up() act=format!("sign the access review of {name}")>
                <ActForm act class="form">
                    <Hidden name="team" value=team.to_string()/>
                    <Hidden name="access_review" value=id.to_string()/>
                    <TextArea name="conclusion" label="Conclusion" hint="What you found, in a sentence." required=true act/>
                    <Submit label="Sign"/>
                </ActForm>
            </StepUpGate>
        }
        .into_any(),
        (None, undecided) => {
            view! { <p class="muted">{if undecided == 1 { "1 is not decided yet. Then an owner or admin signs.".to_owned() } else { format!("{undecided} are not decided yet. Then an owner or admin signs.") }}</p> }
                .into_any()
        }
    };
    view! {
        <section class="card" aria-labelledby="sign-h">
            <h2 id="sign-h">"Signature"</h2>
            {body}
        </section>
        <section class="card" id="export" aria-labelledby="export-h">
            <h2 id="export-h">"Export"</h2>
            <p class="muted">"For auditors, as a table. That it was taken is recorded."</p>
            <StepUpGate open=stepped_up() act=format!("export the access review of {name}")>
                <FileForm action=format!("/teams/{team}/members/reviews/{id}/export")>
                    <button type="submit" class="btn btn-secondary">"Export as CSV"</button>
                </FileForm>
            </StepUpGate>
        </section>
    }
}
