//! Mail: written into an outbox inside the caller's transaction, delivered by a job. Bodies are sealed at rest.

mod mailbox;
mod mailer;
mod message;
mod outbox;
mod relay;
mod templates;

pub use mailbox::{CapturedMail, read_mailbox};
pub use mailer::{Mailer, MailerError};
pub use message::{AlertLine, Mail, Message};
pub use outbox::{MailError, deliver_due, queue, queue_undelivered, send_notice};
