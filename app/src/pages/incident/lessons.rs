use leptos::prelude::*;
use model::{
    Permission,
    ids::{IncidentId, TeamId, UserId},
};

use super::{super::may, framed};
use crate::{
    api::lessons::{ActionItemRow, AddActionItem, EndActionItem, LessonsDetail, PostMortemParts, WritePostMortem, lessons},
    components::{Act, ActForm, At, Badge, Field, Hidden, Select, Submit, TextArea},
};

/// What is learned: the post-mortem, and what follows from it.
#[component]
pub fn IncidentLessonsPage() -> impl IntoView {
    framed("/lessons", lessons, |all: &LessonsDetail| all.item.clone(), |team, all| view! { <Page team all/> }.into_any())
}

#[component]
fn Page(team: TeamId, all: LessonsDetail) -> impl IntoView {
    let id = all.item.id;
    let works = may(Permission::WorkOnIncidents);
    let writes = works && !all.item.state.is_over();
    let text = all.written.clone().map(|written| view! { <Text parts=all.parts.clone() written/> });
    let none = all.written.is_none();
    let act = Act::of::<WritePostMortem>();
    let form = writes.then(|| {
        let summary = if none { "Write the post-mortem…" } else { "Change it…" };
        view! {
            <details class="disclosure" open=none || act.failed()>
                <summary>{summary}</summary>
                <Write team incident=id act parts=all.parts.clone() version=all.version/>
            </details>
        }
    });
    view! {
        <section class="card" aria-labelledby="post-mortem-h">
            <h2 id="post-mortem-h">"Post-mortem"</h2>
            {none.then(|| view! { <p class="muted">"Nobody wrote it yet. What is known is filled in; it blames nobody."</p> })}
            {text}
            {form}
        </section>
        <Actions team incident=id actions=all.actions members=all.members works writes/>
    }
}

/// The parts and what they are called.
fn parts(parts: PostMortemParts) -> [(&'static str, &'static str, String); 5] {
    [
        ("what_happened", "What happened", parts.what_happened),
        ("impact", "What it concerned", parts.impact),
        ("cause", "What made it possible", parts.cause),
        ("went_well", "What went well", parts.went_well),
        ("went_badly", "What went badly, and where we were lucky", parts.went_badly),
    ]
}

#[component]
fn Text(parts: PostMortemParts, written: (String, crate::api::Moment)) -> impl IntoView {
    let (who, at) = written;
    let all = self::parts(parts)
        .into_iter()
        .map(|(_, title, text)| view! { <h3>{title}</h3><p class="timeline-text">{text}</p> })
        .collect_view();
    view! { <p class="muted small">"Written by "{who}" "<At moment=at/></p> {all} }
}

#[component]
fn Write(team: TeamId, incident: IncidentId, act: Act, parts: PostMortemParts, version: i32) -> impl IntoView {
    let fields = self::parts(parts)
        .into_iter()
        .map(|(name, label, value)| {
            let rows = if name == "what_happened" { 12 } else { 4 };
            view! { <TextArea name label value rows required=true act/> }
        })
        .collect_view();
    view! {
        <ActForm act class="form">
            <Hidden name="team" value=team.to_string()/>
            <Hidden name="incident" value=incident.to_string()/>
            <Hidden name="version" value=version.to_string()/>
            {fields}
            <Submit label="Keep the post-mortem"/>
        </ActForm>
    }
}

#[component]
fn Actions(
    team: TeamId,
    incident: IncidentId,
    actions: Vec<ActionItemRow>,
    members: Vec<(UserId, String)>,
    works: bool,
    writes: bool,
) -> impl IntoView {
    let (add, end) = (Act::of::<AddActionItem>(), Act::of::<EndActionItem>());
    let none = actions.is_empty();
    let members: Vec<_> = members.into_iter().map(|(id, name)| (id.to_string(), name)).collect();
    let rows = actions.into_iter().map(|action| {
        let id = action.id.to_string();
        let end = end.only_for("action_item", &id);
        let (tone, word) = match (action.done.is_some(), action.overdue) {
            (true, _) => ("ok", "Done"),
            (false, true) => ("danger", "Overdue"),
            (false, false) => ("pending", "Open"),
        };
        let done = action.done.clone().map(|(who, at)| view! { <span class="cell-sub">{who}" "<At moment=at/></span> });
        let open = action.done.is_none();
        view! {
            <li class="measure">
                <div><strong>{action.title}</strong>" "<Badge tone word/><span class="cell-sub">{action.owner}", until "<At moment=action.due/></span>{done}</div>
                {(works && open).then(|| view! {
                    <ActForm act=end>
                        <Hidden name="team" value=team.to_string()/>
                        <Hidden name="incident" value=incident.to_string()/>
                        <Hidden name="action_item" value=id/>
                        <Submit label="It is done" class="btn-secondary"/>
                    </ActForm>
                })}
            </li>
        }
    });
    view! {
        <section class="card" aria-labelledby="actions-h">
            <h2 id="actions-h">"What follows from it"</h2>
            {none.then(|| view! { <p class="muted">"Nothing yet. At least one thing follows from every incident: without it none is closed."</p> })}
            <ul class="measures">{rows.collect_view()}</ul>
            {writes.then(|| view! {
                <ActForm act=add class="form">
                    <Hidden name="team" value=team.to_string()/>
                    <Hidden name="incident" value=incident.to_string()/>
                    <Field name="title" label="What is to be done, so that it does not happen again?" act=add/>
                    <Select name="user" label="By" options=members act=add/>
                    <Field name="due_on" label="Until" kind="date" act=add/>
                    <Submit label="Add it" class="btn-secondary"/>
                </ActForm>
            })}
        </section>
    }
}
