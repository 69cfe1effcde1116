//! Notifications of Amazon's that a Team's relay, or SNS, passes on: whose word is taken, what is kept, who is told.

mod envelope;
mod error;
mod receive;
mod receive_sns;
mod sns;

use base64::{Engine, engine::general_purpose::STANDARD};
use model::{
    Time,
    audit::{Action, SafeText},
    ids::{ConnectionId, NotificationKeyId},
    notification::{LIVE_KEYS, TOPICS_MOST, is_topic},
    step_up::DangerousAct,
};
use secrecy::SecretString;

pub use error::{NotificationError, Refused};
pub use receive::{Signed, Taken, receive};
pub use receive_sns::receive_sns;
pub(crate) use sns::HOSTS as SNS_HOSTS;

use crate::{
    Cx, TeamScope, access,
    access::AccessError,
    audit::{self, Event, Target},
    connections,
    error::Outage,
    incidents, random,
    store::{
        self,
        connection::Connection,
        notification::{self, Notification, Topic},
        notification_key::{self, NotificationKey},
    },
    vault::Place,
};

/// Notifications that a page shows.
const SHOWN: u64 = 50;

/// What came for a connection, and whose word is taken.
#[derive(Clone, Debug)]
pub struct Inbox {
    /// The newest first; revoked ones too.
    pub keys: Vec<NotificationKey>,
    pub topics: Vec<Topic>,
    /// The newest moment that notifications of each kind have told of.
    pub marks: Vec<(String, Time)>,
    /// The newest first.
    pub last: Vec<Notification>,
}

/// A key at the only moment when its secret is known.
#[derive(Debug)]
pub struct NewKey {
    pub id: NotificationKeyId,
    /// `whsec_` and 256 random bits in Base64.
    pub secret: SecretString,
}

fn place(scope: &TeamScope, key: NotificationKeyId) -> Place {
    Place { team: Some(scope.team()), table: "notification_key", row: key.0, field: "secret" }
}

/// What came for a connection.
pub async fn inbox(cx: &Cx, scope: &TeamScope, of: ConnectionId) -> Result<Inbox, AccessError> {
    let db = &cx.portal.db.of(scope);
    connections::get(cx, scope, of).await?;
    Ok(Inbox {
        keys: notification_key::all(db, scope, of).await?,
        topics: notification::topics(db, scope, of).await?,
        marks: notification::marks(db, scope, of).await?,
        last: notification::last(db, scope, of, SHOWN).await?,
    })
}

/// The connection, when the actor may touch it and something can still come for it.
async fn touched(cx: &Cx, scope: &TeamScope, of: ConnectionId) -> Result<Connection, NotificationError> {
    let found = connections::get(cx, scope, of).await?;
    scope.touch(cx, found.environment).await?;
    if found.disconnected_at.is_some() { Err(NotificationError::Over) } else { Ok(found) }
}

/// Makes a key. `known`: how many keys the caller believes the connection to have, revoked ones too.
#[tracing::instrument(skip_all, fields(team = %scope.team(), connection = %of))]
pub async fn create_key(
    cx: &Cx,
    scope: &TeamScope,
    of: ConnectionId,
    known: Option<usize>,
) -> Result<NewKey, NotificationError> {
    let created_by = access::require_step_up(cx, scope, DangerousAct::SetNotifications).await?;
    let connection = touched(cx, scope, of).await?;
    let now = cx.now();
    let id: NotificationKeyId = random::id(now);
    let secret = SecretString::from(format!("whsec_{}", STANDARD.encode(random::bytes::<32>())));
    let tx = cx.portal.begin_to_seal(Some(scope.team())).await?;
    // Held, so that two requests cannot both find room for a second key.
    store::team::hold(&*tx, scope).await?;
    let keys = notification_key::all(&*tx, scope, of).await?;
    if known.is_some_and(|known| known != keys.len()) {
        return Err(NotificationError::OtherKeys);
    }
    if keys.iter().filter(|key| key.revoked_at.is_none()).count() >= LIVE_KEYS {
        return Err(NotificationError::TooManyKeys);
    }
    let sealed = cx.portal.vault.seal(&*tx, now, &place(scope, id), &secret).await.map_err(Outage::from)?;
    let new = NotificationKey {
        id,
        connection: of,
        secret: sealed,
        created_by,
        created_at: now,
        revoked_at: None,
        last_used_at: None,
    };
    notification_key::insert(&*tx, scope, &new).await?;
    audit::append(&*tx, cx, about(scope, Action::NotificationKeyCreated, &connection).with("key", id)).await?;
    tx.commit().await?;
    Ok(NewKey { id, secret })
}

