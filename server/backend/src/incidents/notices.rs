//! Notices: drafted from the incident, approved by another person, then sent or marked as sent.

use model::{
    Time,
    audit::{Action, SafeText},
    ids::NoticeId,
    incident::{
        MeasureState, NoticeState, State, TEXT_MOST, Track, code,
        notice::{BODY_MOST, RECIPIENTS_MOST, SUBJECT_MOST},
        template::Facts,
    },
    step_up::DangerousAct,
};

use super::{IncidentError, IncidentScope, contact, text};
use crate::{
    Cx,
    access::{self, AccessError},
    audit::append,
    error::Outage,
    mail::{self, Mail, Message},
    random,
    store::{
        self, Tx,
        incident::{self, Incident},
        measure,
        notice::{self, Hand, Mailed, Notice, Words},
    },
};

/// Every notice of an incident, the first written first.
pub async fn notices(cx: &Cx, scope: &IncidentScope) -> Result<Vec<Notice>, AccessError> {
    Ok(notice::all(cx.portal.db.reader(), scope).await?)
}

/// What became of the mails of an incident's notices.
pub async fn notice_mails(cx: &Cx, scope: &IncidentScope) -> Result<Vec<Mailed>, AccessError> {
    Ok(notice::mails(cx.portal.db.reader(), scope).await?)
}

