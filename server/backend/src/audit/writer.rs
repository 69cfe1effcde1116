//! Group commit: many waiting events, one durable transaction, then the answers. For the hot path of issuing.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration as StdDuration,
};

use chrono::Duration;
use model::{
    Time,
    audit::Outcome,
    ids::{GatewayKeyId, LeaseId},
};
use sea_orm::DbErr;
use tokio::sync::{mpsc, oneshot};

use super::event::marked;
use crate::{
    Clock, Portal,
    store::{
        audit_event::{self, Row},
        gateway_key,
        lease::{self, Lease},
        rate_limit::{self, Limit, Taken},
    },
};

/// Waiting events beyond this are refused: the caller answers `audit-unavailable`.
const QUEUE: usize = 4096;
/// Events in one transaction. Bounded by the number of values a statement may bind.
const BATCH: usize = 256;

/// A caller waits at most this long for its event to be durable.
const PATIENCE: StdDuration = StdDuration::from_secs(5);

/// A transaction that takes longer is given up: the next one may meet a database that answers again.
const COMMIT_WITHIN: StdDuration = StdDuration::from_secs(30);

/// What is made durable before an answer leaves.
#[derive(Clone, Debug)]
pub struct Entry {
    pub row: Row,
    /// The hold that the answer creates or renews.
    pub lease: Option<Lease>,
    /// The key was used: when, from where, by what.
    pub used: Option<KeyUse>,
    /// The limits that the request counts against.
    pub charges: Vec<Charge>,
}

/// One of a bucket's places.
#[derive(Clone, Debug)]
pub struct Charge {
    pub bucket: String,
    pub limit: Limit,
}

/// The last use of a gateway key.
#[derive(Clone, Debug)]
pub struct KeyUse {
    pub key: GatewayKeyId,
    pub at: Time,
    pub address: Option<String>,
    pub agent: Option<String>,
}

/// The event is on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// What is left of the first charged bucket.
    pub remaining: i32,
}

/// Nothing may be released.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotRecorded {
    #[error("the event could not be recorded")]
    Unavailable,
    /// The request was recorded as refused: a bucket is empty.
    #[error("a limit is reached")]
    Limited { wait: Duration },
}

type Answer = Result<Recorded, NotRecorded>;
type Waiting = (Entry, oneshot::Sender<Answer>);

/// Hands events to the writer task. Cheap to clone; the task ends when the last clone is gone.
#[derive(Clone, Debug)]
pub struct Recorder {
    sender: mpsc::Sender<Waiting>,
    clock: Clock,
    empty: Empty,
}

/// Buckets that are empty, and until when. Who goes on asking one of them is answered from here: recording each such request
/// would let one noisy key fill the log and the queue. The first refusal of each interval is recorded.
#[derive(Clone, Debug, Default)]
struct Empty(Arc<Mutex<HashMap<String, Time>>>);

impl Empty {
    fn wait(&self, charges: &[Charge], now: Time) -> Option<Duration> {
        let empty = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        charges
            .iter()
            .filter_map(|charge| empty.get(&charge.bucket))
            .map(|until| *until - now)
            .find(|wait| *wait > Duration::zero())
    }

    fn note(&self, bucket: &str, until: Time, now: Time) {
        let mut empty = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        empty.retain(|_, until| *until > now);
        empty.insert(bucket.to_owned(), until);
    }
}

impl Recorder {
    /// Starts the writer.
    pub fn start(portal: &Portal) -> Self {
        let clock = portal.clock.clone();
        let (sender, receiver) = mpsc::channel(QUEUE);
        let empty = Empty::default();
        tokio::spawn(write(portal.clone(), receiver, empty.clone()));
        Self { sender, clock, empty }
    }

    /// Returns when the event is durable, or says that it is not.
    pub async fn record(&self, entry: Entry) -> Answer {
        if let Some(wait) = self.empty.wait(&entry.charges, self.clock.now()) {
            return Err(NotRecorded::Limited { wait });
        }
        let (sender, receiver) = oneshot::channel();
        self.sender.try_send((entry, sender)).map_err(|_| NotRecorded::Unavailable)?;
        match tokio::time::timeout(PATIENCE, receiver).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) | Err(_) => Err(NotRecorded::Unavailable),
        }
    }
}

/// What this process wrote itself. It only spares questions: the statements go on deciding.
#[derive(Default)]
struct Memory {
    leases: HashSet<LeaseId>,
    /// Where each bucket stood.
    buckets: HashMap<String, Time>,
}

