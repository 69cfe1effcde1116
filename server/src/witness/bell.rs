//! Telling people what a witness saw: by mail and by a signed webhook of its own, past the machine that it watches.

use std::path::PathBuf;

use backend::{
    egress::Egress,
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

/// Alarms that are proofs.
const LASTING: [&str; 3] = ["ROLLBACK", "FORK", "UNPROVED"];

/// The word that an alarm begins with: what comes behind it changes while the alarm lasts.
fn word(alarm: &str) -> Option<&str> {
    alarm.split(':').next()
}

fn secret(file: &PathBuf) -> Result<SecretString, BellError> {
    let text = std::fs::read_to_string(file).map_err(|error| BellError::File(file.clone(), error))?;
    Ok(SecretString::from(text.trim()))
}

impl Bell {
    pub fn new(options: &BellOptions) -> Result<Self, BellError> {
        let url = options.webhook.as_ref().and_then(|url| url.parse().ok());
        let relay = options.smtp_url_file.as_ref().map(secret).transpose()?;
        let egress = Egress::witness(url.as_ref(), relay.as_ref().and_then(Mailer::host));
        let mail = match options.mail_to.clone().zip(relay) {
            Some((to, relay)) => Some((Mailer::smtp(&relay, &options.mail_from, &egress)?, to)),
            None => None,
        };
        let webhook = match options.webhook.as_ref().zip(options.webhook_secret_file.as_ref()) {
            Some((url, file)) => Some(Receiver::new(&egress, url, secret(file)?)?),
            None => None,
        };
        Ok(Self { mail, webhook })
    }

    /// Tells of an alarm, or (without one) that an alarm is over: once by each way, and again while it lasts. What could not
    /// be told one way is told that way at the next look.
    pub async fn ring(&self, memory: &Memory, log: &str, now: Time, alarm: Option<&str>) {
        if let Some((mailer, to)) = &self.mail
            && let Some(said) = news(memory, "mail", now, alarm)
        {
            let headline =
                if alarm.is_some() { "ALARM: an audit log does not hold" } else { "An audit log can be seen again" };
            let text = format!("{said} The log is {log}, the witness looked at {}.", now.to_rfc3339());
            match send_notice(mailer, to, headline, &text, now).await {
                Ok(()) => memory.told("mail", now, alarm),
                Err(error) => {
                    tracing::error!(error = &error as &dyn std::error::Error, "the alarm could not be mailed");
                }
            }
        }
        if let Some(receiver) = &self.webhook
            && let Some(said) = news(memory, "webhook", now, alarm)
        {
            let kind = if alarm.is_some() { "log.alarm" } else { "log.fits" };
            let data = serde_json::json!({ "log": log, "alarm": alarm, "said": said, "at": now });
            // The same news has the same id, however often it is tried.
            let since = memory.last_look().map_or(0, |at| at.timestamp());
            let turn = now.timestamp() / AGAIN.num_seconds();
            let id = format!("witness_{}_{since}_{turn}", alarm.and_then(word).unwrap_or("FITS"));
            match receiver.send(id, now, kind, data).await {
                Ok(()) => memory.told("webhook", now, alarm),
                Err(word) => tracing::error!(word, "the alarm could not be sent"),
            }
        }
    }
}

/// What is to be said by this way, unless it was said already.
fn news(memory: &Memory, way: &str, now: Time, alarm: Option<&str>) -> Option<String> {
    let last = memory.last_told(way);
    match (last, alarm) {
        (Some((at, told)), Some(alarm)) if word(&told) == word(alarm) && now - at < AGAIN => None,
        (_, Some(alarm)) => Some(alarm.to_owned()),
        // Another history was signed: that it is not shown any more takes nothing back.
        (Some((_, told)), None) if LASTING.iter().any(|lasting| word(&told) == Some(lasting)) => Some(format!(
            "The log fits again what was seen before the alarm, but the alarm stands: {told}. It was signed by the log, and stays to be examined."
        )),
        (Some(_), None) => Some("The log fits what was seen before.".to_owned()),
        (None, None) => None,
    }
}
