//! Signed heads leave the machine, where nobody who owns it later can take them back: into a folder, by webhook, by mail. What
//! leaves is the head that this machine signed last, whatever its database says.

use std::{
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

use backend::{
    Portal,
    audit::{Head, LastHead},
    error::Outage,
    mail::{self, Mail, Message},
    webhooks::Receiver,
};
use chrono::Duration;
use model::{EmailAddress, Time};

use crate::witness::{Memory, MemoryError};

/// A message and a mail go out at most so often.
const MESSAGE_EVERY: Duration = Duration::minutes(10);
const MAIL_EVERY: Duration = Duration::hours(24);

/// Where heads go.
#[derive(Debug, Default)]
pub struct Outlets {
    /// As a witness keeps them: `portal audit verify --witness` reads it.
    pub folder: Option<PathBuf>,
    pub webhook: Option<Receiver>,
    /// Who gets mails, and the file that says when the last one went: a process that starts again and again mails no more
    /// often.
    pub mail: Option<(EmailAddress, PathBuf)>,
    /// When the last message went.
    pub sent_at: Mutex<Option<Time>>,
}

#[derive(Debug, thiserror::Error)]
pub enum OutletsError {
    #[error("Portal did not answer")]
    Outage(#[from] Outage),
    #[error("the head cannot be kept in the folder")]
    Folder(#[from] MemoryError),
    #[error("the head cannot be sent: {0}")]
    Webhook(&'static str),
    #[error("when the last head was mailed cannot be remembered")]
    Mailed(#[source] std::io::Error),
}

impl From<sea_orm::DbErr> for OutletsError {
    fn from(error: sea_orm::DbErr) -> Self {
        OutletsError::Outage(error.into())
    }
}

impl Outlets {
    pub fn are_none(&self) -> bool {
        self.folder.is_none() && self.webhook.is_none() && self.mail.is_none()
    }

    /// Gives out the newest head. One way that fails does not stop the others.
    pub async fn publish(&self, portal: &Portal, last: &LastHead) -> Result<(), OutletsError> {
        let Some((head, note)) = last.with_note() else { return Ok(()) };
        let now = portal.clock.now();
        let kept = self.keep(&note, now);
        let sent = self.send(&head, &note, now).await;
        let mailed = self.mail(portal, &head, note, now).await;
        let done = kept.and(sent).and(mailed);
        metrics::counter!("portal_checkpoint_outlet_failures_total").increment(u64::from(done.is_err()));
        done
    }

    fn keep(&self, note: &str, now: Time) -> Result<(), OutletsError> {
        let Some(folder) = &self.folder else { return Ok(()) };
        Ok(Memory::open(folder)?.remember(now, note)?)
    }

    async fn send(&self, head: &Head, note: &str, now: Time) -> Result<(), OutletsError> {
        let Some(receiver) = &self.webhook else { return Ok(()) };
        let sent_at = || self.sent_at.lock().unwrap_or_else(PoisonError::into_inner);
        if sent_at().is_some_and(|at| now - at < MESSAGE_EVERY) {
            return Ok(());
        }
        let data = serde_json::json!({ "size": head.size, "signed_at": head.at, "checkpoint": note });
        let signed = head.at.unwrap_or_default().timestamp();
        let sent = receiver.send(format!("head_{}_{signed}", head.size), now, "checkpoint.signed", data).await;
        sent.map_err(OutletsError::Webhook)?;
        *sent_at() = Some(now);
        Ok(())
    }

    async fn mail(&self, portal: &Portal, head: &Head, note: String, now: Time) -> Result<(), OutletsError> {
        let Some((to, file)) = &self.mail else { return Ok(()) };
        let last: Option<Time> = std::fs::read_to_string(file).ok().and_then(|text| text.trim().parse().ok());
        if last.is_some_and(|at| at <= now && now - at < MAIL_EVERY) {
            return Ok(());
        }
        std::fs::write(file, now.to_rfc3339()).map_err(OutletsError::Mailed)?;
        let mail = Mail { to: to.clone(), message: Message::Checkpoint { size: head.size, note } };
        let tx = portal.db.begin().await?;
        mail::queue(&*tx, &portal.vault, now, mail).await.map_err(Outage::from)?;
        Ok(tx.commit().await?)
    }
}
