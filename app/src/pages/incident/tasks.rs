use leptos::prelude::*;
use model::{
    Permission,
    ids::{IncidentId, TeamId},
    incident::{Phase, TaskState},
};

use super::{super::may, framed};
use crate::{
    api::tasks::{AddTask, EndTask, GiveTask, ReopenTask, TaskItem, TaskList, tasks},
    components::{Act, ActForm, At, Badge, Field, Hidden, Select, Submit},
};

/// What is to be done, by whom, until when.
#[component]
pub fn IncidentTasksPage() -> impl IntoView {
    framed("/tasks", tasks, |all: &TaskList| all.item.clone(), |team, all| view! { <Page team all/> }.into_any())
}

#[component]
fn Page(team: TeamId, all: TaskList) -> impl IntoView {
    let id = all.item.id;
    let works = may(Permission::WorkOnIncidents) && !all.item.state.is_over();
    let open = all.tasks.iter().filter(|task| task.state == TaskState::Open).count();
    let members: Vec<_> = all.members.iter().map(|(id, name)| (id.to_string(), name.clone())).collect();
    let lists = Phase::ALL.iter().map(|phase| {
        let tasks: Vec<_> = all.tasks.iter().filter(|task| task.phase == *phase).cloned().collect();
        let members = members.clone();
        (!tasks.is_empty()).then(|| view! { <PhaseCard team incident=id phase=*phase tasks members works/> })
    });
    let words = match (all.tasks.len(), open) {
        (0, _) => "No task yet.".to_owned(),
        (many, 0) => format!("All {many} tasks are settled."),
        (many, open) => format!("{open} of {many} tasks are open; the incident is closed when all are settled."),
    };
    view! {
        <p class="muted">{words}" They come from the Team's "<a href=format!("/teams/{team}/incidents/playbooks?kind={}", all.item.kind.as_str())>"playbook"</a>"."</p>
        {lists.collect_view()}
        {works.then(|| view! { <Add team incident=id/> })}
    }
}

#[component]
fn PhaseCard(
    team: TeamId,
    incident: IncidentId,
    phase: Phase,
    tasks: Vec<TaskItem>,
    members: Vec<(String, String)>,
    works: bool,
) -> impl IntoView {
    let rows =
        tasks.into_iter().map(|task| view! { <Row team incident task members=members.clone() works/> }).collect_view();
    view! {
        <section class="card" aria-labelledby=format!("{}-h", phase.as_str())>
            <h2 id=format!("{}-h", phase.as_str())>{phase.title()}</h2>
            <ul class="measures">{rows}</ul>
        </section>
    }
}

#[component]
fn Row(team: TeamId, incident: IncidentId, task: TaskItem, members: Vec<(String, String)>, works: bool) -> impl IntoView {
    let id = task.id.to_string();
    let open = task.state == TaskState::Open;
    let (tone, word) = match (task.state, task.overdue) {
        (TaskState::Done, _) => ("ok", "Done"),
        (TaskState::Dropped, _) => ("neutral", "Not needed"),
        (TaskState::Open, true) => ("danger", "Overdue"),
        (TaskState::Open, false) => ("pending", "Open"),
    };
    let owner = task.owner.as_ref().map_or_else(|| "nobody yet".to_owned(), |(_, name)| name.clone());
    let about = if open {
        view! { <span class="cell-sub">"Due "<At moment=task.due.clone()/>" · "{owner}</span> }.into_any()
    } else {
        let ended = task.ended.clone().map(|(name, at)| view! { <span class="cell-sub">{name}" "<At moment=at/></span> });
        view! { {ended}<span class="cell-sub">{task.note.clone()}</span> }.into_any()
    };
    let act = match (works, open) {
        (true, true) => view! { <Settle team incident task=task.clone() members/> }.into_any(),
        (true, false) => {
            let act = Act::of::<ReopenTask>().only_for("task", &id);
            view! { <ActForm act>
                <Hidden name="team" value=team.to_string()/>
                <Hidden name="incident" value=incident.to_string()/>
                <Hidden name="task" value=id/>
                <Submit label="Take it up again" class="btn-quiet"/>
            </ActForm> }
            .into_any()
        }
        _ => ().into_any(),
    };
    view! { <li class="measure"><div><strong>{task.title}</strong>" "<Badge tone word/>{about}</div>{act}</li> }
}

/// Giving and ending one task.
#[component]
fn Settle(team: TeamId, incident: IncidentId, task: TaskItem, members: Vec<(String, String)>) -> impl IntoView {
    let id = task.id.to_string();
    let (give, end) = (Act::of::<GiveTask>().only_for("task", &id), Act::of::<EndTask>().only_for("task", &id));
    let owner = task.owner.map(|(id, _)| id.to_string()).unwrap_or_default();
    let ends = TaskState::ENDS.iter().map(|end| (end.as_str().to_owned(), end.title().to_owned())).collect();
    let title = format!(" {}", task.title);
    let task = task.id;
    let field = move |name: &str| format!("{name}-{}", task.0.simple());
    let ids = move || {
        view! {
            <Hidden name="team" value=team.to_string()/>
            <Hidden name="incident" value=incident.to_string()/>
            <Hidden name="task" value=task.to_string()/>
        }
    };
    view! {
        <div class="stack stack-sm">
            <details class="disclosure" open=end.failed()>
                <summary>"Settle…"<span class="visually-hidden">{title.clone()}</span></summary>
                <ActForm act=end class="form">
                    {ids()}
                    <Select name="task_end" id=field("end") label="It is" options=ends act=end/>
                    <Field name="note" id=field("note") label="What came of it" hint="Say why, when it is not needed." optional=true act=end/>
                    <Submit label="Settle" class="btn-secondary"/>
                </ActForm>
            </details>
            <details class="disclosure" open=give.failed()>
                <summary>"Give…"<span class="visually-hidden">{title.clone()}</span></summary>
                <ActForm act=give class="form">
                    {ids()}
                    <Select name="user" id=field("to") label="To" options=members selected=owner act=give/>
                    <Submit label="Give the task" class="btn-secondary"/>
                </ActForm>
            </details>
        </div>
    }
}

/// Phases as a form offers them.
pub(in crate::pages) fn phases() -> Vec<(String, String)> {
    Phase::ALL.iter().map(|phase| (phase.as_str().to_owned(), phase.title().to_owned())).collect()
}

#[component]
fn Add(team: TeamId, incident: IncidentId) -> impl IntoView {
    let act = Act::of::<AddTask>();
    view! {
        <section class="card" aria-labelledby="add-h">
            <h2 id="add-h">"Something else to be done"</h2>
            <ActForm act class="form">
                <Hidden name="team" value=team.to_string()/>
                <Hidden name="incident" value=incident.to_string()/>
                <Field name="title" label="What is to be done?" act/>
                <Select name="phase" label="To" options=phases() act/>
                <Field name="due" label="Until when? (UTC)" hint="Leave it empty for a day from now." kind="datetime-local" optional=true act/>
                <Submit label="Add the task" class="btn-secondary"/>
            </ActForm>
        </section>
    }
}
