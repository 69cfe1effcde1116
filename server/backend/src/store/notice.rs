//! Notices of incidents.

use model::{
    EmailAddress, Time,
    audit::Digest,
    ids::{EventId, MailId, NoticeId, UserId},
    incident::{NoticeState, Track, notice::Standing},
};
use sea_orm::{QueryResult, entity::prelude::*};

use serde_json::json;

use super::{incident::Incident, sql, stored};
use crate::{incidents::IncidentScope, vault::sha256};

/// A person and when they did it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hand {
    pub at: Time,
    pub by: UserId,
    pub name: String,
}

/// What people write of a notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// Whom it is mailed to; nobody when somebody says it another way.
    pub recipients: Vec<EmailAddress>,
    pub subject: String,
    pub body: String,
    /// It speaks in Amazon's name.
    pub for_amazon: bool,
    /// Amazon's written request to do so: when, by whom, under which number.
    pub request: String,
    /// Where answers go: the Team's point of contact, as it was when this was written.
    pub reply_to: EmailAddress,
}

impl Words {
    /// What is approved: every word, whom it goes to and where answers go.
    pub fn digest(&self, track: Track) -> Digest {
        let to: Vec<_> = self.recipients.iter().map(EmailAddress::as_str).collect();
        let all =
            json!([track.as_str(), to, self.subject, self.body, self.for_amazon, self.request, self.reply_to.as_str()]);
        Digest(sha256(all.to_string().as_bytes()))
    }
}

/// One notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    pub id: NoticeId,
    pub track: Track,
    pub state: NoticeState,
    pub words: Words,
    /// Counts from 1 with each change of its words: who approves says which they read.
    pub version: i32,
    pub written: Hand,
    pub approved: Option<Hand>,
    /// The event that says in the log which words were approved.
    pub approved_event: Option<EventId>,
    /// When, by whom, and how: by mail, or by hand with what proves it.
    pub sent: Option<(Time, String, String)>,
}

impl Notice {
    /// What is decided from.
    pub fn standing(&self, incident: &Incident) -> Standing {
        Standing {
            track: self.track,
            state: self.state,
            for_amazon: self.words.for_amazon,
            requested: !self.words.request.is_empty(),
            writer: self.written.by,
            reported_at: incident.reported_at,
            drill: incident.drill,
        }
    }
}

pub async fn insert(db: &impl ConnectionTrait, scope: &IncidentScope, new: &Notice) -> Result<(), DbErr> {
    let text = "INSERT INTO notice (id, incident_id, team_id, track, state, recipients, subject, body, for_amazon, request,
        version, written_at, written_by, written_name, reply_to)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";
    let values = [
        new.id.0.into(),
        scope.id().0.into(),
        scope.team().team().0.into(),
        new.track.as_str().into(),
        new.state.as_str().into(),
        written_down(&new.words.recipients).into(),
        new.words.subject.clone().into(),
        new.words.body.clone().into(),
        new.words.for_amazon.into(),
        new.words.request.clone().into(),
        new.version.into(),
        new.written.at.into(),
        new.written.by.0.into(),
        new.written.name.clone().into(),
        new.words.reply_to.as_str().into(),
    ];
    db.execute_raw(sql(db, text, values)).await.map(|_| ())
}

/// Writes how it is now, when it still is as it was `from`; false otherwise.
pub async fn write(db: &impl ConnectionTrait, scope: &IncidentScope, from: &Notice, now: &Notice) -> Result<bool, DbErr> {
    let text = "UPDATE notice SET state = $5, recipients = $6, subject = $7, body = $8, for_amazon = $9, request = $10,
        version = $11, written_at = $12, written_by = $13, written_name = $14, approved_at = $15, approved_by = $16,
        approved_name = $17, sent_at = $18, sent_name = $19, sent_how = $20, reply_to = $21, approved_event = $22
        WHERE incident_id = $1 AND id = $2 AND version = $3 AND state = $4";
    let (approved, sent) = (now.approved.clone(), now.sent.clone());
    let values = [
        scope.id().0.into(),
        from.id.0.into(),
        from.version.into(),
        from.state.as_str().into(),
        now.state.as_str().into(),
        written_down(&now.words.recipients).into(),
        now.words.subject.clone().into(),
        now.words.body.clone().into(),
        now.words.for_amazon.into(),
        now.words.request.clone().into(),
        now.version.into(),
        now.written.at.into(),
        now.written.by.0.into(),
        now.written.name.clone().into(),
        approved.as_ref().map(|hand| hand.at).into(),
        approved.as_ref().map(|hand| hand.by.0).into(),
        approved.map(|hand| hand.name).into(),
        sent.as_ref().map(|(at, _, _)| *at).into(),
        sent.as_ref().map(|(_, name, _)| name.clone()).into(),
        sent.map(|(_, _, how)| how).into(),
        now.words.reply_to.as_str().into(),
        now.approved_event.map(|event| event.0).into(),
    ];
    Ok(db.execute_raw(sql(db, text, values)).await?.rows_affected() == 1)
}

