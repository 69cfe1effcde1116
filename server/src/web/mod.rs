//! Pages and server functions over HTTP: who is behind a request, what protects it, how a page is rendered.

mod access_review;
mod act;
mod browser;
mod consent;
mod download;
mod evidence;
mod files;
mod headers;
mod identify;
mod live;
mod log_export;
mod mailbox;
mod page;
mod promises;
mod proof;
mod same_origin;
mod site;
mod support;
mod theme;

use std::sync::Arc;

use backend::Portal;

use crate::config::Config;

pub use access_review::access_review_export;
pub use act::server_functions;
pub use browser::{browser_sessions, keeps_newer_cookies};
pub use consent::consent_return;
pub use evidence::{UPLOAD_LIMIT, copy as copy_evidence, upload as upload_evidence};
pub use files::{bundle, files_or_not_found};
pub use headers::headers;
pub use identify::identify;
pub use live::{Live, connection_leases, gateway_leases, incident_holders, incident_timeline, log};
pub use log_export::log_export;
pub use mailbox::{mail, mailbox};
pub use page::{go_home, page, pages};
pub use promises::promises_export;
pub use proof::proof;
pub use same_origin::same_origin;
pub use site::Site;
pub use theme::theme;

/// The handles of the web edge.
#[derive(Clone, Debug)]
pub struct Web {
    pub config: Arc<Config>,
    pub portal: Portal,
    pub site: Site,
    pub live: Live,
}

impl Web {
    /// Plain HTTP is for development on loopback only: cookies then go without `Secure` and the `__Host-` prefix.
    pub fn is_https(&self) -> bool {
        self.config.is_https()
    }
}
