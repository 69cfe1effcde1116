//! Notices: drafted from the incident, approved by another person, then sent or marked as sent.

mod send;

use model::{
    EmailAddress,
    audit::Action,
    ids::{EventId, NoticeId},
    incident::{
        NoticeState, State, TEXT_MOST, Track, code,
        notice::{BODY_MOST, RECIPIENTS_MOST, SUBJECT_MOST},
        template::Facts,
    },
    step_up::DangerousAct,
};

pub(super) use self::send::settle;
pub use self::send::{mark_sent, send_notice, told_amazon_alone};
use super::{IncidentError, IncidentScope, contact, text};
use crate::{
    Cx,
    access::{self, AccessError},
    audit::append_and_name,
    random,
    store::{
        self, Tx, incident, measure,
        notice::{self, Hand, Mailed, Notice, Words},
    },
};

/// What people write of a notice.
#[derive(Clone, Debug)]
pub struct NewWords {
    pub recipients: Vec<EmailAddress>,
    pub subject: String,
    pub body: String,
    /// It speaks in Amazon's name, by this written request of Amazon's.
    pub for_amazon: bool,
    pub request: String,
}

/// Every notice of an incident, the first written first.
pub async fn notices(cx: &Cx, scope: &IncidentScope) -> Result<Vec<Notice>, AccessError> {
    Ok(notice::all(&cx.portal.db.of(scope), scope).await?)
}

/// What became of the mails of an incident's notices.
pub async fn notice_mails(cx: &Cx, scope: &IncidentScope) -> Result<Vec<Mailed>, AccessError> {
    Ok(notice::mails(&cx.portal.db.of(scope), scope).await?)
}

/// Nobody else is there who could approve a notice of this person's: then they may say alone that Amazon was told.
pub async fn is_alone(cx: &Cx, scope: &IncidentScope) -> Result<bool, AccessError> {
    let person = access::signed_in(cx)?.user;
    Ok(send::is_alone(&cx.portal.db.of(scope), scope, person).await?)
}

/// What is known of the incident, for templates.
pub async fn facts(cx: &Cx, scope: &IncidentScope) -> Result<Facts, AccessError> {
    let (db, incident) = (&cx.portal.db.of(scope), scope.incident());
    let about = incident::targets(db, scope).await?.into_iter();
    // One that was withdrawn was never done.
    let measures = measure::all(db, scope).await?.into_iter().filter_map(|one| {
        let at = one.done_at?.format("%Y-%m-%d %H:%M UTC");
        Some(format!("{}: {} ({at})", one.kind.title(), one.target_name))
    });
    Ok(Facts {
        code: code(incident.id),
        title: incident.title.clone(),
        kind: incident.kind,
        severity: incident.severity,
        state: incident.progress.state,
        drill: incident.drill,
        team: scope.team().name().map(ToString::to_string).unwrap_or_default(),
        detected_at: incident.detected_at,
        reported_at: incident.reported_at,
        contained_at: incident.progress.at(State::Contained),
        about: about.map(|target| format!("{}: {}", target.kind.title(), target.name)).collect(),
        measures: measures.collect(),
        contact: contact::contact(cx, scope.team()).await?.line(),
    })
}

/// Drafts a notice from what is known.
#[tracing::instrument(skip_all, fields(incident = %scope.id(), track = track.as_str()))]
pub async fn draft_notice(cx: &Cx, scope: &IncidentScope, track: Track) -> Result<NoticeId, IncidentError> {
    let draft = track.draft(&facts(cx, scope).await?);
    let db = &cx.portal.db.of(scope);
    let contact = contact::contact(cx, scope.team()).await?;
    let recipients = match track {
        Track::Amazon => vec![contact.amazon],
        // Who does not see a restricted incident is not written to about it.
        Track::Staff if !scope.incident().restricted => {
            let members = store::member::not_locked(db, scope.team()).await?.into_iter();
            members.map(|member| member.email).take(RECIPIENTS_MOST).collect()
        }
        _ => Vec::new(),
    };
    let (subject, body) = (draft.subject, draft.body);
    let notice = Notice {
        id: random::id(cx.now()),
        track,
        state: NoticeState::Draft,
        words: Words { recipients, subject, body, for_amazon: false, request: String::new(), reply_to: contact.email },
        version: 1,
        written: hand(cx)?,
        approved: None,
        approved_event: None,
        sent: None,
    };
    let tx = cx.portal.db.begin_in(scope).await?;
    let held = scope.open(&tx).await?;
    notice::insert(&*tx, &held, &notice).await?;
    tell(&tx, cx, &held, Action::NoticeWritten, &notice).await?;
    tx.commit().await?;
    Ok(notice.id)
}

