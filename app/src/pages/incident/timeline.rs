use leptos::prelude::*;
use model::{
    Permission,
    ids::{IncidentId, TeamId},
    incident::EntryKind,
};

use super::super::{live, may};
use crate::{
    api::incidents::{CorrectEntry, PinEntry, TimelineItem, WriteEntry},
    components::{Act, ActForm, At, Badge, Choice, Field, Hidden, Select, Submit, TextArea},
};

/// What happened: what the log recorded, and what people wrote.
#[component]
pub(super) fn TimelineCard(team: TeamId, incident: IncidentId, over: bool, timeline: Vec<TimelineItem>) -> impl IntoView {
    let works = may(Permission::WorkOnIncidents) && !over;
    let act = Act::of::<WriteEntry>();
    let short = |text: &str| text.chars().take(60).collect::<String>();
    let written = timeline.iter().filter_map(|item| item.entry.map(|(id, _)| (id.to_string(), short(&item.text))));
    let written = written.collect::<Vec<_>>();
    let kinds = EntryKind::ALL.iter().filter(|kind| **kind != EntryKind::Correction);
    let kinds = kinds.map(|kind| (kind.as_str().to_owned(), kind.title().to_owned())).collect::<Vec<_>>();
    view! {
        <section class="card" aria-labelledby="timeline-h">
            <h2 id="timeline-h">"Timeline"</h2>
            {works.then(|| view! {
                <ActForm act class="form">
                    <Hidden name="team" value=team.to_string()/>
                    <Hidden name="incident" value=incident.to_string()/>
                    <TextArea name="body" id="entry-body" label="What happened, or was decided?" hint="No secrets. What you write stays: you can correct it, and both are read." required=true act/>
                    <Select name="entry_kind" label="This is a" options=kinds act/>
                    <Field name="at" id="entry-at" label="When? (UTC)" hint="Leave it empty for now." kind="datetime-local" optional=true act/>
                    <Submit label="Write" class="btn-secondary"/>
                </ActForm>
            })}
            {(works && !written.is_empty()).then(|| view! { <Tools team incident written/> })}
            <div>
                <div data-live=live(format!("/live/teams/{team}/incidents/{incident}/timeline"))><Lines timeline/></div>
                <p class="muted small" role="status"><span data-live-stale hidden>"Not live at the moment: reload the page for what is now."</span></p>
            </div>
        </section>
    }
}

/// The part of it that changes while somebody looks.
#[component]
pub fn Lines(timeline: Vec<TimelineItem>) -> impl IntoView {
    view! { <ol class="timeline">{timeline.into_iter().map(|item| view! { <Line item/> }).collect_view()}</ol> }
}

#[component]
fn Line(item: TimelineItem) -> impl IntoView {
    let kind = item.entry.map(|(_, kind)| view! { <Badge tone="neutral" word=kind.title()/> });
    let pinned = item.pinned.then(|| view! { <Badge tone="attention" word="Pinned"/> });
    let corrections = item
        .corrections
        .clone()
        .into_iter()
        .map(|(who, at, body)| view! { <p class="correction"><strong>{who}</strong>" corrected "<At moment=at/>": "{body}</p> })
        .collect_view();
    view! {
        <li class="timeline-item" data-written=item.entry.is_some().then_some("true")>
            <p class="muted small"><At moment=item.at/>" · "<strong>{item.who}</strong>" "{kind}{pinned}</p>
            <p class="timeline-text">{item.text}</p>
            {corrections}
        </li>
    }
}

/// Correcting and pinning, beside the lines: these change while somebody types.
#[component]
fn Tools(team: TeamId, incident: IncidentId, written: Vec<(String, String)>) -> impl IntoView {
    let (pin, correct) = (Act::of::<PinEntry>(), Act::of::<CorrectEntry>());
    let pinnable = written.clone();
    view! {
        <details class="disclosure" open=correct.failed()>
            <summary>"Correct what was written…"</summary>
            <ActForm act=correct class="form">
                <Hidden name="team" value=team.to_string()/>
                <Hidden name="incident" value=incident.to_string()/>
                <Select name="entry" id="correct-entry" label="What" options=written act=correct/>
                <Field name="body" id="correct-body" label="How it really was" act=correct/>
                <Submit label="Correct" class="btn-secondary"/>
            </ActForm>
        </details>
        <details class="disclosure" open=pin.failed()>
            <summary>"Pin something…"</summary>
            <ActForm act=pin class="form">
                <Hidden name="team" value=team.to_string()/>
                <Hidden name="incident" value=incident.to_string()/>
                <Select name="entry" id="pin-entry" label="What" options=pinnable act=pin/>
                <Choice name="pinned" value="true" label="Keep it on top" checked=true act=pin/>
                <Submit label="Save" class="btn-secondary"/>
            </ActForm>
        </details>
    }
}
