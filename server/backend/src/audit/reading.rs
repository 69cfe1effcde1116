//! Reading a Team's log. Reading is itself an event.

use std::collections::HashMap;

use chrono::{Duration, NaiveDate};
use model::{audit::Action, ids::EventId};

use super::{Event, append_alone};
use crate::{
    Cx, TeamScope,
    access::AccessError,
    store::{
        audit_event::{self, Filter, Meant, Row},
        audit_tally, audit_word,
    },
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
/// Words that a text may mean at most.
const MEANINGS: u64 = 200;
/// Days that are shown when nothing else is asked for, and at most.
const DAYS: i64 = 30;
const MOST_DAYS: i64 = 400;

/// A page of the Team's log.
pub async fn read(cx: &Cx, scope: &TeamScope, filter: &Filter) -> Result<LogPage, AccessError> {
    // Recorded first: when it cannot be recorded, the log is not shown.
    append_alone(cx, Event::of(scope, Action::LogRead)).await?;
    follow(cx, scope, filter).await
}

/// The same page a moment later, for somebody who goes on looking: that they look was recorded when they began.
pub async fn follow(cx: &Cx, scope: &TeamScope, filter: &Filter) -> Result<LogPage, AccessError> {
    let mut rows = audit_event::of_team(&cx.portal.db.of(scope), scope, filter, PAGE + 1).await?;
    let more = rows.len() as u64 > PAGE;
    rows.truncate(PAGE as usize);
    Ok(LogPage { rows, more })
}

/// What a text that somebody typed may mean in the Team's log: names, actions, reasons and addresses that contain it.
pub async fn meaning(cx: &Cx, scope: &TeamScope, text: &str) -> Result<Option<Meant>, AccessError> {
    let text = text.trim().to_lowercase();
    if text.is_empty() {
        return Ok(None);
    }
    let is_meant = |action: &Action| action.as_str().contains(&text) || action.sentence().to_lowercase().contains(&text);
    let mut meant = Meant { actions: Action::ALL.iter().copied().filter(is_meant).collect(), ..Meant::default() };
    let mut words = audit_word::containing(&cx.portal.db.of(scope), scope, &text, MEANINGS + 1).await?;
    meant.is_cut = words.len() as u64 > MEANINGS;
    words.truncate(MEANINGS as usize);
    for (field, word, id) in words {
        match field.as_str() {
            "actor" => meant.actors.push(id),
            "target" => meant.targets.push(id),
            "reason" => meant.reasons.push(word),
            _ => meant.addresses.push(word),
        }
    }
    Ok(Some(meant))
}

/// Events of one day: all, and those that did not go well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Day {
    pub day: NaiveDate,
    pub events: i64,
    pub trouble: i64,
}

/// How the events that fit a filter lie in time, a day each, the first first: the days of the filter, else the last ones.
/// Nothing where the filter asks for what is not counted by the day.
pub async fn days(cx: &Cx, scope: &TeamScope, filter: &Filter) -> Result<Option<Vec<Day>>, AccessError> {
    let end = filter.until.map_or(cx.now(), |until| until - Duration::microseconds(1)).date_naive() + Duration::days(1);
    let earliest = end - Duration::days(MOST_DAYS);
    let first = filter.from.map_or(end - Duration::days(DAYS), |from| from.date_naive()).clamp(earliest, end);
    let db = &cx.portal.db.of(scope);
    let counted = audit_tally::by_day(db, scope, filter, &first.to_string(), &end.to_string()).await?;
    Ok(counted.map(|counted| {
        let counted: HashMap<String, (i64, i64)> =
            counted.into_iter().map(|(day, events, trouble)| (day, (events, trouble))).collect();
        let day = |day: NaiveDate| {
            let (events, trouble) = counted.get(&day.to_string()).copied().unwrap_or_default();
            Day { day, events, trouble }
        };
        first.iter_days().take_while(|one| *one < end).map(day).collect()
    }))
}

/// One event of the Team's log.
pub async fn read_one(cx: &Cx, scope: &TeamScope, id: EventId) -> Result<Row, AccessError> {
    append_alone(cx, Event::of(scope, Action::LogRead)).await?;
    audit_event::by_id(&cx.portal.db.of(scope), scope, id).await?.ok_or(AccessError::NotFound)
}
