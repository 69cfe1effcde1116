//! How the log stands: what anybody who reads it should know first.

use chrono::Duration;
use model::{Time, ids::EventId};
use sea_orm::DbErr;

use crate::{
    Portal,
    store::{
        audit_pending,
        audit_tree::{self, Seen},
    },
};

/// A head is signed every minute: one older than this means that the sequencer stands still.
pub const HEAD_LATE: Duration = Duration::minutes(3);
/// A witness looks every half minute.
pub const WITNESS_LATE: Duration = Duration::minutes(10);

/// How the log stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// The newest signed head: its size and when it was signed.
    pub head: Option<(u64, Time)>,
    pub witnesses: Vec<Seen>,
    /// Events that Portal did not write, kept out of the tree.
    pub foreign: u64,
    pub now: Time,
}

impl State {
    /// Nothing has been signed for too long, or somebody writes events past Portal.
    pub fn is_alarming(&self) -> bool {
        self.foreign > 0 || self.head.is_none_or(|(_, at)| self.now - at > HEAD_LATE)
    }

    /// A witness has not been heard of for too long.
    pub fn has_silent_witness(&self) -> bool {
        self.witnesses.iter().any(|seen| self.now - seen.seen_at > WITNESS_LATE)
    }
}

/// Asks the database.
pub async fn state(portal: &Portal) -> Result<State, DbErr> {
    let db = portal.db.reader();
    let head = audit_tree::newest_checkpoint(db).await?.map(|newest| (newest.size, newest.signed_at));
    let (witnesses, foreign) = (audit_tree::seen(db).await?, audit_pending::refused(db).await?);
    Ok(State { head, witnesses, foreign, now: portal.clock.now() })
}

/// The place of an event, once it has one.
pub async fn place(portal: &Portal, event: EventId) -> Result<Option<u64>, DbErr> {
    audit_tree::place_of(portal.db.reader(), event).await
}
