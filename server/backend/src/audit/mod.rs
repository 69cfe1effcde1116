//! The audit log: what is recorded, in the same transaction as the change it tells of.

mod checkpoint;
mod event;
pub mod export;
mod holds;
mod horizon;
mod last_head;
mod leaf;
mod leaving;
pub mod proof;
mod prover;
mod prune;
mod reading;
mod sequencer;
mod state;
mod tree;
mod verify;
mod writer;

pub use checkpoint::{CheckpointError, CheckpointKey, Head, read_note, signed_by};
pub use event::{Event, Target};
pub(crate) use holds::hold_unless_held;
pub use holds::{AFTER_LIFTING, HoldError, Retention, kept_from, lift_hold, place_hold, retention, standing_holds};
pub use horizon::Horizon;
pub use last_head::LastHead;
pub(crate) use leaf::leaf;
pub(crate) use leaving::note_evidence;
pub use leaving::note_export;
pub use prune::PruneError;
pub use reading::{Day, LogPage, days, follow, meaning, read, read_one};
pub use sequencer::{CHECKPOINT_EVERY, CHECKPOINT_LEAVES, Sequencer, SequencerError, root_at};
pub use state::{HEAD_LATE, State, WITNESS_LATE, place, state};
pub use verify::{Fault, Finding, Report, verify};
pub use writer::{Charge, Entry, KeyUse, NotRecorded, Recorded, Recorder};

use model::ids::EventId;
use sea_orm::{ConnectionTrait, DbErr};

use subtle::ConstantTimeEq;

use crate::{
    Cx, access,
    store::{self, audit_event::Row},
    vault::Vault,
};

/// Appends an event inside the caller's transaction.
pub async fn append(tx: &impl ConnectionTrait, cx: &Cx, event: Event) -> Result<(), DbErr> {
    store::audit_event::insert(tx, event.into_row(cx)).await
}

/// The same, and answers the event as it stands there: for what names the event that says so.
pub(crate) async fn append_and_name(tx: &impl ConnectionTrait, cx: &Cx, event: Event) -> Result<Row, DbErr> {
    let row = event.into_row(cx);
    store::audit_event::insert(tx, row.clone()).await?;
    Ok(row)
}

/// What the log says, for something that names the event that says so.
#[derive(Debug)]
pub(crate) enum Said {
    /// There is no such event: it was pruned, or somebody took it away.
    Gone,
    /// Portal did not write it.
    Foreign,
    Is(Box<Row>),
}

impl Said {
    /// A detail of the event that is there.
    pub fn details(&self) -> serde_json::Value {
        match self {
            Said::Is(row) => serde_json::from_str(&row.details).unwrap_or_default(),
            _ => serde_json::Value::Null,
        }
    }
}

/// The event of this id, when Portal wrote it.
pub(crate) async fn said(db: &impl ConnectionTrait, vault: &Vault, id: EventId) -> Result<Said, DbErr> {
    let Some(row) = store::audit_event::any(db, id).await? else { return Ok(Said::Gone) };
    Ok(if is_ours(vault, &row) { Said::Is(Box::new(row)) } else { Said::Foreign })
}

/// Whether Portal wrote this event.
pub(crate) fn is_ours(vault: &Vault, row: &Row) -> bool {
    let mac = vault.event_mac(&leaf::leaf(row));
    row.mac.as_ref().is_some_and(|stored| mac.as_slice().ct_eq(stored).into())
}

/// Appends an event that has no other change beside it, in a transaction of its own.
pub async fn append_alone(cx: &Cx, event: Event) -> Result<(), DbErr> {
    let tx = match event.team() {
        Some(team) => cx.portal.db.begin_in(&access::job(team)).await?,
        None => cx.portal.db.begin().await?,
    };
    append(&*tx, cx, event).await?;
    tx.commit().await
}
