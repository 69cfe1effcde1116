//! The audit log: what is recorded, in the same transaction as the change it tells of.

mod checkpoint;
mod event;
pub mod export;
mod holds;
mod horizon;
mod last_head;
mod leaf;
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
pub use prune::PruneError;
pub use reading::{Day, LogPage, days, follow, meaning, note_export, read, read_one};
pub use sequencer::{CHECKPOINT_EVERY, CHECKPOINT_LEAVES, Sequencer, SequencerError};
pub use state::{HEAD_LATE, State, WITNESS_LATE, place, state};
pub use verify::{Fault, Finding, Report, verify};
pub use writer::{Charge, Entry, KeyUse, NotRecorded, Recorded, Recorder};

use model::ids::EventId;
use sea_orm::{ConnectionTrait, DbErr};

use crate::{Cx, store};

/// Appends an event inside the caller's transaction.
pub async fn append(tx: &impl ConnectionTrait, cx: &Cx, event: Event) -> Result<(), DbErr> {
    store::audit_event::insert(tx, event.into_row(cx)).await
}

/// The same, and answers the event's id: for what names the event that says so.
pub(crate) async fn append_and_name(tx: &impl ConnectionTrait, cx: &Cx, event: Event) -> Result<EventId, DbErr> {
    let row = event.into_row(cx);
    let id = row.id;
    store::audit_event::insert(tx, row).await?;
    Ok(id)
}

/// Appends an event that has no other change beside it, in a transaction of its own.
pub async fn append_alone(cx: &Cx, event: Event) -> Result<(), DbErr> {
    let tx = cx.portal.db.begin().await?;
    append(&*tx, cx, event).await?;
    tx.commit().await
}