/// Every notice of an incident, the first written first.
pub async fn all(db: &impl ConnectionTrait, scope: &IncidentScope) -> Result<Vec<Notice>, DbErr> {
    let text = "SELECT * FROM notice WHERE incident_id = $1 ORDER BY id";
    let rows = db.query_all_raw(sql(db, text, [scope.id().0.into()])).await?;
    rows.into_iter().map(read).collect()
}

/// What became of a mail of a notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailed {
    pub notice: NoticeId,
    pub recipient: String,
    /// That it is delivered stops Amazon's clock.
    pub settles: bool,
    /// A mail server took it.
    pub delivered_at: Option<Time>,
    /// It was given up.
    pub failed_at: Option<Time>,
}

pub async fn insert_mail(
    db: &impl ConnectionTrait,
    scope: &IncidentScope,
    notice: NoticeId,
    mail: MailId,
    recipient: &EmailAddress,
    settles: bool,
) -> Result<(), DbErr> {
    let text = "INSERT INTO notice_mail (mail_id, notice_id, team_id, recipient, settles) VALUES ($1, $2, $3, $4, $5)";
    let team = scope.team().team().0;
    let values = [mail.0.into(), notice.0.into(), team.into(), recipient.as_str().into(), settles.into()];
    db.execute_raw(sql(db, text, values)).await.map(|_| ())
}

/// The mails of an incident's notices.
pub async fn mails(db: &impl ConnectionTrait, scope: &IncidentScope) -> Result<Vec<Mailed>, DbErr> {
    let text = "SELECT m.notice_id, m.recipient, m.settles, m.delivered_at, m.failed_at FROM notice_mail m
        JOIN notice n ON n.id = m.notice_id WHERE n.incident_id = $1 ORDER BY m.mail_id";
    let rows = db.query_all_raw(sql(db, text, [scope.id().0.into()])).await?;
    let read = |row: QueryResult| {
        Ok(Mailed {
            notice: NoticeId(row.try_get("", "notice_id")?),
            recipient: row.try_get("", "recipient")?,
            settles: row.try_get("", "settles")?,
            delivered_at: row.try_get("", "delivered_at")?,
            failed_at: row.try_get("", "failed_at")?,
        })
    };
    rows.into_iter().map(read).collect()
}

/// A mail server took this mail; nothing happens when it is of no notice.
pub async fn delivered(db: &impl ConnectionTrait, mail: MailId, now: Time) -> Result<(), DbErr> {
    let text = "UPDATE notice_mail SET delivered_at = $2 WHERE mail_id = $1";
    db.execute_raw(sql(db, text, [mail.0.into(), now.into()])).await.map(|_| ())
}

/// This mail was given up; nothing happens when it is of no notice.
pub async fn not_delivered(db: &impl ConnectionTrait, mail: MailId, now: Time) -> Result<(), DbErr> {
    let text = "UPDATE notice_mail SET failed_at = $2 WHERE mail_id = $1";
    db.execute_raw(sql(db, text, [mail.0.into(), now.into()])).await.map(|_| ())
}

fn written_down(recipients: &[EmailAddress]) -> String {
    recipients.iter().map(EmailAddress::as_str).collect::<Vec<_>>().join("\n")
}

fn read(row: QueryResult) -> Result<Notice, DbErr> {
    let text = |column: &str| row.try_get::<String>("", column);
    let recipients = text("recipients")?;
    let recipients = recipients.lines().map(|line| stored(line.parse().ok(), "recipient")).collect::<Result<_, _>>()?;
    let approved: Option<Time> = row.try_get("", "approved_at")?;
    let sent: Option<Time> = row.try_get("", "sent_at")?;
    Ok(Notice {
        id: NoticeId(row.try_get("", "id")?),
        track: stored(Track::parse(&text("track")?), "track")?,
        state: stored(NoticeState::parse(&text("state")?), "notice state")?,
        words: Words {
            recipients,
            subject: text("subject")?,
            body: text("body")?,
            for_amazon: row.try_get("", "for_amazon")?,
            request: text("request")?,
            reply_to: stored(text("reply_to")?.parse().ok(), "address")?,
        },
        version: row.try_get("", "version")?,
        written: Hand {
            at: row.try_get("", "written_at")?,
            by: UserId(row.try_get("", "written_by")?),
            name: text("written_name")?,
        },
        approved: match approved {
            Some(at) => Some(Hand { at, by: UserId(row.try_get("", "approved_by")?), name: text("approved_name")? }),
            None => None,
        },
        approved_event: row.try_get::<Option<Uuid>>("", "approved_event")?.map(EventId),
        sent: match sent {
            Some(at) => Some((at, text("sent_name")?, text("sent_how")?)),
            None => None,
        },
    })
}
