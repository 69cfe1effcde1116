//! What is learned: the post-mortem, and what follows from it.

use chrono::Duration;
use model::{
    Permission, Time,
    audit::{Action, SafeText},
    ids::{ActionItemId, UserId},
    incident::{
        State, code,
        lessons::{self as rules, ITEM_MOST, ITEMS_MOST, PART_MOST, PostMortem},
    },
};

use super::{IncidentError, IncidentScope, Line, notices, scope, tasks::worker, text, timeline};
use crate::{
    Cx, Portal,
    access::{self, AccessError},
    audit::append,
    error::Outage,
    mail::{self, Mail, Message},
    random,
    store::{
        self, incident,
        lessons::{self, ActionItem, Written},
    },
};

/// Action items of one turn of the job.
const AT_ONCE: u32 = 50;

/// The post-mortem; nothing before somebody wrote one.
pub async fn post_mortem(cx: &Cx, scope: &IncidentScope) -> Result<Option<Written>, AccessError> {
    Ok(lessons::post_mortem(&cx.portal.db.of(scope), scope).await?)
}

/// A post-mortem as it can be drafted now: steps, what people wrote, and measures, in their order.
pub async fn draft_post_mortem(cx: &Cx, scope: &IncidentScope) -> Result<PostMortem, AccessError> {
    let facts = notices::facts(cx, scope).await?;
    let (mut lines, mut cause) = (Vec::new(), String::new());
    for line in timeline::timeline(cx, scope).await? {
        let at = line.at();
        let words = match line {
            Line::Step(taken) => {
                if taken.state == State::Eradicated {
                    cause.clone_from(&taken.note);
                }
                let note = if taken.note.is_empty() { String::new() } else { format!(". {}", taken.note) };
                format!("{} ({}){note}", taken.state.title(), taken.name)
            }
            Line::Entry(entry, corrections) => {
                let last = corrections.last().map_or(&entry.body, |one| &one.body);
                format!("{} ({}): {last}", entry.kind.title(), entry.name)
            }
            Line::Event(_) | Line::Earlier(_) => continue,
        };
        lines.push((at, words));
    }
    for measure in super::measures(cx, scope).await? {
        let at = measure.done_at.unwrap_or(measure.ordered_at);
        let state = measure.state.title();
        lines.push((at, format!("{}: {} ({state}, {})", measure.kind.title(), measure.target_name, measure.ordered_name)));
    }
    Ok(rules::draft(&facts, &lines, &cause))
}

/// Writes the post-mortem over the version that the person has before them.
pub async fn write_post_mortem(
    cx: &Cx,
    scope: &IncidentScope,
    version: i32,
    parts: PostMortem,
) -> Result<(), IncidentError> {
    let parts = PostMortem {
        what_happened: text::lines("what_happened", &parts.what_happened, PART_MOST)?,
        impact: text::lines("impact", &parts.impact, PART_MOST)?,
        cause: text::lines("cause", &parts.cause, PART_MOST)?,
        went_well: text::lines("went_well", &parts.went_well, PART_MOST)?,
        went_badly: text::lines("went_badly", &parts.went_badly, PART_MOST)?,
    };
    let name = access::signed_in(cx)?.email.to_string();
    let new = Written { parts, version: version.saturating_add(1), at: cx.now(), name };
    let tx = cx.portal.db.begin_in(scope).await?;
    let held = scope.open(&tx).await?;
    // Over nothing stands the first alone.
    let stands = lessons::post_mortem(&*tx, &held).await?.map_or(0, |stands| stands.version);
    if stands != version || !lessons::write(&*tx, &held, &new).await? {
        return Err(IncidentError::Changed);
    }
    append(&*tx, cx, held.event(Action::PostMortemWritten).with("version", i64::from(new.version))).await?;
    Ok(tx.commit().await?)
}

/// What follows from the incident, the first due first.
pub async fn action_items(cx: &Cx, scope: &IncidentScope) -> Result<Vec<ActionItem>, AccessError> {
    Ok(lessons::items(&cx.portal.db.of(scope), scope).await?)
}