/// Revokes a key: nothing that it signs is taken from the next message on.
#[tracing::instrument(skip_all, fields(team = %scope.team(), key = %id))]
pub async fn revoke_key(
    cx: &Cx,
    scope: &TeamScope,
    of: ConnectionId,
    id: NotificationKeyId,
) -> Result<(), NotificationError> {
    let connection = connections::get(cx, scope, of).await?;
    scope.touch(cx, connection.environment).await?;
    let keys = notification_key::all(&cx.portal.db.of(scope), scope, of).await?;
    if !keys.iter().any(|key| key.id == id && key.revoked_at.is_none()) {
        return Err(AccessError::NotFound.into());
    }
    incidents::preserve(cx, scope).await?;
    let tx = cx.portal.db.begin_in(scope).await?;
    if !notification_key::revoke(&*tx, scope, of, id, cx.now()).await? {
        return Err(AccessError::NotFound.into());
    }
    audit::append(&*tx, cx, about(scope, Action::NotificationKeyRevoked, &connection).with("key", id)).await?;
    Ok(tx.commit().await?)
}

/// Lets notifications of an SNS topic come.
#[tracing::instrument(skip_all, fields(team = %scope.team(), connection = %of))]
pub async fn add_topic(cx: &Cx, scope: &TeamScope, of: ConnectionId, arn: &str) -> Result<(), NotificationError> {
    let added_by = access::require_step_up(cx, scope, DangerousAct::SetNotifications).await?;
    let (connection, arn) = (touched(cx, scope, of).await?, arn.trim());
    if !is_topic(arn) {
        return Err(NotificationError::Topic);
    }
    let tx = cx.portal.db.begin_in(scope).await?;
    store::team::hold(&*tx, scope).await?;
    if notification::topics(&*tx, scope, of).await?.len() >= TOPICS_MOST {
        return Err(NotificationError::TooManyTopics);
    }
    let new = Topic { arn: arn.to_owned(), added_by, added_at: cx.now(), confirmed_at: None };
    if notification::add_topic(&*tx, scope, of, &new).await? {
        let event = about(scope, Action::NotificationTopicAdded, &connection).with("topic", &SafeText::new(arn, 300));
        audit::append(&*tx, cx, event).await?;
    }
    Ok(tx.commit().await?)
}

/// Lets them come no longer.
#[tracing::instrument(skip_all, fields(team = %scope.team(), connection = %of))]
pub async fn remove_topic(cx: &Cx, scope: &TeamScope, of: ConnectionId, arn: &str) -> Result<(), NotificationError> {
    let connection = connections::get(cx, scope, of).await?;
    scope.touch(cx, connection.environment).await?;
    let tx = cx.portal.db.begin_in(scope).await?;
    if !notification::remove_topic(&*tx, scope, of, arn).await? {
        return Err(AccessError::NotFound.into());
    }
    let event = about(scope, Action::NotificationTopicRemoved, &connection).with("topic", &SafeText::new(arn, 300));
    audit::append(&*tx, cx, event).await?;
    Ok(tx.commit().await?)
}

fn about(scope: &TeamScope, action: Action, connection: &Connection) -> Event {
    Event::of(scope, action).on(Target::connection(connection.id, &connection.name))
}
