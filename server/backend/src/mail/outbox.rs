//! The outbox: a mail is queued with the change it tells of, and delivered afterwards, at least once.

use chrono::Duration;
use model::{EmailAddress, Problem, ProblemCode, Time, ids::MailId};
use sea_orm::{ConnectionTrait, DbErr};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::{Mail, Mailer, MailerError, Message, mailer::Letter, templates::render};
use crate::{
    Portal,
    error::Outage,
    random,
    store::{
        mail_outbox::{self, Waiting},
        notice,
    },
    vault::{Place, Sealed, Vault, VaultError},
};

#[derive(Debug, thiserror::Error)]
pub enum MailError {
    #[error("the outbox did not answer")]
    Store(#[from] DbErr),
    #[error("the keys did not answer")]
    Vault(#[from] VaultError),
    #[error("a queued mail cannot be read")]
    Unreadable,
}

impl From<MailError> for Outage {
    fn from(error: MailError) -> Self {
        match error {
            MailError::Store(error) => Outage::Store(error),
            MailError::Vault(error) => Outage::Keys(error),
            MailError::Unreadable => Outage::Corrupt("mail"),
        }
    }
}

impl From<&MailError> for Problem {
    fn from(error: &MailError) -> Self {
        match error {
            MailError::Store(_) => Problem::of(ProblemCode::StoreUnavailable),
            MailError::Vault(error) => error.into(),
            MailError::Unreadable => Problem::of(ProblemCode::Internal),
        }
    }
}

/// What is sealed.
#[derive(Serialize, Deserialize)]
struct Body {
    subject: String,
    text: String,
    html: String,
    #[serde(default)]
    reply_to: Option<EmailAddress>,
}

/// Codes are of no use after their life: a mail that late is dropped.
const CODE_LIFE: Duration = Duration::minutes(10);
/// The waits after each failed try; then the mail is given up.
const WAITS_S: [i64; 8] = [10, 30, 120, 600, 3_600, 3_600, 3_600, 3_600];
/// A deliverer that dies leaves its mail to the next after this long.
const CLAIM: Duration = Duration::seconds(60);

/// Queues a mail inside the caller's transaction.
pub async fn queue(tx: &impl ConnectionTrait, vault: &Vault, now: Time, mail: Mail) -> Result<MailId, MailError> {
    insert(tx, vault, now, mail, None).await
}

/// Sends a notice at once, past any outbox: for a process that has no database.
pub async fn send_notice(
    mailer: &Mailer,
    to: &EmailAddress,
    headline: &str,
    text: &str,
    now: Time,
) -> Result<(), MailerError> {
    let mail = render(&Message::SecurityNotice { headline: headline.to_owned(), text: text.to_owned() });
    let letter = Letter {
        id: random::id(now),
        to,
        subject: &mail.subject,
        text: &mail.text,
        html: &mail.html,
        reply_to: None,
        at: now,
    };
    mailer.send(letter).await
}

/// Does all the work of [`queue`] for a mail that must not go out, so that both take equally long.
pub async fn queue_undelivered(tx: &impl ConnectionTrait, vault: &Vault, now: Time, mail: Mail) -> Result<(), MailError> {
    insert(tx, vault, now, mail, Some(now)).await.map(drop)
}

fn place(id: MailId) -> Place {
    Place { team: None, table: "mail_outbox", row: id.0, field: "body" }
}

async fn insert(
    tx: &impl ConnectionTrait,
    vault: &Vault,
    now: Time,
    mail: Mail,
    failed_at: Option<Time>,
) -> Result<MailId, MailError> {
    let id: MailId = random::id(now);
    let rendered = render(&mail.message);
    let reply_to = match &mail.message {
        Message::Notice { reply_to, .. } => Some(reply_to.clone()),
        _ => None,
    };
    let body = Body { subject: rendered.subject, text: rendered.text, html: rendered.html, reply_to };
    let body = SecretString::from(serde_json::to_string(&body).map_err(|_| MailError::Unreadable)?);
    let sealed_body = vault.seal(tx, now, &place(id), &body).await?;
    let waiting =
        Waiting { id, recipient: mail.to, kind: mail.message.kind().to_owned(), sealed_body, created_at: now, attempts: 0 };
    mail_outbox::insert(tx, waiting, failed_at).await?;
    Ok(id)
}

/// Delivers what is due; answers how many went out. Several workers share the outbox by claiming each mail first.
pub async fn deliver_due(portal: &Portal) -> Result<usize, MailError> {
    let mut sent = 0;
    for mail in mail_outbox::due(portal.db.reader(), portal.clock.now(), 50).await? {
        let now = portal.clock.now();
        let tx = portal.db.begin().await?;
        let claimed = mail_outbox::claim(&*tx, &mail, now + CLAIM).await?;
        tx.commit().await?;
        if claimed && deliver(portal, &mail).await? {
            sent += 1;
        }
    }
    Ok(sent)
}

async fn deliver(portal: &Portal, mail: &Waiting) -> Result<bool, MailError> {
    let now = portal.clock.now();
    let stale = mail.kind.ends_with("_code") && now - mail.created_at > CODE_LIFE;
    let outcome = if stale { Err(MailerError::Stale) } else { send(portal, mail, &mail.sealed_body, now).await? };
    let tx = portal.db.begin().await?;
    match &outcome {
        Ok(()) => {
            mail_outbox::sent(&*tx, mail.id, now).await?;
            notice::delivered(&*tx, mail.id, now).await?;
        }
        Err(error) => {
            let wait = usize::try_from(mail.attempts).ok().and_then(|n| WAITS_S.get(n)).filter(|_| !stale);
            tracing::warn!(mail = %mail.id, kind = mail.kind, error = error.word(), gives_up = wait.is_none(), "mail not delivered");
            mail_outbox::failed(&*tx, mail.id, error.word(), wait.map(|s| now + Duration::seconds(*s)), now).await?;
            if wait.is_none() {
                notice::not_delivered(&*tx, mail.id, now).await?;
            }
        }
    }
    tx.commit().await?;
    Ok(outcome.is_ok())
}

async fn send(portal: &Portal, mail: &Waiting, sealed: &Sealed, now: Time) -> Result<Result<(), MailerError>, MailError> {
    let body = portal.vault.open(portal.db.reader(), &place(mail.id), sealed).await?;
    #[expect(clippy::disallowed_methods, reason = "the sealed mail is written to its reader")]
    let body: Body = serde_json::from_str(body.expose_secret()).map_err(|_| MailError::Unreadable)?;
    let to: &EmailAddress = &mail.recipient;
    let Body { subject, text, html, reply_to } = &body;
    let letter = Letter { id: mail.id, to, subject, text, html, reply_to: reply_to.as_ref(), at: now };
    Ok(portal.mailer.send(letter).await)
}
