//! What the list refused, until it stands in the log: each kind of refusal at once when it is new, and then once an hour with how often.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use chrono::Duration;
use model::{
    Time,
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

/// Different refusals that are known at once; what comes beyond them is counted together.
const KINDS: usize = 100;
/// A refusal that is known is written down again after so long.
const AGAIN: Duration = Duration::hours(1);
/// Refusals that a page shows.
const SHOWN: u64 = 20;

type Kind = (Purpose, String, Denial);

/// How often each connection was refused since it was written down last, and when that was.
#[derive(Debug, Default)]
pub(super) struct Denials(Mutex<BTreeMap<Kind, (i64, Option<Time>)>>);

impl Denials {
    pub fn add(&self, purpose: Purpose, host: &str, denial: Denial) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (purpose, host.to_owned(), denial);
        let key = if kept.len() < KINDS || kept.contains_key(&key) { key } else { (purpose, String::new(), denial) };
        kept.entry(key).or_default().0 += 1;
    }

    /// What is to be written down now; `all`: also what was an hour ago or less.
    fn due(&self, now: Time, all: bool) -> Vec<(Kind, i64)> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let rests = |last: Option<Time>| last.is_some_and(|last| now - last < AGAIN);
        kept.retain(|_, (times, last)| *times > 0 || rests(*last));
        let due = kept.iter().filter(|(_, (times, last))| *times > 0 && (all || !rests(*last)));
        due.map(|(kind, (times, _))| (kind.clone(), *times)).collect()
    }

    fn written(&self, kind: &Kind, times: i64, now: Time) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (waiting, last) = kept.entry(kind.clone()).or_default();
        (*waiting, *last) = (*waiting - times, Some(now));
    }
}

/// Connections that were refused last, the newest first: for the operators.
pub async fn denied(cx: &Cx) -> Result<Vec<Row>, AccessError> {
    access::operator(cx)?;
    Ok(audit_event::last_of_none(cx.portal.db.reader(), Action::EgressDenied, SHOWN).await?)
}

/// Writes down what was refused; every process does so for its own connections. What cannot be written waits.
pub async fn note(portal: Portal) -> Result<(), DbErr> {
    write(&portal, false).await
}

/// The same at the end of a process: nothing waits for its hour.
pub async fn note_all(portal: &Portal) -> Result<(), DbErr> {
    write(portal, true).await
}

async fn write(portal: &Portal, all: bool) -> Result<(), DbErr> {
    let (denials, now) = (&portal.egress.0.denials, portal.clock.now());
    let mut failed = Ok(());
    for (kind, times) in denials.due(now, all) {
        let (purpose, host, denial) = &kind;
        tracing::warn!(purpose = purpose.as_str(), host, denial = denial.as_str(), times, "egress refused");
        let words = (SafeText::new(purpose.as_str(), 20), SafeText::new(host, 100));
        let event = Event::new(Action::EgressDenied).with("purpose", &words.0).with("host", &words.1).with("times", times);
        match audit::append_alone(&Cx::system(portal, "egress"), event.refused(denial.as_str())).await {
            Ok(()) => denials.written(&kind, times, now),
            Err(error) => failed = Err(error),
        }
    }
    failed
}
