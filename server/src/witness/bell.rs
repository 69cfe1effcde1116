//! Telling people what a witness saw: by mail and by a signed webhook of its own, past the machine that it watches.

use std::path::PathBuf;

use backend::{
    mail::{Mailer, MailerError, send_notice},
    webhooks::{Receiver, WebhookError},
};
use chrono::Duration;
use model::{EmailAddress, Time};
use secrecy::SecretString;

use super::Memory;

/// An alarm that lasts is told again after this long.
const AGAIN: Duration = Duration::hours(6);

/// How people are told.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct BellOptions {
    /// Mail alarms to this address.
    #[arg(long, requires = "smtp_url_file")]
    pub mail_to: Option<EmailAddress>,
    /// A file with the way out: smtps://user:password@mail.example.com, or smtp+starttls://…
    #[arg(long, value_name = "FILE")]
    pub smtp_url_file: Option<PathBuf>,
    #[arg(long, default_value = "Portal's witness <witness@localhost>")]
    pub mail_from: String,
    /// Send alarms to this address as Standard Webhooks.
    #[arg(long, requires = "webhook_secret_file")]
    pub webhook: Option<String>,
    /// A file with the secret that signs them: whsec_ and Base64.
    #[arg(long, value_name = "FILE")]
    pub webhook_secret_file: Option<PathBuf>,
}

#[derive(Debug, thiserror::Error)]
pub enum BellError {
    #[error("{} cannot be read", .0.display())]
    File(PathBuf, #[source] std::io::Error),
    #[error("mail cannot be set up")]
    Mail(#[from] MailerError),
    #[error("the webhook cannot be set up")]
    Webhook(#[from] WebhookError),
}

/// Tells people.
#[derive(Clone, Default)]
pub struct Bell {
    pub mail: Option<(Mailer, EmailAddress)>,
    pub webhook: Option<Receiver>,
}

/// The word that an alarm begins with: what comes behind it changes while the alarm lasts.
fn kind(alarm: &str) -> Option<&str> {
    alarm.split(':').next()
}

fn secret(file: &PathBuf) -> Result<SecretString, BellError> {
    let text = std::fs::read_to_string(file).map_err(|error| BellError::File(file.clone(), error))?;
    Ok(SecretString::from(text.trim()))
}

impl Bell {
    pub fn new(options: &BellOptions) -> Result<Self, BellError> {
        let mail = match options.mail_to.clone().zip(options.smtp_url_file.as_ref()) {
            Some((to, file)) => Some((Mailer::smtp(&secret(file)?, &options.mail_from)?, to)),
            None => None,
        };
        let webhook = match options.webhook.as_ref().zip(options.webhook_secret_file.as_ref()) {
            Some((url, file)) => Some(Receiver::new(url, secret(file)?)?),
            None => None,
        };
        Ok(Self { mail, webhook })
    }

    /// Tells of an alarm, or (without one) that an alarm is over: once, and again while it lasts. What could not be told is
    /// told at the next look.
    pub async fn ring(&self, memory: &Memory, log: &str, now: Time, alarm: Option<&str>) {
        let last = memory.last_told();
        let is_news = match (&last, alarm) {
            (Some((at, told)), Some(alarm)) => kind(told) != kind(alarm) || now - *at >= AGAIN,
            (None, Some(_)) | (Some(_), None) => true,
            (None, None) => false,
        };
        if is_news && self.tell(log, now, alarm).await {
            memory.told(now, alarm);
        }
    }

    /// False when nobody could be told by some way that there is.
    async fn tell(&self, log: &str, now: Time, alarm: Option<&str>) -> bool {
        let said = alarm.unwrap_or("The log fits again what was seen before.");
        let mut told = true;
        if let Some((mailer, to)) = &self.mail {
            let headline = if alarm.is_some() { "ALARM: an audit log does not hold" } else { "An audit log holds again" };
            let text = format!("{said} The log is {log}, the witness looked at {}.", now.to_rfc3339());
            if let Err(error) = send_notice(mailer, to, headline, &text, now).await {
                tracing::error!(error = &error as &dyn std::error::Error, "the alarm could not be mailed");
                told = false;
            }
        }
        if let Some(receiver) = &self.webhook {
            let kind = if alarm.is_some() { "log.alarm" } else { "log.fits" };
            let data = serde_json::json!({ "log": log, "alarm": alarm, "at": now });
            if let Err(word) = receiver.send(format!("witness_{}", now.timestamp_micros()), now, kind, data).await {
                tracing::error!(word, "the alarm could not be sent");
                told = false;
            }
        }
        told
    }
}
