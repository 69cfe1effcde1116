//! Notifications that come for a connection.

use leptos::prelude::*;
use model::{
    ids::{ConnectionId, NotificationKeyId, TeamId},
    notification::{Source, Way},
};
use serde::{Deserialize, Serialize};

use super::Moment;
use crate::Failure;

/// What came for a connection, and whose word is taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboxDetail {
    /// Where a relay sends to.
    pub url: String,
    /// All keys that there were.
    pub known: usize,
    pub keys: Vec<NotificationKeyItem>,
    pub topics: Vec<TopicItem>,
    /// The newest moment that notifications of each kind have told of.
    pub marks: Vec<(String, Moment)>,
    pub last: Vec<NotificationItem>,
}

/// A live key without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotificationKeyItem {
    pub id: NotificationKeyId,
    pub created: Moment,
    pub last_used: Option<Moment>,
}

/// A topic that notifications may come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopicItem {
    pub arn: String,
    pub confirmed: Option<Moment>,
}

/// One notification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotificationItem {
    pub source: Source,
    pub way: Way,
    pub notification_id: String,
    pub kind: String,
    pub event: Option<Moment>,
    pub received: Moment,
    pub late: bool,
}

/// A key at the only moment when it is shown. The action's value, never a resource's.
#[derive(Clone, Serialize, Deserialize)]
pub struct ShownNotificationKey {
    pub key: NotificationKeyId,
    pub secret: String,
}

impl std::fmt::Debug for ShownNotificationKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ShownNotificationKey").field("key", &self.key).finish_non_exhaustive()
    }
}

/// What came for a connection.
#[server(prefix = "/act", endpoint = "notifications")]
pub async fn notifications(team: TeamId, connection: ConnectionId) -> Result<InboxDetail, Failure> {
    use crate::edge::{enter, inbox_detail};
    let (cx, scope) = enter(team, model::Permission::ViewTeam).await?;
    inbox_detail(&cx, &scope, connection).await
}

/// Makes a key that signs notifications, and shows it once.
///
/// `known_keys`: how many keys the page showed, so that a page loaded anew, which posts again, does not make another.
#[server(prefix = "/act", endpoint = "create_notification_key")]
pub async fn create_notification_key(
    team: TeamId,
    connection: ConnectionId,
    #[server(default)] known_keys: Option<usize>,
) -> Result<ShownNotificationKey, Failure> {
    use crate::edge::{enter, fail, show_notification_key};
    let (cx, scope) = enter(team, model::Permission::ManageConnections).await?;
    let new = backend::notifications::create_key(&cx, &scope, connection, known_keys).await.map_err(fail)?;
    Ok(show_notification_key(new))
}

/// Revokes a key: nothing that it signs is taken any more.
#[server(prefix = "/act", endpoint = "revoke_notification_key")]
pub async fn revoke_notification_key(
    team: TeamId,
    connection: ConnectionId,
    notification_key: NotificationKeyId,
) -> Result<(), Failure> {
    use crate::edge::{enter, fail};
    let (cx, scope) = enter(team, model::Permission::ManageConnections).await?;
    backend::notifications::revoke_key(&cx, &scope, connection, notification_key).await.map_err(fail)
}

/// Lets notifications of an SNS topic come.
#[server(prefix = "/act", endpoint = "add_topic")]
pub async fn add_topic(team: TeamId, connection: ConnectionId, topic: String) -> Result<(), Failure> {
    use crate::edge::{enter, fail};
    let (cx, scope) = enter(team, model::Permission::ManageConnections).await?;
    backend::notifications::add_topic(&cx, &scope, connection, &topic).await.map_err(fail)
}

/// Lets them come no longer.
#[server(prefix = "/act", endpoint = "remove_topic")]
pub async fn remove_topic(team: TeamId, connection: ConnectionId, topic: String) -> Result<(), Failure> {
    use crate::edge::{enter, fail};
    let (cx, scope) = enter(team, model::Permission::ManageConnections).await?;
    backend::notifications::remove_topic(&cx, &scope, connection, &topic).await.map_err(fail)
}
