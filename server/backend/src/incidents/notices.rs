//! Notices: drafted from the incident, approved by another person, then sent or marked as sent.

use chrono::Duration;
use model::{
    EmailAddress, Permission, Role, Time,
    audit::Action,
    ids::{EventId, NoticeId},
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
    audit::{self, Said, append, append_and_name},
    error::Outage,
    mail::{self, Mail, Message},
    random,
    store::{
        self, Tx,
        incident::{self, Incident},
        measure,
        notice::{self, Hand, Mailed, Notice, Words},
        rate_limit::{self, Limit},
    },
};

/// Mails of one Team's notices: two hundred at once, then one a minute. They leave under Portal's own name.
const MAILS: Limit = Limit { burst: 200, every: Duration::minutes(1) };

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
    let tx = cx.portal.db.begin().await?;
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

/// Mails an approved notice to everybody whom it names. Amazon's clock stops when Amazon's mail server has taken it.
#[tracing::instrument(skip_all, fields(incident = %scope.id(), notice = %id))]
pub async fn send_notice(cx: &Cx, scope: &IncidentScope, id: NoticeId, version: i32) -> Result<(), IncidentError> {
    let by = hand(cx)?;
    let amazon = contact::contact(cx, scope.team()).await?.amazon;
    let (tx, held, before) = take_up(cx, scope, id, version).await?;
    if before.words.recipients.is_empty() {
        return Err(IncidentError::NoRecipient);
    }
    let state = before.standing(held.incident()).send(true)?;
    holds(&tx, cx, &held, &before).await?;
    staff_alone(&tx, &held, &before).await?;
    let bucket = format!("notices:{}", held.team().team().0.simple());
    let asked = i32::try_from(before.words.recipients.len()).unwrap_or(i32::MAX);
    let taken = rate_limit::take(&*tx, &bucket, MAILS, asked, by.at).await?;
    if taken.granted < asked {
        return Err(IncidentError::TooMany(u32::try_from(taken.wait.num_seconds()).unwrap_or(0) + 1));
    }
    let to: Vec<_> = before.words.recipients.iter().map(|to| to.as_str()).collect();
    let how = format!("By mail to {}", to.join(", "));
    let sent = Notice { state, sent: Some((by.at, by.name, how)), ..before.clone() };
    let team = held.team().name().map(ToString::to_string).unwrap_or_default();
    for to in &before.words.recipients {
        let Words { subject, body, reply_to, .. } = before.words.clone();
        let message = Message::Notice { subject, text: body, reply_to, team: team.clone() };
        let mail = mail::queue(&*tx, &cx.portal.vault, by.at, Mail { to: to.clone(), message }).await;
        let settles = before.track == Track::Amazon && *to == amazon;
        notice::insert_mail(&*tx, &held, id, mail.map_err(Outage::from)?, to, settles).await?;
    }
    put(&tx, &held, &before, &sent).await?;
    heard(&tx, &held, &sent, by.at).await?;
    tell(&tx, cx, &held, Action::NoticeSent, &sent).await?;
    Ok(tx.commit().await?)
}

