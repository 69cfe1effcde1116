//! Notices.

use backend::{
    Cx,
    incidents::{self, IncidentScope},
    store::notice::{Mailed, Notice},
    teams,
};
use model::{EmailAddress, Time, approval::is_second_person, ids::UserId, incident::NoticeState};

use super::incidents::item;
use crate::{
    Failure,
    api::notices::{NoticeItem, NoticeList},
    edge::{fail, moment},
};

pub(crate) async fn incident_notices(cx: &Cx, scope: &IncidentScope) -> Result<NoticeList, Failure> {
    let now = cx.now();
    let me = cx.signed_in().map(|person| person.user);
    let members = teams::members(cx, scope.team()).await.map_err(fail)?;
    let me = members.into_iter().find(|member| Some(member.user) == me).map(|member| (member.user, member.joined_at));
    let all = incidents::notices(cx, scope).await.map_err(fail)?;
    let mails = incidents::notice_mails(cx, scope).await.map_err(fail)?;
    let contact = incidents::contact(cx, scope.team()).await.map_err(fail)?;
    Ok(NoticeList {
        item: item(scope.incident(), now),
        notices: all.into_iter().map(|notice| notice_item(notice, &mails, me, scope.incident().reported_at, now)).collect(),
        amazon: scope.incident().amazon.clone().map(|(at, how)| (moment(at, now), how)),
        amazon_told: scope.incident().amazon_told,
        alone: incidents::is_alone(cx, scope).await.map_err(fail)?,
        contact: contact.line(),
    })
}

fn notice_item(notice: Notice, mails: &[Mailed], me: Option<(UserId, Time)>, reported_at: Time, now: Time) -> NoticeItem {
    let became = |mail: &Mailed| match (mail.delivered_at, mail.failed_at) {
        (Some(at), _) => format!("taken by its mail server {}", moment(at, now).words),
        (None, Some(_)) => "not delivered: say it another way".to_owned(),
        (None, None) => "on its way".to_owned(),
    };
    let mails = mails.iter().filter(|mail| mail.notice == notice.id).map(|mail| (mail.recipient.clone(), became(mail)));
    let by = notice.written.by;
    NoticeItem {
        id: notice.id,
        track: notice.track,
        state: notice.state,
        recipients: notice.words.recipients.iter().map(EmailAddress::as_str).collect::<Vec<_>>().join("\n"),
        subject: notice.words.subject,
        body: notice.words.body,
        for_amazon: notice.words.for_amazon,
        request: notice.words.request,
        version: notice.version,
        written: (notice.written.name, moment(notice.written.at, now)),
        approved: notice.approved.map(|hand| (hand.name, moment(hand.at, now))),
        sent: notice.sent.map(|(at, name, how)| (name, moment(at, now), how)),
        mails: mails.collect(),
        may_approve: notice.state == NoticeState::Draft
            && me.is_some_and(|(me, joined_at)| is_second_person(by, reported_at, me, joined_at)),
    }
}
