//! What leaves: what was approved, word for word, to whom it was approved for.

use chrono::Duration;
use model::{
    EmailAddress, Permission, Role, Time,
    approval::is_second_person,
    audit::Action,
    ids::{NoticeId, UserId},
    incident::{TEXT_MOST, Track, code},
    step_up::DangerousAct,
};

use sea_orm::{ConnectionTrait, DbErr};

use super::{contact, hand, put, take_up, tell};
use crate::{
    Cx, access,
    audit::{self, Said, append},
    error::Outage,
    incidents::{IncidentError, IncidentScope, text},
    mail::{self, Mail, Message},
    store::{
        self, Tx,
        incident::{self, Incident},
        member::Member,
        notice::{self, Notice, Words},
        rate_limit::{self, Limit},
    },
};

/// Mails of one Team's notices: two hundred at once, then one a minute. They leave under Portal's own name.
const MAILS: Limit = Limit { burst: 200, every: Duration::minutes(1) };

/// Mails an approved notice to everybody whom it names. Amazon's clock stops when Amazon's mail server has taken it.
#[tracing::instrument(skip_all, fields(incident = %scope.id(), notice = %id))]
pub async fn send_notice(cx: &Cx, scope: &IncidentScope, id: NoticeId, version: i32) -> Result<(), IncidentError> {
    let by = hand(cx)?;
    let amazon = contact::contact(cx, scope.team()).await?.amazon;
    let said = said(cx, scope, id).await?;
    let (tx, held, before) = take_up(cx, scope, id, version).await?;
    if before.words.recipients.is_empty() {
        return Err(IncidentError::NoRecipient);
    }
    let state = before.standing(held.incident()).send(true)?;
    holds(&tx, &held, &before, &said).await?;
    staff_alone(&tx, &held, &before).await?;
    let bucket = format!("notices:{}", held.team().team().0.simple());
    let asked = i32::try_from(before.words.recipients.len()).unwrap_or(i32::MAX);
    let taken = rate_limit::take(&*tx, &bucket, MAILS, asked, by.at).await?;
    if taken.granted < asked {
        return Err(IncidentError::TooMany(taken.wait_s()));
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
    let said = said(cx, scope, id).await?;
    let (tx, held, before) = take_up(cx, scope, id, version).await?;
    let state = before.standing(held.incident()).send(false)?;
    if before.approved.as_ref().is_none_or(|approved| at < approved.at) {
        return Err(IncidentError::SentBefore);
    }
    holds(&tx, &held, &before, &said).await?;
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

/// Says that Amazon was told, where there is no second person who could approve a notice: with a fresh proof, and the Team's
/// owners hear of it.
#[tracing::instrument(skip_all, fields(incident = %scope.id()))]
pub async fn told_amazon_alone(cx: &Cx, scope: &IncidentScope, how: &str) -> Result<(), IncidentError> {
    access::require_step_up(cx, scope.team(), DangerousAct::ApproveNotice).await?;
    let (by, how) = (hand(cx)?, text::lines("how", how, TEXT_MOST)?);
    let tx = cx.portal.db.begin_in(scope).await?;
    let held = scope.open(&tx).await?;
    if !is_alone(&*tx, &held, by.by).await? {
        return Err(IncidentError::NotAlone);
    }
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

/// Nobody else is there who could approve a notice of this person's.
pub(super) async fn is_alone(db: &impl ConnectionTrait, scope: &IncidentScope, person: UserId) -> Result<bool, DbErr> {
    let reported_at = scope.incident().reported_at;
    let members = store::member::not_locked(db, scope.team()).await?;
    let could = |member: &Member| {
        member.role.may(Permission::RunIncidents)
            && scope.is_seen_by(member)
            && is_second_person(person, reported_at, member.user, member.joined_at)
    };
    Ok(!members.iter().any(could))
}

/// Amazon was told: its clock stops.
pub(in crate::incidents) async fn settle(tx: &Tx, held: &IncidentScope, at: Time, how: String) -> Result<(), DbErr> {
    let incident = held.incident();
    // Once told is told.
    if incident.amazon.is_some() && incident.amazon_told {
        return Ok(());
    }
    let told = Incident { amazon: Some((at, how)), amazon_told: true, ..incident.clone() };
    incident::write(&**tx, held, &told).await
}

/// Those concerned have heard how it goes: their clock begins anew.
async fn heard(tx: &Tx, held: &IncidentScope, sent: &Notice, at: Time) -> Result<(), DbErr> {
    let incident = held.incident();
    let at = at.max(incident.reported_at);
    if !sent.track.is_update() || incident.updated_at.is_some_and(|before| before >= at) {
        return Ok(());
    }
    incident::write(&**tx, held, &Incident { updated_at: Some(at), ..incident.clone() }).await
}

/// What the log says of a notice's approval. Asked before the Team's own transaction: of a restricted incident it stands in no
/// Team's log.
async fn said(cx: &Cx, scope: &IncidentScope, id: NoticeId) -> Result<Said, IncidentError> {
    let all = notice::all(&cx.portal.db.of(scope), scope).await?;
    match all.into_iter().find(|notice| notice.id == id).and_then(|notice| notice.approved_event) {
        Some(event) => Ok(audit::said(cx.portal.db.reader(), &cx.portal.vault, event).await?),
        None => Ok(Said::Gone),
    }
}

/// What goes out is what was approved, word for word, by somebody who still may: asked of the log, not of the notice.
async fn holds(tx: &Tx, held: &IncidentScope, notice: &Notice, said: &Said) -> Result<(), IncidentError> {
    let Said::Is(row) = said else { return Err(IncidentError::OtherWords) };
    let details = said.details();
    let same = Some(row.id) == notice.approved_event
        && row.action == Action::NoticeApproved
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
    match notice.words.recipients.iter().position(|to| !hears(to)) {
        Some(place) => Err(IncidentError::NotStaff(place + 1)),
        None => Ok(()),
    }
}
