//! Post-mortems and action items.

use backend::{
    Cx,
    incidents::{self, IncidentScope},
    store::lessons::ActionItem,
};
use chrono::Duration;
use model::{Time, incident::lessons::PostMortem};

use super::{incidents::item, people::members};
use crate::{
    Failure,
    api::lessons::{ActionItemRow, LessonsDetail, PostMortemParts},
    edge::{fail, moment},
};

pub(crate) async fn incident_lessons(cx: &Cx, scope: &IncidentScope) -> Result<LessonsDetail, Failure> {
    let now = cx.now();
    let written = incidents::post_mortem(cx, scope).await.map_err(fail)?;
    let (parts, version, written) = match written {
        Some(found) => (found.parts, found.version, Some((found.name, moment(found.at, now)))),
        None => (incidents::draft_post_mortem(cx, scope).await.map_err(fail)?, 0, None),
    };
    let actions = incidents::action_items(cx, scope).await.map_err(fail)?;
    let PostMortem { what_happened, impact, cause, went_well, went_badly } = parts;
    Ok(LessonsDetail {
        item: item(scope.incident(), now),
        parts: PostMortemParts { what_happened, impact, cause, went_well, went_badly },
        version,
        written,
        actions: actions.into_iter().map(|action| action_row(action, now)).collect(),
        members: members(cx, scope.team()).await?,
    })
}

fn action_row(action: ActionItem, now: Time) -> ActionItemRow {
    ActionItemRow {
        id: action.id,
        title: action.title,
        owner: action.owner_name,
        // The day's end is the next day's beginning: people read the day.
        due: moment(action.due_at - Duration::seconds(1), now),
        overdue: action.done.is_none() && action.due_at < now,
        done: action.done.map(|(at, name)| (name, moment(at, now))),
    }
}
