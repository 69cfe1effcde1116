//! Captured mail, for the development mailbox: one JSON file a mail.

use std::{io, path::Path};

use model::Time;
use serde::{Deserialize, Serialize};

use super::mailer::Letter;

/// A mail that was captured instead of sent.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CapturedMail {
    #[serde(default)]
    pub file: String,
    pub to: String,
    pub subject: String,
    pub text: String,
    pub html: String,
    #[serde(default)]
    pub reply_to: Option<String>,
    pub at: Time,
}

pub(super) async fn write(folder: &Path, letter: &Letter<'_>) -> io::Result<()> {
    let file = format!("{}-{}.json", letter.at.format("%Y%m%dT%H%M%S%.6f"), letter.id);
    let mail = CapturedMail {
        file: file.clone(),
        to: letter.to.to_string(),
        subject: letter.subject.to_owned(),
        text: letter.text.to_owned(),
        html: letter.html.to_owned(),
        reply_to: letter.reply_to.map(ToString::to_string),
        at: letter.at,
    };
    let mut options = tokio::fs::OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    let mut out = options.open(folder.join(file)).await?;
    tokio::io::AsyncWriteExt::write_all(&mut out, &serde_json::to_vec_pretty(&mail)?).await?;
    out.sync_all().await
}

/// Captured mails, the newest first.
pub fn read_mailbox(folder: &Path) -> io::Result<Vec<CapturedMail>> {
    let mut mails = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|end| end == "json") {
            // A file that is being written now is read the next time.
            if let Ok(mail) = serde_json::from_slice::<CapturedMail>(&std::fs::read(&path)?) {
                mails.push(mail);
            }
        }
    }
    mails.sort_by(|a, b| b.file.cmp(&a.file));
    Ok(mails)
}
