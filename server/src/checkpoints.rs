//! Signed heads leave the machine, where nobody who owns it later can take them back: into a folder, by webhook, by mail.

use std::path::PathBuf;

use backend::{
    Portal,
    audit::{CheckpointKey, Head, read_note},
    error::Outage,
    mail::{self, Mail, Message},
    store::{
        audit_tree,
        rate_limit::{self, Limit},
    },
    webhooks::Receiver,
};
use chrono::Duration;
use model::EmailAddress;

use crate::witness::{Memory, MemoryError};

/// A message and a mail go out at most so often.
const MESSAGE_EVERY: Duration = Duration::minutes(10);
const MAIL_EVERY: Duration = Duration::hours(24);

/// Where heads go.
#[derive(Clone, Debug, Default)]
pub struct Outlets {
    /// As a witness keeps them: `portal audit verify --witness` reads it.
    pub folder: Option<PathBuf>,
    pub webhook: Option<Receiver>,
    pub mail_to: Option<EmailAddress>,
}

#[derive(Debug, thiserror::Error)]
pub enum OutletsError {
    #[error("Portal did not answer")]
    Outage(#[from] Outage),
    #[error("the head cannot be kept in the folder")]
    Folder(#[from] MemoryError),
    #[error("the head cannot be sent: {0}")]
    Webhook(&'static str),
}

impl From<sea_orm::DbErr> for OutletsError {
    fn from(error: sea_orm::DbErr) -> Self {
        OutletsError::Outage(error.into())
    }
}

impl Outlets {
    pub fn are_none(&self) -> bool {
        self.folder.is_none() && self.webhook.is_none() && self.mail_to.is_none()
    }

    /// Gives out the newest head. One way that fails does not stop the others.
    pub async fn publish(&self, portal: &Portal, key: &CheckpointKey) -> Result<(), OutletsError> {
        let newest = audit_tree::newest_checkpoint(portal.db.reader()).await?;
        // What somebody else put into the database does not go out under this machine's name.
        let Some(note) = newest.map(|newest| newest.note) else { return Ok(()) };
        let Ok(head) = read_note(&note, key.verifier()) else { return Ok(()) };
        let kept = self.keep(portal, &note);
        let sent = self.send(portal, &note, &head).await;
        let mailed = self.mail(portal, &note, &head).await;
        kept.and(sent).and(mailed)
    }

    fn keep(&self, portal: &Portal, note: &str) -> Result<(), OutletsError> {
        let Some(folder) = &self.folder else { return Ok(()) };
        Ok(Memory::open(folder)?.remember(portal.clock.now(), note)?)
    }

    async fn send(&self, portal: &Portal, note: &str, head: &Head) -> Result<(), OutletsError> {
        let Some(receiver) = &self.webhook else { return Ok(()) };
        if !take(portal, "checkpoint/webhook", MESSAGE_EVERY).await? {
            return Ok(());
        }
        let data = serde_json::json!({ "size": head.size, "signed_at": head.at, "checkpoint": note });
        // Several workers send one head under one id.
        let at = head.at.unwrap_or_default().timestamp();
        let sent = receiver.send(format!("head_{}_{at}", head.size), portal.clock.now(), "checkpoint.signed", data).await;
        sent.map_err(OutletsError::Webhook)
    }

    async fn mail(&self, portal: &Portal, note: &str, head: &Head) -> Result<(), OutletsError> {
        let Some(to) = self.mail_to.clone() else { return Ok(()) };
        if !take(portal, "checkpoint/mail", MAIL_EVERY).await? {
            return Ok(());
        }
        let mail = Mail { to, message: Message::Checkpoint { size: head.size, note: note.to_owned() } };
        let tx = portal.db.begin().await?;
        mail::queue(&*tx, &portal.vault, portal.clock.now(), mail).await.map_err(Outage::from)?;
        Ok(tx.commit().await?)
    }
}

/// Whether it is this one's turn, among all workers.
async fn take(portal: &Portal, bucket: &str, every: Duration) -> Result<bool, OutletsError> {
    let tx = portal.db.begin().await?;
    let taken = rate_limit::take(&*tx, bucket, Limit { burst: 1, every }, 1, portal.clock.now()).await?;
    tx.commit().await?;
    Ok(taken.granted == 1)
}
