//! How mail leaves: over SMTP, or into a folder in development.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use lettre::{
    Message as Email,
    message::{Mailbox, MultiPart},
};
use model::{EmailAddress, Time, ids::MailId};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::relay::Relay;
use crate::egress::Egress;

/// The way out.
#[derive(Clone)]
pub enum Mailer {
    Smtp {
        relay: Relay,
        from: Mailbox,
    },
    /// Development: every mail becomes a file.
    Folder(Arc<PathBuf>),
    /// This process queues mail and leaves its delivery to another.
    Elsewhere,
}

/// A mail on its way out.
pub(super) struct Letter<'a> {
    pub id: MailId,
    pub to: &'a EmailAddress,
    pub subject: &'a str,
    pub text: &'a str,
    pub html: &'a str,
    /// Where answers go; nowhere without it.
    pub reply_to: Option<&'a EmailAddress>,
    pub at: Time,
}

#[derive(Debug, thiserror::Error)]
pub enum MailerError {
    #[error("the SMTP address must be smtps://…, smtp+starttls://…, or smtp:// on loopback")]
    Address,
    #[error("the sender's address cannot be read")]
    From,
    #[error("the folder for captured mail cannot be written")]
    Folder(#[source] std::io::Error),
    #[error("the mail cannot be composed")]
    Compose,
    #[error("the mail server refuses the mail")]
    Rejected,
    #[error("the mail server cannot be reached")]
    Unreachable,
    #[error("the mail server stands at no allowed address (setting private_hosts)")]
    Egress,
    #[error("the mail is too old to be of use")]
    Stale,
}

impl MailerError {
    /// A word for the outbox.
    pub(super) fn word(&self) -> &'static str {
        match self {
            MailerError::Address | MailerError::From => "configuration",
            MailerError::Folder(_) => "folder",
            MailerError::Compose => "compose",
            MailerError::Rejected => "rejected",
            MailerError::Unreachable => "unreachable",
            MailerError::Egress => "egress",
            MailerError::Stale => "stale",
        }
    }
}

impl Mailer {
    /// Sends over `smtps://user:password@host` or `smtp+starttls://…`; TLS is required, but on loopback in development.
    #[expect(clippy::disallowed_methods, reason = "the relay is signed in to with it")]
    pub fn smtp(url: &SecretString, from: &str, egress: &Egress) -> Result<Self, MailerError> {
        let parsed = Url::parse(url.expose_secret()).map_err(|_| MailerError::Address)?;
        let relay = Relay::new(&parsed, egress)?;
        Ok(Mailer::Smtp { relay, from: from.parse().map_err(|_| MailerError::From)? })
    }

    /// The host that an address of [`Mailer::smtp`] names.
    #[expect(clippy::disallowed_methods, reason = "only the host is looked at")]
    pub fn host(url: &SecretString) -> Option<String> {
        Url::parse(url.expose_secret()).ok()?.host_str().map(str::to_owned)
    }

    /// Captures mail into a folder that only this user can read.
    pub fn folder(path: impl AsRef<Path>) -> Result<Self, MailerError> {
        use std::os::unix::fs::DirBuilderExt;
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&path).map_err(MailerError::Folder)?;
        Ok(Mailer::Folder(Arc::new(path.as_ref().to_owned())))
    }

    pub fn is_folder(&self) -> bool {
        matches!(self, Mailer::Folder(_))
    }

    /// Where captured mail is.
    pub fn captured_in(&self) -> Option<&Path> {
        match self {
            Mailer::Folder(path) => Some(path),
            Mailer::Smtp { .. } | Mailer::Elsewhere => None,
        }
    }

    pub(super) async fn send(&self, letter: Letter<'_>) -> Result<(), MailerError> {
        match self {
            Mailer::Smtp { relay, from } => relay.send(compose(from.clone(), &letter)?).await,
            Mailer::Folder(folder) => super::mailbox::write(folder, &letter).await.map_err(MailerError::Folder),
            Mailer::Elsewhere => Err(MailerError::Unreachable),
        }
    }
}

fn compose(from: Mailbox, letter: &Letter<'_>) -> Result<Email, MailerError> {
    let to: Mailbox = letter.to.as_str().parse().map_err(|_| MailerError::Compose)?;
    let mut email = Email::builder().from(from).to(to);
    if let Some(reply_to) = letter.reply_to {
        email = email.reply_to(reply_to.as_str().parse().map_err(|_| MailerError::Compose)?);
    }
    email
        .subject(letter.subject)
        .message_id(Some(format!("<{}@portal>", letter.id)))
        .multipart(MultiPart::alternative_plain_html(letter.text.to_owned(), letter.html.to_owned()))
        .map_err(|_| MailerError::Compose)
}
