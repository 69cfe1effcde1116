//! Recording an answer before it leaves, together with the limits it counts against.

use chrono::Duration;
use model::{
    audit::{Action, SafeText},
    ids::{ConnectionId, LeaseId},
};
use uuid::Uuid;

use super::{Caller, Credentials, IssueError, caller::seconds, error::word};
use crate::{
    audit::{Charge, Entry, Event, KeyUse, NotRecorded, Target},
    store::{issue::Held, lease::Lease, rate_limit::Limit},
    vault::sha256,
};

/// How often a key may ask, a connection may be asked for, and a Team may ask in all.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub key: Limit,
    pub connection: Limit,
    pub team: Limit,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            key: Limit { burst: 300, every: Duration::milliseconds(20) },
            connection: Limit { burst: 300, every: Duration::milliseconds(20) },
            team: Limit { burst: 1200, every: Duration::milliseconds(5) },
        }
    }
}

/// What is left of the key's limit, for the `RateLimit` headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    pub limit: i32,
    pub remaining: i32,
    /// Seconds in which an empty bucket is full again.
    pub window_s: i64,
}

impl Allowance {
    fn new(limit: Limit, remaining: i32) -> Self {
        Self { limit: limit.burst, remaining: remaining.max(0), window_s: (limit.every * limit.burst).num_seconds().max(1) }
    }
}

/// Why there is no answer, and what is left of the key's limit when there is a key.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub struct Refused {
    #[source]
    pub error: IssueError,
    pub allowance: Option<Allowance>,
}

impl<E: Into<IssueError>> From<E> for Refused {
    fn from(error: E) -> Self {
        Self { error: error.into(), allowance: None }
    }
}

fn charges(credentials: &Credentials, caller: &Caller, connection: Option<ConnectionId>) -> Vec<Charge> {
    let Limits { key, connection: per_connection, team } = credentials.limits;
    let mut charges = vec![
        Charge { bucket: format!("key:{}", caller.row.key.0.simple()), limit: key },
        Charge { bucket: format!("team:{}", caller.row.team.0.simple()), limit: team },
    ];
    if let Some(connection) = connection {
        charges.push(Charge { bucket: format!("connection:{}", connection.0.simple()), limit: per_connection });
    }
    charges
}

/// Makes an event durable; only then may the answer leave.
pub(super) async fn allow(
    credentials: &Credentials,
    caller: &Caller,
    connection: Option<ConnectionId>,
    event: Event,
    lease: Option<Lease>,
) -> Result<Allowance, Refused> {
    let entry = Entry {
        row: event.into_row(&caller.cx),
        lease,
        used: Some(KeyUse {
            key: caller.row.key,
            at: caller.cx.now(),
            address: caller.cx.address.map(|a| a.to_string()),
            agent: caller.cx.agent.as_ref().map(SafeText::to_string),
        }),
        charges: charges(credentials, caller, connection),
    };
    match credentials.recorder.record(entry).await {
        Ok(recorded) => Ok(Allowance::new(credentials.limits.key, recorded.remaining)),
        Err(NotRecorded::Limited { wait }) => Err(Refused {
            error: IssueError::RateLimited { retry_after_s: seconds(wait) },
            allowance: Some(Allowance::new(credentials.limits.key, 0)),
        }),
        Err(NotRecorded::Unavailable) => Err(IssueError::AuditUnavailable.into()),
    }
}

/// Records a refusal and gives the error back; when that is not possible, the failure to record is the answer.
pub(super) async fn refuse(
    credentials: &Credentials,
    caller: &Caller,
    action: Action,
    asked: Option<(ConnectionId, Option<&Held>)>,
    error: IssueError,
) -> Refused {
    let event = Event::of(&caller.scope, action);
    let event = match asked {
        Some((_, Some(held))) => event.on(Target::connection(held.connection, &held.name)),
        Some((id, None)) => event.on(Target::asked_connection(id)),
        None => event,
    };
    // A connection that this gateway may not use is not charged: its bucket belongs to others.
    let charged = asked.and_then(|(id, held)| held.map(|_| id));
    match allow(credentials, caller, charged, event.refused(word(&error)), None).await {
        Ok(allowance) => Refused { error, allowance: Some(allowance) },
        Err(instead) => instead,
    }
}

/// The same key, connection and generation always give the same lease, however often they are asked for.
pub(super) fn lease(caller: &Caller, held: &Held, generation: i64, expires_at: model::Time) -> Lease {
    let mut bytes = Vec::with_capacity(64);
    bytes.extend_from_slice(b"portal lease\0");
    bytes.extend_from_slice(caller.row.key.0.as_bytes());
    bytes.extend_from_slice(held.connection.0.as_bytes());
    bytes.extend_from_slice(&generation.to_be_bytes());
    let digest = sha256(&bytes);
    let mut id = [0; 16];
    id.copy_from_slice(&digest[..16]);
    Lease {
        id: LeaseId(Uuid::from_bytes(id)),
        team: caller.row.team,
        gateway: caller.row.gateway,
        key: caller.row.key,
        connection: held.connection,
        generation,
        issued_at: caller.cx.now(),
        expires_at,
    }
}