impl Memory {
    /// Enough for a busy hour; forgetting costs a question each.
    const MOST: usize = 50_000;

    fn bound(&mut self) {
        if self.leases.len() > Self::MOST || self.buckets.len() > Self::MOST {
            *self = Self::default();
        }
    }
}

async fn write(portal: Portal, mut receiver: mpsc::Receiver<Waiting>, empty: Empty) {
    let mut batch = Vec::with_capacity(BATCH);
    let mut memory = Memory::default();
    while receiver.recv_many(&mut batch, BATCH).await > 0 {
        let (entries, waiters): (Vec<_>, Vec<_>) = batch.drain(..).unzip();
        let size = entries.len();
        memory.bound();
        let committed = tokio::time::timeout(COMMIT_WITHIN, commit(&portal, &mut memory, &empty, entries)).await;
        let answers = match committed.unwrap_or_else(|_| Err(DbErr::Custom("the database hangs".to_owned()))) {
            Ok(answers) => answers,
            Err(error) => {
                // Nothing of it was written, so nothing of it is remembered.
                memory = Memory::default();
                tracing::error!(error = &error as &dyn std::error::Error, size, "audit batch not written");
                vec![Err(NotRecorded::Unavailable); size]
            }
        };
        metrics::histogram!("portal_audit_batch_size").record(size as f64);
        for (waiter, answer) in waiters.into_iter().zip(answers) {
            // A waiter that went away had its event recorded all the same.
            let _ = waiter.send(answer);
        }
    }
}

/// One transaction for the whole batch. Everything is written in a fixed order, so that two replicas cannot wait for
/// each other in a ring.
async fn commit(portal: &Portal, memory: &mut Memory, empty: &Empty, entries: Vec<Entry>) -> Result<Vec<Answer>, DbErr> {
    let now = portal.clock.now();
    let tx = portal.db.begin().await?;
    let mut buckets = BTreeMap::<String, (Limit, i32)>::new();
    for charge in entries.iter().flat_map(|entry| &entry.charges) {
        buckets.entry(charge.bucket.clone()).or_insert((charge.limit, 0)).1 += 1;
    }
    let mut given = BTreeMap::<String, Taken>::new();
    for (bucket, (limit, wanted)) in buckets {
        let believed = memory.buckets.get(&bucket).copied();
        let (taken, stands) = rate_limit::take_from(&*tx, &bucket, limit, wanted, now, believed).await?;
        if let Some(stands) = stands {
            memory.buckets.insert(bucket.clone(), stands);
        }
        if taken.granted < wanted {
            empty.note(&bucket, now + taken.wait, now);
        }
        given.insert(bucket, taken);
    }
    let mut answers = Vec::with_capacity(entries.len());
    let mut rows = Vec::with_capacity(entries.len());
    let mut leases = BTreeMap::<_, Lease>::new();
    let mut uses = BTreeMap::<_, KeyUse>::new();
    for mut entry in entries {
        let answer = charge(&mut given, &entry.charges);
        if answer.is_ok() {
            if let Some(lease) = entry.lease.filter(|lease| memory.leases.insert(lease.id)) {
                leases.insert(lease.id, lease);
            }
        } else {
            entry.row.outcome = Outcome::Refused;
            entry.row.reason = Some("rate-limited".to_owned());
            entry.row = marked(&portal.vault, entry.row);
        }
        if let Some(used) = entry.used {
            uses.insert(used.key, used);
        }
        rows.push(entry.row);
        answers.push(answer);
    }
    audit_event::insert_all(&*tx, rows).await?;
    lease::insert_absent(&*tx, leases.into_values().collect()).await?;
    for used in uses.into_values() {
        gateway_key::note_use(&*tx, &used).await?;
    }
    tx.commit().await?;
    Ok(answers)
}

/// Takes one place of each bucket, or none when one of them is empty.
fn charge(given: &mut BTreeMap<String, Taken>, charges: &[Charge]) -> Answer {
    let empty = charges.iter().filter_map(|c| given.get(&c.bucket)).find(|taken| taken.granted == 0);
    if let Some(taken) = empty {
        return Err(NotRecorded::Limited { wait: taken.wait });
    }
    for charge in charges {
        if let Some(taken) = given.get_mut(&charge.bucket) {
            taken.granted -= 1;
        }
    }
    Ok(Recorded { remaining: charges.first().and_then(|c| given.get(&c.bucket)).map_or(0, |t| t.granted + t.remaining) })
}
