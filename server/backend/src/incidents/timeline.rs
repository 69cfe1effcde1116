//! What happened, in one line: what the log says of the things that the incident is about, and what people wrote.

use chrono::Duration;
use model::{
    Permission, Time,
    audit::{Action, SafeText},
    ids::EntryId,
    incident::{EntryKind, TEXT_MOST},
};

use super::{IncidentError, IncidentScope, measures, text};
use crate::{
    Cx,
    access::{self, AccessError},
    audit::{Event, append, append_alone},
    random,
    store::{
        audit_event::Row,
        audit_search,
        incident::{self, Entry, Incident, Taken},
    },
};

/// How far before its detection the log is looked at.
const BEFORE: Duration = Duration::hours(24);
/// How many of the log's events are shown, the newest.
pub const EVENTS: u64 = 300;

/// What stands in the timeline as itself: that it was recorded is not said again.
const OWN: [Action; 3] = [Action::IncidentReported, Action::IncidentStepTaken, Action::IncidentWritten];

/// One line.
#[derive(Clone, Debug)]
pub enum Line {
    /// What the log recorded.
    Event(Box<Row>),
    /// What somebody wrote, and the entries that correct it.
    Entry(Entry, Vec<Entry>),
    Step(Taken),
    /// The log has more of the time before.
    Earlier(Time),
}

impl Line {
    pub fn at(&self) -> Time {
        match self {
            Line::Event(row) => row.at,
            Line::Entry(entry, _) => entry.at,
            Line::Step(taken) => taken.at,
            Line::Earlier(at) => *at,
        }
    }
}

/// Records that somebody looks at what the log says; those who may not read it see nothing of it.
pub async fn note_reading(cx: &Cx, scope: &IncidentScope) -> Result<(), AccessError> {
    if scope.team().role().is_some_and(|role| role.may(Permission::ViewLog)) {
        append_alone(cx, Event::of(scope.team(), Action::LogRead)).await?;
    }
    Ok(())
}

/// The timeline, the newest first.
pub async fn timeline(cx: &Cx, scope: &IncidentScope) -> Result<Vec<Line>, AccessError> {
    let db = &cx.portal.db.of(scope);
    // Who may not read the log reads of the incident alone.
    let reads_log = scope.team().role().is_some_and(|role| role.may(Permission::ViewLog));
    let mut about = Vec::new();
    if reads_log {
        about.extend(incident::targets(db, scope).await?.into_iter().map(|target| target.id));
        about.extend(measures(cx, scope).await?.into_iter().map(|measure| measure.target_id));
    }
    let since = scope.incident().detected_at - BEFORE;
    let until = scope.incident().progress.ended.unwrap_or(cx.now()) + Duration::seconds(1);
    let events = audit_search::about(cx.portal.db.reader(), scope.team(), scope.id(), &about, since, until, EVENTS).await?;
    let earlier = events.last().filter(|_| events.len() as u64 == EVENTS).map(|oldest| Line::Earlier(oldest.at));
    let told = events.into_iter().filter(|row| !OWN.contains(&row.action));
    let mut lines: Vec<Line> = told.map(|row| Line::Event(Box::new(row))).collect();
    let (corrections, entries): (Vec<_>, Vec<_>) =
        incident::entries(db, scope).await?.into_iter().partition(|entry| entry.corrects.is_some());
    for entry in entries {
        let mine = corrections.iter().filter(|other| other.corrects == Some(entry.id)).cloned().collect();
        lines.push(Line::Entry(entry, mine));
    }
    lines.extend(incident::steps(db, scope.id()).await?.into_iter().map(Line::Step));
    lines.extend(earlier);
    lines.sort_by_key(|line| std::cmp::Reverse(line.at()));
    Ok(lines)
}

/// Writes an entry about what happened `at`. Word to those concerned starts its clock anew.
#[tracing::instrument(skip_all, fields(incident = %scope.id()))]
pub async fn write(
    cx: &Cx,
    scope: &IncidentScope,
    kind: EntryKind,
    at: Option<Time>,
    body: &str,
) -> Result<EntryId, IncidentError> {
    // A correction is one of something.
    if kind == EntryKind::Correction {
        return Err(AccessError::NotFound.into());
    }
    add(cx, scope, kind, at, body, None).await
}

/// Corrects an entry: both are read from now on.
pub async fn correct(cx: &Cx, scope: &IncidentScope, entry: EntryId, body: &str) -> Result<EntryId, IncidentError> {
    let entries = incident::entries(&cx.portal.db.of(scope), scope).await?;
    let old = entries.into_iter().find(|old| old.id == entry && old.corrects.is_none()).ok_or(AccessError::NotFound)?;
    add(cx, scope, EntryKind::Correction, Some(old.at), body, Some(entry)).await
}

async fn add(
    cx: &Cx,
    scope: &IncidentScope,
    kind: EntryKind,
    at: Option<Time>,
    body: &str,
    corrects: Option<EntryId>,
) -> Result<EntryId, IncidentError> {
    let person = access::signed_in(cx)?;
    let now = cx.now();
    let entry = Entry {
        id: random::id(now),
        kind,
        at: text::said(at, now)?,
        written_at: now,
        author: person.user,
        name: person.email.to_string(),
        body: text::lines("body", body, TEXT_MOST)?,
        corrects,
        pinned: false,
    };
    let tx = cx.portal.db.begin_in(scope).await?;
    let held = scope.open(&tx).await?;
    incident::insert_entry(&*tx, &held, &entry).await?;
    if kind == EntryKind::Update {
        incident::write(&*tx, &held, &Incident { updated_at: Some(now), ..held.incident().clone() }).await?;
    }
    let event = held.event(Action::IncidentWritten).with("kind", &SafeText::new(kind.as_str(), 40));
    append(&*tx, cx, event).await?;
    tx.commit().await?;
    Ok(entry.id)
}

/// Pins an entry to the top of the timeline, or lets it go.
pub async fn pin(cx: &Cx, scope: &IncidentScope, entry: EntryId, pinned: bool) -> Result<(), IncidentError> {
    let tx = cx.portal.db.begin_in(scope).await?;
    let held = scope.open(&tx).await?;
    if !incident::pin(&*tx, &held, entry, pinned).await? {
        return Err(AccessError::NotFound.into());
    }
    append(&*tx, cx, held.event(Action::IncidentWritten).with("kind", "pin").with("pinned", pinned)).await?;
    Ok(tx.commit().await?)
}
