//! Everything that is known of an incident, as one document.

use model::{audit::Digest, incident::code};

use super::document::{ActionItem, Document, Entry, Evidence, Measure, Notice, PostMortem, Step, Task};
use crate::{
    Cx,
    access::AccessError,
    incidents::{IncidentScope, action_items, contact, measures, notices, post_mortem, tasks},
    store::{
        self, incident,
        lessons::{self, Written},
        measure, notice, task,
    },
};

/// The document, but for its evidence.
pub(super) async fn gather(cx: &Cx, scope: &IncidentScope, by: String) -> Result<Document, AccessError> {
    let (db, one) = (&cx.portal.db.of(scope), scope.incident().clone());
    let about = incident::targets(db, scope).await?.into_iter();
    let steps = incident::steps(db, scope.id()).await?.into_iter();
    Ok(Document {
        format: "portal-incident",
        v: 1,
        bundled_at: cx.now(),
        bundled_by: by,
        id: one.id.to_string(),
        code: code(one.id),
        team: one.team.to_string(),
        team_name: store::team::name(db, one.team).await?.map(|name| name.to_string()).unwrap_or_default(),
        title: one.title,
        kind: one.kind,
        severity: one.severity,
        state: one.progress.state,
        restricted: one.restricted,
        drill: one.drill,
        began_at: one.began_at,
        detected_at: one.detected_at,
        reported_at: one.reported_at,
        reported_by: one.reported_name,
        amazon: one.amazon,
        amazon_told: one.amazon_told,
        contact: contact(cx, scope.team()).await?.line(),
        about: about.map(|target| format!("{}: {}", target.kind.title(), target.name)).collect(),
        duties: scope.duties().iter().map(|on| (on.duty, on.name.clone())).collect(),
        steps: steps.map(|s| Step { state: s.state, at: s.at, by: s.name, note: s.note }).collect(),
        entries: entries(incident::entries(db, scope).await?),
        measures: measures(cx, scope).await?.into_iter().map(measure).collect(),
        tasks: tasks(cx, scope).await?.into_iter().map(task).collect(),
        notices: notices(cx, scope).await?.into_iter().map(notice).collect(),
        post_mortem: post_mortem(cx, scope).await?.map(learned),
        action_items: action_items(cx, scope).await?.into_iter().map(action_item).collect(),
        evidence: Vec::new(),
    })
}

/// A piece, and where in the bundle it is.
pub(super) fn evidence(
    piece: crate::store::evidence::Evidence,
    custody: Vec<crate::store::evidence::Custody>,
    file: Option<String>,
) -> Evidence {
    Evidence {
        kind: piece.kind,
        name: piece.name,
        file,
        media: piece.media,
        bytes: piece.size,
        sha256: Digest(piece.sha256),
        taken_at: piece.taken_at,
        taken_by: piece.taken_name,
        event: piece.event.to_string(),
        custody: custody.into_iter().map(|one| (one.act, one.at, one.name)).collect(),
    }
}

fn entries(all: Vec<incident::Entry>) -> Vec<Entry> {
    let (corrections, entries): (Vec<_>, Vec<_>) = all.into_iter().partition(|entry| entry.corrects.is_some());
    let of = |entry: &incident::Entry| {
        let mine = corrections.iter().filter(|other| other.corrects == Some(entry.id));
        mine.map(|other| (other.name.clone(), other.written_at, other.body.clone())).collect()
    };
    let entry = |entry: incident::Entry| Entry {
        corrections: of(&entry),
        kind: entry.kind,
        at: entry.at,
        written_at: entry.written_at,
        by: entry.name,
        text: entry.body,
    };
    entries.into_iter().map(entry).collect()
}

fn measure(one: measure::Measure) -> Measure {
    Measure {
        kind: one.kind,
        target: one.target_name,
        state: one.state,
        ordered_at: one.ordered_at,
        ordered_by: one.ordered_name,
        done_at: one.done_at,
        result: one.result,
        lifted: one.lifted,
    }
}

fn task(one: task::Task) -> Task {
    Task {
        phase: one.phase,
        title: one.title,
        due_at: one.due_at,
        owner: one.owner.map(|(_, name)| name),
        state: one.state,
        note: one.note,
        ended: one.ended,
    }
}

fn notice(one: notice::Notice) -> Notice {
    Notice {
        track: one.track,
        state: one.state,
        to: one.words.recipients.iter().map(ToString::to_string).collect(),
        subject: one.words.subject,
        text: one.words.body,
        for_amazon: one.words.for_amazon.then_some(one.words.request),
        written: (one.written.at, one.written.name),
        approved: one.approved.map(|hand| (hand.at, hand.name)),
        sent: one.sent,
    }
}

fn learned(one: Written) -> PostMortem {
    let parts = one.parts;
    PostMortem {
        what_happened: parts.what_happened,
        impact: parts.impact,
        cause: parts.cause,
        went_well: parts.went_well,
        went_badly: parts.went_badly,
        written: (one.at, one.name),
    }
}

fn action_item(one: lessons::ActionItem) -> ActionItem {
    ActionItem { title: one.title, owner: one.owner_name, due_at: one.due_at, done: one.done }
}
