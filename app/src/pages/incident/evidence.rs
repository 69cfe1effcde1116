use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use model::{
    Permission,
    ids::{IncidentId, TeamId},
};

use super::{
    super::{may, stepped_up},
    framed,
};
use crate::{
    api::evidence::{BundleIncident, EvidenceItem, Locker, TakeEvidence, evidence},
    components::{Act, ActForm, At, Badge, EmptyState, FileForm, Gated, Hidden, Notice, StepUpGate, Submit},
};

/// What is kept of the incident, and who had it in hand.
#[component]
pub fn IncidentEvidencePage() -> impl IntoView {
    framed(
        "/evidence",
        evidence,
        |locker: &Locker| locker.item.clone(),
        |team, locker| view! { <Page team locker/> }.into_any(),
    )
}

#[component]
fn Page(team: TeamId, locker: Locker) -> impl IntoView {
    let (id, over) = (locker.item.id, locker.item.state.is_over());
    let works = may(Permission::WorkOnIncidents) && !over;
    let copies = may(Permission::ViewLog) && !locker.pieces.is_empty();
    let none = locker.pieces.is_empty();
    let take = Act::of::<TakeEvidence>();
    let pieces = locker.pieces.into_iter().map(|piece| view! { <Piece team incident=id piece copies/> }).collect_view();
    view! {
        <Refused/>
        <section class="card" aria-labelledby="locker-h">
            <h2 id="locker-h">"Evidence"</h2>
            <p class="muted">"Each piece is sealed, written once, and looked at every day; its SHA-256 stands in the log. Before a measure destroys anything, how things stand is taken in by itself."</p>
            {works.then(|| view! {
                <ActForm act=take>
                    <Hidden name="team" value=team.to_string()/>
                    <Hidden name="incident" value=id.to_string()/>
                    <Submit label="Take in how things stand now" class="btn-secondary"/>
                </ActForm>
            })}
            {none.then(|| view! { <EmptyState icon="shield" title="Nothing was taken in yet" text="How things stand, the log so far with its proofs, or a file that you have."/> })}
            <ul class="measures">{pieces}</ul>
            {copies.then(|| view! { <StepUpGate open=stepped_up() act=format!("take a copy of evidence of {}", locker.item.code)>{().into_any()}</StepUpGate> })}
        </section>
        {works.then(|| view! { <Upload team incident=id/> })}
        {may(Permission::RunIncidents).then(|| view! { <BindTogether team incident=id/> })}
        {locker.item.restricted.then(|| view! { <p class="muted small">"The Team's log is not held by itself for a restricted incident, which it must not tell of: "<a href=format!("/teams/{team}/log/retention")>"place a legal hold"</a>"."</p> })}
    }
}

#[component]
fn Piece(team: TeamId, incident: IncidentId, piece: EvidenceItem, copies: bool) -> impl IntoView {
    let (who, at) = piece.taken;
    let state = match (piece.damaged, piece.checked) {
        (true, _) => view! { <Badge tone="danger" word="Damaged"/> }.into_any(),
        (false, Some(at)) => view! { <span class="cell-sub">"Found as it was taken in "<At moment=at/></span> }.into_any(),
        (false, None) => ().into_any(),
    };
    let hands = piece
        .custody
        .into_iter()
        .map(|(act, name, at)| view! { <li><At moment=at/>": "<strong>{name}</strong>" "{act.title()}</li> })
        .collect_view();
    let label = format!("Take a copy of {}", piece.name);
    view! {
        <li class="measure">
            <div>
                <strong>{piece.kind.title()}</strong>": "{piece.name.clone()}
                <span class="cell-sub">{piece.media}", "{piece.size}", by "{who}" "<At moment=at/></span>
                <span class="cell-sub mono break">"SHA-256 "{piece.sha256}</span>
                {state}
                <details class="disclosure"><summary>"Who had it in hand"</summary><ol class="plain small">{hands}</ol></details>
            </div>
            {(copies && !piece.damaged).then(|| view! { <Gated open=stepped_up() act=format!("take a copy of {}", piece.name)>
                <FileForm action=format!("/teams/{team}/incidents/{incident}/evidence/{}", piece.id)>
                    <button type="submit" class="btn btn-secondary" aria-label=label>"Take a copy"</button>
                </FileForm>
            </Gated> })}
        </li>
    }
}

/// A file goes as browsers send files, with or without scripts.
#[component]
fn Upload(team: TeamId, incident: IncidentId) -> impl IntoView {
    view! {
        <section class="card" aria-labelledby="file-h">
            <h2 id="file-h">"A file that you have"</h2>
            <form class="form" method="post" enctype="multipart/form-data" action=format!("/teams/{team}/incidents/{incident}/evidence")>
                <div class="field">
                    <label for="file">"File"</label>
                    <p class="hint" id="file-hint">"At most 10 MiB. It is kept as bytes: Portal never opens it, and never shows it. No secrets: name them instead."</p>
                    <input id="file" name="file" type="file" required aria-describedby="file-hint"/>
                </div>
                <div class="form-actions"><button type="submit" class="btn btn-secondary">"Take it in"</button></div>
            </form>
        </section>
    }
}

/// The incident as one file, for Amazon, an auditor, or the shelf.
#[component]
fn BindTogether(team: TeamId, incident: IncidentId) -> impl IntoView {
    let act = Act::of::<BundleIncident>();
    view! {
        <section class="card" aria-labelledby="bundle-h">
            <h2 id="bundle-h">"The whole incident in one file"</h2>
            <p class="muted">"Timeline, measures, notices, lessons, evidence, and the log with its proofs: to read, to print, and to check anywhere with "<code>"portal incident verify"</code>" and the log's public key. The log seals it within a minute."</p>
            <ActForm act>
                <Hidden name="team" value=team.to_string()/>
                <Hidden name="incident" value=incident.to_string()/>
                <Submit label="Bind it together" class="btn-secondary"/>
            </ActForm>
        </section>
    }
}

/// Why a file was not taken in, by the word in the address.
#[component]
fn Refused() -> impl IntoView {
    let word = use_query_map().read_untracked().get("refused")?;
    if word == "not-sealed" {
        let text = "The log is signed every minute, and its signature seals the bundle. Take the copy in a minute.";
        return Some(view! { <Notice tone="info" title="Not sealed yet">{text}</Notice> }.into_any());
    }
    if word == "seal-gone" {
        let text = "The event that seals it is pruned from the log. Bind the incident together again.";
        return Some(view! { <Notice tone="info" title="Its seal is gone">{text}</Notice> }.into_any());
    }
    if word == "damaged" {
        let text = "It is not what was taken in: no copy leaves as evidence. The operators are told.";
        return Some(view! { <Notice tone="danger" title="This piece is damaged">{text}</Notice> }.into_any());
    }
    let text = match word.as_str() {
        "too-large" => "The file is larger than 10 MiB: take a part of it, or pack it.",
        "full" => "The evidence of one incident has at most 200 MiB.",
        "over" => "The incident is over: nothing of it changes any more.",
        "missing" => "Choose a file that has a name and something in it.",
        _ => "The file did not arrive. Try it again.",
    };
    Some(view! { <Notice tone="danger" title="The file was not taken in">{text}</Notice> }.into_any())
}
