//! What Portal writes to people.

use std::fmt;

use model::{EmailAddress, alert::Severity};
use secrecy::SecretString;

/// One mail.
#[derive(Clone, Debug)]
pub struct Mail {
    pub to: EmailAddress,
    pub message: Message,
}

/// Every kind of mail there is.
#[derive(Clone)]
pub enum Message {
    SignInCode {
        code: SecretString,
        device: String,
        address: String,
        expires_minutes: i64,
    },
    StepUpCode {
        code: SecretString,
        act: String,
        device: String,
        address: String,
    },
    Invitation {
        team: String,
        inviter: String,
        role: String,
        /// The company of a contractor, and until when.
        contractor: Option<String>,
        sign_in_url: String,
    },
    SecurityNotice {
        headline: String,
        text: String,
    },
    /// What a Team says about an incident, in its own words.
    Notice {
        subject: String,
        text: String,
        /// The Team's point of contact: no answer comes to Portal.
        reply_to: EmailAddress,
        team: String,
    },
    /// A signed head of the log, to be kept.
    Checkpoint {
        size: u64,
        note: String,
    },
    /// `place`: whose alerts they are. `url`: where they are looked at.
    Alerts {
        place: String,
        lines: Vec<AlertLine>,
        url: String,
    },
}

/// One alert in a mail.
#[derive(Clone, Debug)]
pub struct AlertLine {
    pub severity: Severity,
    pub title: &'static str,
    pub subject: Option<String>,
    pub finding: String,
    pub advice: &'static str,
}

impl Message {
    /// A word for tables and logs.
    pub fn kind(&self) -> &'static str {
        match self {
            Message::SignInCode { .. } => "sign_in_code",
            Message::StepUpCode { .. } => "step_up_code",
            Message::Invitation { .. } => "invitation",
            Message::SecurityNotice { .. } => "security_notice",
            Message::Notice { .. } => "incident_notice",
            Message::Checkpoint { .. } => "checkpoint",
            Message::Alerts { .. } => "alerts",
        }
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind())
    }
}