/// Adds what follows: somebody does it, until a day.
pub async fn add_action_item(
    cx: &Cx,
    scope: &IncidentScope,
    title: &str,
    owner: UserId,
    due_at: Time,
) -> Result<ActionItemId, IncidentError> {
    let now = cx.now();
    let title = text::line("title", title, ITEM_MOST)?;
    if due_at < now {
        return Err(IncidentError::PastDay);
    }
    let member = worker(cx, scope, owner).await?;
    let item = ActionItem {
        id: random::id(now),
        incident: scope.id(),
        team: scope.team().team(),
        title,
        owner,
        owner_name: member.email.to_string(),
        due_at,
        done: None,
    };
    let tx = cx.portal.db.begin_in(scope).await?;
    let held = scope.open(&tx).await?;
    if lessons::items(&*tx, &held).await?.len() >= ITEMS_MOST {
        return Err(IncidentError::TooManyItems);
    }
    lessons::insert_item(&*tx, &held, &item).await?;
    let event = held.event(Action::ActionItemAdded).with("item", &SafeText::new(&item.title, ITEM_MOST));
    append(&*tx, cx, event.with("to", &member.email)).await?;
    tx.commit().await?;
    Ok(item.id)
}

/// Notes that it is done: also when the incident is over, which most of them outlive.
pub async fn end_action_item(cx: &Cx, scope: &IncidentScope, id: ActionItemId) -> Result<(), IncidentError> {
    let name = access::signed_in(cx)?.email.to_string();
    let all = action_items(cx, scope).await?;
    let item = all.into_iter().find(|item| item.id == id).ok_or(AccessError::NotFound)?;
    let tx = cx.portal.db.begin_in(scope).await?;
    let held = scope.held(&tx).await?;
    if !lessons::done(&*tx, &held, id, &name, cx.now()).await? {
        return Err(IncidentError::Changed);
    }
    let event = held.event(Action::ActionItemDone).with("item", &SafeText::new(&item.title, ITEM_MOST));
    append(&*tx, cx, event).await?;
    Ok(tx.commit().await?)
}

/// Tells the owner of each action item that is overdue, once; those who run incidents, when its owner is gone or does not see
/// the incident any more.
pub(crate) async fn tell_overdue(portal: &Portal) -> Result<(), Outage> {
    let cx = Cx::system(portal, "incident clock");
    for item in lessons::overdue(portal.db.reader(), cx.now(), AT_ONCE).await? {
        // One that cannot be told keeps none behind it from being told.
        if let Err(error) = tell_one(&cx, &item).await {
            tracing::error!(team = %item.team, error = &error as &dyn std::error::Error, "an overdue item was not told");
        }
    }
    Ok(())
}

async fn tell_one(cx: &Cx, item: &ActionItem) -> Result<(), IncidentError> {
    let (team, now) = (access::job(item.team), cx.now());
    let tx = cx.portal.db.begin_in(&team).await?;
    store::team::hold(&*tx, &team).await?;
    if !lessons::told(&*tx, item.id, now).await? {
        return Ok(());
    }
    let Some(found) = incident::by_id(&*tx, &team, item.incident).await? else { return Ok(()) };
    let own = scope::own(&team, &found, incident::duties(&*tx, found.id).await?);
    let (mut to, mut others) = (Vec::new(), Vec::new());
    for member in store::member::not_locked(&*tx, &team).await?.into_iter().filter(|member| own.is_seen_by(member)) {
        match member.user == item.owner {
            true => to.push(member.email),
            false if member.role.may(Permission::RunIncidents) => others.push(member.email),
            false => {}
        }
    }
    for to in if to.is_empty() { others } else { to } {
        let message = Message::SecurityNotice {
            headline: format!("{}: “{}” is overdue", code(found.id), item.title),
            text: format!(
                "{} was to do this until {}: {}. {}/teams/{}/incidents/{}/lessons",
                item.owner_name,
                (item.due_at - Duration::seconds(1)).format("%-d %B %Y"),
                item.title,
                cx.portal.settings.public_url,
                item.team,
                item.incident
            ),
        };
        mail::queue(&*tx, &cx.portal.vault, now, Mail { to, message }).await.map_err(Outage::from)?;
    }
    append(&*tx, cx, own.event(Action::IncidentAlarm).with("clock", "action_item")).await?;
    Ok(tx.commit().await?)
}
