use leptos::prelude::*;
use model::{
    Permission,
    ids::{EntryId, IncidentId, TeamId},
    incident::EntryKind,
};

use super::super::may;
use crate::{
    api::incidents::{CorrectEntry, PinEntry, TimelineItem, WriteEntry},
    components::{Act, ActForm, At, Badge, Field, Hidden, Select, Submit, TextArea},
};

/// What happened: what the log recorded, and what people wrote.
#[component]
pub(super) fn TimelineCard(team: TeamId, incident: IncidentId, over: bool, timeline: Vec<TimelineItem>) -> impl IntoView {
    let works = may(Permission::WorkOnIncidents) && !over;
    let act = Act::of::<WriteEntry>();
    let kinds = EntryKind::ALL.iter().filter(|kind| **kind != EntryKind::Correction);
    let kinds = kinds.map(|kind| (kind.as_str().to_owned(), kind.title().to_owned())).collect::<Vec<_>>();
    view! {
        <section class="card" aria-labelledby="timeline-h">
            <h2 id="timeline-h">"Timeline"</h2>
            {works.then(|| view! {
                <ActForm act class="form">
                    <Hidden name="team" value=team.to_string()/>
                    <Hidden name="incident" value=incident.to_string()/>
                    <TextArea name="body" label="What happened, or was decided?" hint="No secrets. What you write stays: you can correct it, and both are read." required=true act/>
                    <Select name="entry_kind" label="This is a" options=kinds act/>
                    <Field name="at" id="entry-at" label="When? (UTC)" hint="Leave it empty for now." kind="datetime-local" optional=true act/>
                    <Submit label="Write" class="btn-secondary"/>
                </ActForm>
            })}
            <ol class="timeline">{timeline.into_iter().map(|item| view! { <Line team incident works item/> }).collect_view()}</ol>
        </section>
    }
}

#[component]
fn Line(team: TeamId, incident: IncidentId, works: bool, item: TimelineItem) -> impl IntoView {
    let kind = item.entry.map(|(_, kind)| view! { <Badge tone="neutral" word=kind.title()/> });
    let pinned = item.pinned.then(|| view! { <Badge tone="attention" word="Pinned"/> });
    let corrections = item
        .corrections
        .clone()
        .into_iter()
        .map(|(who, at, body)| view! { <p class="correction"><strong>{who}</strong>" corrected "<At moment=at/>": "{body}</p> })
        .collect_view();
    let tools = item.entry.filter(|_| works).map(|(entry, _)| view! { <Tools team incident entry pinned=item.pinned/> });
    view! {
        <li class="timeline-item" data-written=item.entry.is_some().then_some("true")>
            <p class="muted small"><At moment=item.at/>" · "<strong>{item.who}</strong>" "{kind}{pinned}</p>
            <p class="timeline-text">{item.text}</p>
            {corrections}
            {tools}
        </li>
    }
}

#[component]
fn Tools(team: TeamId, incident: IncidentId, entry: EntryId, pinned: bool) -> impl IntoView {
    let id = entry.to_string();
    let (pin, correct) = (Act::of::<PinEntry>().only_for("entry", &id), Act::of::<CorrectEntry>().only_for("entry", &id));
    view! {
        <div class="row timeline-tools">
            <ActForm act=pin>
                <Hidden name="team" value=team.to_string()/>
                <Hidden name="incident" value=incident.to_string()/>
                <Hidden name="entry" value=entry.to_string()/>
                {(!pinned).then(|| view! { <Hidden name="pinned" value="true"/> })}
                <Submit label=if pinned { "Unpin" } else { "Pin" } class="btn-quiet btn-sm"/>
            </ActForm>
            <details class="disclosure" open=correct.failed()>
                <summary>"Correct…"</summary>
                <ActForm act=correct class="form">
                    <Hidden name="team" value=team.to_string()/>
                    <Hidden name="incident" value=incident.to_string()/>
                    <Hidden name="entry" value=entry.to_string()/>
                    <Field name="body" id=format!("correct-{entry}") label="How it really was" act=correct/>
                    <Submit label="Correct" class="btn-secondary"/>
                </ActForm>
            </details>
        </div>
    }
}
