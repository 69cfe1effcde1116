//! What the list refused, until it stands in the log.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use model::{
    audit::{Action, SafeText},
    egress::{Denial, Purpose},
};

use sea_orm::DbErr;

use crate::{
    Cx, Portal,
    access::{self, AccessError},
    audit::{self, Event},
    store::audit_event::{self, Row},
};

/// Different refusals that are kept at once; what comes beyond them is counted together.
const KINDS: usize = 100;
/// Refusals that a page shows.
const SHOWN: u64 = 20;

/// How often each connection was refused since the last time it was noted.
#[derive(Debug, Default)]
pub(super) struct Denials(Mutex<BTreeMap<(Purpose, String, Denial), i64>>);

impl Denials {
    pub fn add(&self, purpose: Purpose, host: &str, denial: Denial) {
        tracing::warn!(purpose = purpose.as_str(), host, denial = denial.as_str(), "egress refused");
        self.count((purpose, host.to_owned(), denial), 1);
    }

    fn count(&self, key: (Purpose, String, Denial), times: i64) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = if kept.len() < KINDS || kept.contains_key(&key) { key } else { (key.0, String::new(), key.2) };
        *kept.entry(key).or_default() += times;
    }

    fn take(&self) -> BTreeMap<(Purpose, String, Denial), i64> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Connections that were refused last, the newest first: for the operators.
pub async fn denied(cx: &Cx) -> Result<Vec<Row>, AccessError> {
    access::operator(cx)?;
    Ok(audit_event::last_of_none(cx.portal.db.reader(), Action::EgressDenied, SHOWN).await?)
}

/// Writes what was refused into the log; every process does so for its own connections.
pub async fn note(portal: Portal) -> Result<(), DbErr> {
    let denials = &portal.egress.0.denials;
    for ((purpose, host, denial), times) in denials.take() {
        let words = (SafeText::new(purpose.as_str(), 20), SafeText::new(&host, 100));
        let event = Event::new(Action::EgressDenied).with("purpose", &words.0).with("host", &words.1).with("times", times);
        let noted = audit::append_alone(&Cx::system(&portal, "egress"), event.refused(denial.as_str())).await;
        // What could not be written is written the next time.
        noted.inspect_err(|_| denials.count((purpose, host, denial), times))?;
    }
    Ok(())
}