/// Says that an approved notice was sent by hand, and what proves it.
pub async fn mark_sent(
    cx: &Cx,
    scope: &IncidentScope,
    id: NoticeId,
    version: i32,
    at: Option<Time>,
    proof: &str,
) -> Result<(), IncidentError> {
    let by = hand(cx)?;
    let (at, proof) = (text::said(at, by.at)?, text::lines("proof", proof, TEXT_MOST)?);
    let (tx, held, before) = take_up(cx, scope, id, version).await?;
    let state = before.standing(held.incident()).send(false)?;
    if before.approved.as_ref().is_none_or(|approved| at < approved.at) {
        return Err(IncidentError::SentBefore);
    }
    holds(&tx, cx, &held, &before).await?;
    let how = format!("By hand: {proof}");
    let sent = Notice { state, sent: Some((at, by.name, how.clone())), ..before.clone() };
    put(&tx, &held, &before, &sent).await?;
    heard(&tx, &held, &sent, at).await?;
    if sent.track == Track::Amazon {
        settle(&tx, &held, at, how).await?;
    }
    tell(&tx, cx, &held, Action::NoticeSent, &sent).await?;
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

/// Says that Amazon was told, where there is no second person who could approve a notice: with a fresh proof, and the Team's
/// owners hear of it.
#[tracing::instrument(skip_all, fields(incident = %scope.id()))]
pub async fn told_amazon_alone(cx: &Cx, scope: &IncidentScope, how: &str) -> Result<(), IncidentError> {
    access::require_step_up(cx, scope.team(), DangerousAct::ApproveNotice).await?;
    let (by, how) = (hand(cx)?, text::lines("how", how, TEXT_MOST)?);
    let tx = cx.portal.db.begin().await?;
    let held = scope.open(&tx).await?;
    settle(&tx, &held, by.at, format!("By {} alone: {how}", by.name)).await?;
    for member in store::member::not_locked(&*tx, held.team()).await?.into_iter().filter(|one| one.role == Role::Owner) {
        let message = Message::SecurityNotice {
            headline: format!("{}: Amazon was told without a second person", code(held.id())),
            text: format!(
                "{} says that Amazon was told, and that nobody else could approve it. {}/teams/{}/incidents/{}/notices",
                by.name,
                cx.portal.settings.public_url,
                held.team().team(),
                held.id()
            ),
        };
        let mail = Mail { to: member.email, message };
        mail::queue(&*tx, &cx.portal.vault, by.at, mail).await.map_err(Outage::from)?;
    }
    append(&*tx, cx, held.event(Action::IncidentChanged).with("what", "amazon").with("to", "told alone")).await?;
    Ok(tx.commit().await?)
}

/// Amazon was told: its clock stops.
pub(super) async fn settle(tx: &Tx, held: &IncidentScope, at: Time, how: String) -> Result<(), sea_orm::DbErr> {
    let incident = held.incident();
    // Once told is told.
    if incident.amazon.is_some() && incident.amazon_told {
        return Ok(());
    }
    let told = Incident { amazon: Some((at, how)), amazon_told: true, ..incident.clone() };
    incident::write(&**tx, held, &told).await
}

/// Those concerned have heard how it goes: their clock begins anew.
async fn heard(tx: &Tx, held: &IncidentScope, sent: &Notice, at: Time) -> Result<(), sea_orm::DbErr> {
    let incident = held.incident();
    let at = at.max(incident.reported_at);
    if !sent.track.is_update() || incident.updated_at.is_some_and(|before| before >= at) {
        return Ok(());
    }
    incident::write(&**tx, held, &Incident { updated_at: Some(at), ..incident.clone() }).await
}

/// What goes out is what was approved, word for word, by somebody who still may: asked of the log, not of the notice.
async fn holds(tx: &Tx, cx: &Cx, held: &IncidentScope, notice: &Notice) -> Result<(), IncidentError> {
    let event = notice.approved_event.ok_or(IncidentError::OtherWords)?;
    let said = audit::said(&**tx, &cx.portal.vault, event).await?;
    let Said::Is(row) = &said else { return Err(IncidentError::OtherWords) };
    let details = said.details();
    let same = row.action == Action::NoticeApproved
        && row.actor_id == notice.approved.as_ref().map(|hand| hand.by.0)
        && details["notice"] == notice.id.to_string()
        && details["words"] == notice.words.digest(notice.track).to_string();
    if !same {
        return Err(IncidentError::OtherWords);
    }
    let members = store::member::not_locked(&**tx, held.team()).await?;
    let approver = members.into_iter().find(|member| Some(member.user.0) == row.actor_id);
    if approver.is_some_and(|member| member.role.may(Permission::RunIncidents)) {
        Ok(())
    } else {
        Err(IncidentError::ApproverGone)
    }
}

/// A notice to one's own staff goes to members who may hear of the incident, as it is now, and to nobody else.
async fn staff_alone(tx: &Tx, held: &IncidentScope, notice: &Notice) -> Result<(), IncidentError> {
    if notice.track != Track::Staff {
        return Ok(());
    }
    let members = store::member::not_locked(&**tx, held.team()).await?;
    let hears = |to: &EmailAddress| members.iter().any(|member| member.email == *to && held.is_seen_by(member));
    match notice.words.recipients.iter().find(|to| !hears(to)) {
        Some(to) => Err(IncidentError::NotStaff(to.to_string())),
        None => Ok(()),
    }
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
    let tx = cx.portal.db.begin().await?;
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