/// What is known of the incident, for templates.
pub async fn facts(cx: &Cx, scope: &IncidentScope) -> Result<Facts, AccessError> {
    let (db, incident) = (cx.portal.db.reader(), scope.incident());
    let about = incident::targets(db, scope).await?.into_iter();
    let done = |one: &measure::Measure| matches!(one.state, MeasureState::Done | MeasureState::Lifted);
    let measures = measure::all(db, scope).await?.into_iter().filter(done).map(|one| {
        let at = one.done_at.unwrap_or(one.ordered_at).format("%Y-%m-%d %H:%M UTC");
        format!("{}: {} ({at})", one.kind.title(), one.target_name)
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
    let db = cx.portal.db.reader();
    let recipients = match track {
        Track::Amazon => vec![contact::contact(cx, scope.team()).await?.amazon],
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
        words: Words { recipients, subject, body, for_amazon: false, request: String::new() },
        version: 1,
        written: hand(cx)?,
        approved: None,
        sent: None,
    };
    let tx = cx.portal.db.begin().await?;
    let held = open(&tx, scope).await?;
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
    words: Words,
) -> Result<(), IncidentError> {
    if words.recipients.len() > RECIPIENTS_MOST {
        return Err(IncidentError::TooManyRecipients);
    }
    let words = Words {
        subject: text::line("subject", &words.subject, SUBJECT_MOST)?,
        body: text::lines("body", &words.body, BODY_MOST)?,
        request: text::maybe("request", &words.request, TEXT_MOST)?,
        ..words
    };
    let written = hand(cx)?;
    change(cx, scope, id, Some(version), Action::NoticeWritten, |before, drill| {
        let state = before.standing(drill).write()?;
        Ok(Notice { state, words, version: before.version + 1, written, approved: None, ..before })
    })
    .await
    .map(drop)
}

/// Approves the words that the person has before them: with a fresh proof, and not those of one's own.
#[tracing::instrument(skip_all, fields(incident = %scope.id(), notice = %id))]
pub async fn approve_notice(cx: &Cx, scope: &IncidentScope, id: NoticeId, version: i32) -> Result<(), IncidentError> {
    let by = access::require_step_up(cx, scope.team(), DangerousAct::ApproveNotice).await?;
    let member = store::member::by_user(cx.portal.db.reader(), scope.team(), by).await?.ok_or(AccessError::NotFound)?;
    let approved = Some(hand(cx)?);
    change(cx, scope, id, Some(version), Action::NoticeApproved, |before, drill| {
        let state = before.standing(drill).approve(by, member.joined_at)?;
        Ok(Notice { state, approved, ..before })
    })
    .await
    .map(drop)
}

/// Mails an approved notice to everybody whom it names.
#[tracing::instrument(skip_all, fields(incident = %scope.id(), notice = %id))]
pub async fn send_notice(cx: &Cx, scope: &IncidentScope, id: NoticeId) -> Result<(), IncidentError> {
    let by = hand(cx)?;
    let reply_to = contact::contact(cx, scope.team()).await?.email;
    let tx = cx.portal.db.begin().await?;
    let held = open(&tx, scope).await?;
    let before = find(&tx, &held, id).await?;
    if before.words.recipients.is_empty() {
        return Err(IncidentError::NoRecipient);
    }
    let state = before.standing(held.incident().drill).send(true)?;
    let to: Vec<_> = before.words.recipients.iter().map(|to| to.as_str()).collect();
    let how = format!("By mail to {}", to.join(", "));
    let sent = Notice { state, sent: Some((by.at, by.name, how)), ..before.clone() };
    for to in &before.words.recipients {
        let Words { subject, body, .. } = &before.words;
        let message = Message::Notice { subject: subject.clone(), text: body.clone(), reply_to: reply_to.clone() };
        let mail = mail::queue(&*tx, &cx.portal.vault, by.at, Mail { to: to.clone(), message }).await;
        notice::insert_mail(&*tx, &held, id, mail.map_err(Outage::from)?, to).await?;
    }
    said(&tx, cx, &held, &before, &sent).await?;
    Ok(tx.commit().await?)
}

/// Says that an approved notice was sent by hand, and what proves it.
pub async fn mark_sent(
    cx: &Cx,
    scope: &IncidentScope,
    id: NoticeId,
    at: Option<Time>,
    proof: &str,
) -> Result<(), IncidentError> {
    let by = hand(cx)?;
    let (at, proof) = (text::said(at, by.at)?, text::lines("proof", proof, TEXT_MOST)?);
    let tx = cx.portal.db.begin().await?;
    let held = open(&tx, scope).await?;
    let before = find(&tx, &held, id).await?;
    let state = before.standing(held.incident().drill).send(false)?;
    let sent = Notice { state, sent: Some((at, by.name, format!("By hand: {proof}"))), ..before.clone() };
    said(&tx, cx, &held, &before, &sent).await?;
    Ok(tx.commit().await?)
}

/// Lets a notice go that was not sent.
pub async fn withdraw_notice(cx: &Cx, scope: &IncidentScope, id: NoticeId) -> Result<(), IncidentError> {
    change(cx, scope, id, None, Action::NoticeWithdrawn, |before, drill| {
        Ok(Notice { state: before.standing(drill).withdraw()?, ..before })
    })
    .await
    .map(drop)
}

fn hand(cx: &Cx) -> Result<Hand, AccessError> {
    let person = access::signed_in(cx)?;
    Ok(Hand { at: cx.now(), by: person.user, name: person.email.to_string() })
}

/// The incident as it is now, which is not over.
async fn open(tx: &Tx, scope: &IncidentScope) -> Result<IncidentScope, IncidentError> {
    let held = scope.held(tx).await?;
    if held.incident().progress.state.is_over() { Err(IncidentError::Over) } else { Ok(held) }
}

async fn find(tx: &Tx, held: &IncidentScope, id: NoticeId) -> Result<Notice, IncidentError> {
    let all = notice::all(&**tx, held).await?;
    Ok(all.into_iter().find(|notice| notice.id == id).ok_or(AccessError::NotFound)?)
}

async fn change(
    cx: &Cx,
    scope: &IncidentScope,
    id: NoticeId,
    version: Option<i32>,
    action: Action,
    how: impl FnOnce(Notice, bool) -> Result<Notice, IncidentError>,
) -> Result<Notice, IncidentError> {
    let tx = cx.portal.db.begin().await?;
    let held = open(&tx, scope).await?;
    let before = find(&tx, &held, id).await?;
    if version.is_some_and(|version| version != before.version) {
        return Err(IncidentError::Changed);
    }
    let now = how(before.clone(), held.incident().drill)?;
    if !notice::write(&*tx, &held, &before, &now).await? {
        return Err(IncidentError::Changed);
    }
    tell(&tx, cx, &held, action, &now).await?;
    tx.commit().await?;
    Ok(now)
}

/// It is said: Amazon's clock stops, or that of those concerned begins anew.
async fn said(tx: &Tx, cx: &Cx, held: &IncidentScope, before: &Notice, sent: &Notice) -> Result<(), IncidentError> {
    if !notice::write(&**tx, held, before, sent).await? {
        return Err(IncidentError::Changed);
    }
    let (at, how) = sent.sent.as_ref().map(|(at, _, how)| (*at, how.clone())).unwrap_or_default();
    let incident = held.incident().clone();
    let now = match sent.track {
        Track::Amazon if incident.amazon.is_none() => Incident { amazon: Some((at, how)), ..incident },
        track if track.is_update() => Incident { updated_at: incident.updated_at.max(Some(at)), ..incident },
        _ => incident,
    };
    incident::write(&**tx, held, &now).await?;
    Ok(tell(tx, cx, held, Action::NoticeSent, sent).await?)
}

async fn tell(tx: &Tx, cx: &Cx, held: &IncidentScope, action: Action, notice: &Notice) -> Result<(), sea_orm::DbErr> {
    let event = held.event(action).with("track", &SafeText::new(notice.track.as_str(), 40));
    append(&**tx, cx, event.with("notice", notice.id).with("version", i64::from(notice.version))).await
}
