//! Reading a Team's log. Reading is itself an event.

use model::{audit::Action, ids::EventId};

use super::{Event, append_alone};
use crate::{
    Cx, TeamScope,
    access::AccessError,
    store::audit_event::{self, Filter, Row},
};

/// One page of the log, the newest first.
#[derive(Clone, Debug)]
pub struct LogPage {
    pub rows: Vec<Row>,
    /// More rows lie behind the last one.
    pub more: bool,
}

/// Rows a page.
pub const PAGE: u64 = 50;

/// A page of the Team's log.
pub async fn read(cx: &Cx, scope: &TeamScope, filter: &Filter) -> Result<LogPage, AccessError> {
    // Recorded first: when it cannot be recorded, the log is not shown.
    append_alone(cx, Event::of(scope, Action::LogRead)).await?;
    let mut rows = audit_event::of_team(cx.portal.db.reader(), scope, filter, PAGE + 1).await?;
    let more = rows.len() as u64 > PAGE;
    rows.truncate(PAGE as usize);
    Ok(LogPage { rows, more })
}

/// One event of the Team's log.
pub async fn read_one(cx: &Cx, scope: &TeamScope, id: EventId) -> Result<Row, AccessError> {
    append_alone(cx, Event::of(scope, Action::LogRead)).await?;
    audit_event::by_id(cx.portal.db.reader(), scope, id).await?.ok_or(AccessError::NotFound)
}