/// Writes it anew: an approval of the words before is gone. `version`: the one that the person has before them.
pub async fn write_notice(
    cx: &Cx,
    scope: &IncidentScope,
    id: NoticeId,
    version: i32,
    new: NewWords,
) -> Result<(), IncidentError> {
    if new.recipients.len() > RECIPIENTS_MOST {
        return Err(IncidentError::TooManyRecipients);
    }
    let words = Words {
        recipients: new.recipients,
        subject: text::line("subject", &new.subject, SUBJECT_MOST)?,
        body: text::lines("body", &new.body, BODY_MOST)?,
        for_amazon: new.for_amazon,
        request: text::maybe("request", &new.request, TEXT_MOST)?,
        // Where answers go is a part of what is approved.
        reply_to: contact::contact(cx, scope.team()).await?.email,
    };
    let written = hand(cx)?;
    let (tx, held, before) = take_up(cx, scope, id, version).await?;
    let state = before.standing(held.incident()).write()?;
    let (version, approved, approved_event) = (before.version + 1, None, None);
    let now = Notice { state, words, version, written, approved, approved_event, ..before.clone() };
    put(&tx, &held, &before, &now).await?;
    tell(&tx, cx, &held, Action::NoticeWritten, &now).await?;
    Ok(tx.commit().await?)
}

/// Approves the words that the person has before them: with a fresh proof, and not those of one's own.
#[tracing::instrument(skip_all, fields(incident = %scope.id(), notice = %id))]
pub async fn approve_notice(cx: &Cx, scope: &IncidentScope, id: NoticeId, version: i32) -> Result<(), IncidentError> {
    let by = access::require_step_up(cx, scope.team(), DangerousAct::ApproveNotice).await?;
    let approved = Some(hand(cx)?);
    let (tx, held, before) = take_up(cx, scope, id, version).await?;
    let member = store::member::by_user(&*tx, held.team(), by).await?.ok_or(AccessError::NotFound)?;
    let state = before.standing(held.incident()).approve(by, member.joined_at)?;
    let event = tell(&tx, cx, &held, Action::NoticeApproved, &before).await?;
    let now = Notice { state, approved, approved_event: Some(event), ..before.clone() };
    put(&tx, &held, &before, &now).await?;
    Ok(tx.commit().await?)
}

/// Lets a notice go that was not sent.
pub async fn withdraw_notice(cx: &Cx, scope: &IncidentScope, id: NoticeId, version: i32) -> Result<(), IncidentError> {
    let (tx, held, before) = take_up(cx, scope, id, version).await?;
    let now = Notice { state: before.standing(held.incident()).withdraw()?, ..before.clone() };
    put(&tx, &held, &before, &now).await?;
    tell(&tx, cx, &held, Action::NoticeWithdrawn, &now).await?;
    Ok(tx.commit().await?)
}

fn hand(cx: &Cx) -> Result<Hand, AccessError> {
    let person = access::signed_in(cx)?;
    Ok(Hand { at: cx.now(), by: person.user, name: person.email.to_string() })
}

/// Takes up a notice as it is now: the version that the person has before them.
async fn take_up(
    cx: &Cx,
    scope: &IncidentScope,
    id: NoticeId,
    version: i32,
) -> Result<(Tx, IncidentScope, Notice), IncidentError> {
    let tx = cx.portal.db.begin_in(scope).await?;
    let held = scope.open(&tx).await?;
    let all = notice::all(&*tx, &held).await?;
    let found = all.into_iter().find(|notice| notice.id == id).ok_or(AccessError::NotFound)?;
    if found.version != version {
        return Err(IncidentError::Changed);
    }
    Ok((tx, held, found))
}

async fn put(tx: &Tx, held: &IncidentScope, before: &Notice, now: &Notice) -> Result<(), IncidentError> {
    if notice::write(&**tx, held, before, now).await? { Ok(()) } else { Err(IncidentError::Changed) }
}

/// With the hash of its words: which ones were written, approved and sent is in the log.
async fn tell(tx: &Tx, cx: &Cx, held: &IncidentScope, action: Action, notice: &Notice) -> Result<EventId, sea_orm::DbErr> {
    let event = held
        .event(action)
        .with("track", notice.track.as_str())
        .with("notice", notice.id)
        .with("version", i64::from(notice.version))
        .with("words", notice.words.digest(notice.track));
    Ok(append_and_name(&**tx, cx, event).await?.id)
}
