//! Tasks and playbooks.

use backend::{
    Cx, TeamScope,
    incidents::{self, IncidentScope},
    store::task::Task,
};
use model::{
    Time,
    incident::{Kind, TaskState},
};

use super::{incidents::item, people::members};
use crate::{
    Failure,
    api::tasks::{PlaybookDetail, TaskItem, TaskList},
    edge::{fail, moment},
};

pub(crate) async fn incident_tasks(cx: &Cx, scope: &IncidentScope) -> Result<TaskList, Failure> {
    let all = incidents::tasks(cx, scope).await.map_err(fail)?;
    Ok(TaskList {
        item: item(scope.incident(), cx.now()),
        tasks: all.into_iter().map(|task| task_item(task, cx.now())).collect(),
        members: members(cx, scope.team()).await?,
    })
}

fn task_item(task: Task, now: Time) -> TaskItem {
    TaskItem {
        id: task.id,
        phase: task.phase,
        title: task.title,
        due: moment(task.due_at, now),
        overdue: task.state == TaskState::Open && task.due_at < now,
        owner: task.owner,
        state: task.state,
        note: task.note,
        ended: task.ended.map(|(at, name)| (name, moment(at, now))),
    }
}

pub(crate) async fn playbook_detail(cx: &Cx, scope: &TeamScope, kind: Kind) -> Result<PlaybookDetail, Failure> {
    let found = incidents::playbook(cx, scope, kind).await.map_err(fail)?;
    let tasks = found.tasks.into_iter().map(|task| (task.phase, task.title, task.within_hours)).collect();
    Ok(PlaybookDetail { kind, is_own: found.is_own, tasks })
}
