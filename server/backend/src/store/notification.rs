//! Notifications that came: what they say of themselves, and nothing of what stands in them; the topics that they may come from.

use model::{
    Time,
    ids::{ConnectionId, GatewayId, NotificationId, UserId},
    notification::{Source, Way},
};
use sea_orm::{QueryResult, entity::prelude::*};

use super::{sql, stored};
use crate::access::TeamScope;

/// One notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    pub id: NotificationId,
    pub connection: ConnectionId,
    pub source: Source,
    pub way: Way,
    /// The id of the message that brought it.
    pub message_id: String,
    /// Amazon's own id.
    pub notification_id: String,
    pub kind: String,
    pub event_at: Option<Time>,
    pub published_at: Option<Time>,
    pub received_at: Time,
    /// It tells of an earlier moment than one of its kind that came before.
    pub late: bool,
}

fn notification(row: &QueryResult) -> Result<Notification, DbErr> {
    let (source, way): (String, String) = (row.try_get("", "source")?, row.try_get("", "way")?);
    Ok(Notification {
        id: NotificationId(row.try_get("", "id")?),
        connection: ConnectionId(row.try_get("", "connection_id")?),
        source: stored(Source::parse(&source), "source")?,
        way: stored(Way::parse(&way), "way")?,
        message_id: row.try_get("", "message_id")?,
        notification_id: row.try_get("", "notification_id")?,
        kind: row.try_get("", "kind")?,
        event_at: row.try_get("", "event_at")?,
        published_at: row.try_get("", "published_at")?,
        received_at: row.try_get("", "received_at")?,
        late: row.try_get("", "late")?,
    })
}

/// Keeps a notification; false when its message, or itself in another message, came before. Waits for who writes it now.
pub async fn insert(db: &impl ConnectionTrait, scope: &TeamScope, new: &Notification) -> Result<bool, DbErr> {
    let text =
        "INSERT INTO notification (id, team_id, connection_id, source, way, message_id, notification_id, kind, event_at,
            published_at, received_at, late)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING";
    let values = [
        new.id.0.into(),
        scope.team().0.into(),
        new.connection.0.into(),
        new.source.as_str().into(),
        new.way.as_str().into(),
        new.message_id.clone().into(),
        new.notification_id.clone().into(),
        new.kind.clone().into(),
        new.event_at.into(),
        new.published_at.into(),
        new.received_at.into(),
        new.late.into(),
    ];
    Ok(db.execute_raw(sql(db, text, values)).await?.rows_affected() == 1)
}

/// Whether a message, or what it brings, came before.
pub async fn is_known(
    db: &impl ConnectionTrait,
    scope: &TeamScope,
    of: ConnectionId,
    message_id: &str,
    notification_id: &str,
) -> Result<bool, DbErr> {
    let text = "SELECT id FROM notification
        WHERE team_id = $1 AND connection_id = $2 AND (message_id = $3 OR notification_id = $4) LIMIT 1";
    let values = [scope.team().0.into(), of.0.into(), message_id.into(), notification_id.into()];
    Ok(db.query_one_raw(sql(db, text, values)).await?.is_some())
}

/// The newest moment that notifications of a kind have told of.
pub async fn mark(
    db: &impl ConnectionTrait,
    scope: &TeamScope,
    of: ConnectionId,
    kind: &str,
) -> Result<Option<Time>, DbErr> {
    let text = "SELECT event_at FROM notification_mark WHERE team_id = $1 AND connection_id = $2 AND kind = $3";
    let row = db.query_one_raw(sql(db, text, [scope.team().0.into(), of.0.into(), kind.into()])).await?;
    row.map(|row| row.try_get("", "event_at")).transpose()
}

/// Kinds of which marks are kept for one connection.
const KINDS: i64 = 100;

/// Moves the mark forward, never back. Amazon has fewer kinds than are kept.
pub async fn raise_mark(
    db: &impl ConnectionTrait,
    scope: &TeamScope,
    of: ConnectionId,
    kind: &str,
    event_at: Time,
) -> Result<(), DbErr> {
    let text = format!(
        "INSERT INTO notification_mark (connection_id, team_id, kind, event_at)
        SELECT $1, $2, $3, $4 WHERE (SELECT COUNT(*) FROM notification_mark WHERE team_id = $2 AND connection_id = $1 AND kind <> $3) < {KINDS}
        ON CONFLICT (connection_id, kind) DO UPDATE SET event_at = EXCLUDED.event_at
        WHERE notification_mark.event_at < EXCLUDED.event_at"
    );
    let values = [of.0.into(), scope.team().0.into(), kind.into(), event_at.into()];
    db.execute_raw(sql(db, &text, values)).await.map(|_| ())
}

/// The marks of a connection, by kind.
pub async fn marks(db: &impl ConnectionTrait, scope: &TeamScope, of: ConnectionId) -> Result<Vec<(String, Time)>, DbErr> {
    let text = "SELECT kind, event_at FROM notification_mark WHERE team_id = $1 AND connection_id = $2 ORDER BY kind";
    let rows = db.query_all_raw(sql(db, text, [scope.team().0.into(), of.0.into()])).await?;
    rows.iter().map(|row| Ok((row.try_get("", "kind")?, row.try_get("", "event_at")?))).collect()
}

/// The last notifications of a connection, the newest first.
pub async fn last(
    db: &impl ConnectionTrait,
    scope: &TeamScope,
    of: ConnectionId,
    most: u64,
) -> Result<Vec<Notification>, DbErr> {
    let text = format!(
        "SELECT * FROM notification WHERE team_id = $1 AND connection_id = $2 ORDER BY received_at DESC, id DESC LIMIT {most}"
    );
    db.query_all_raw(sql(db, &text, [scope.team().0.into(), of.0.into()])).await?.iter().map(notification).collect()
}

/// Forgets what came before `then`.
pub async fn delete_before(db: &impl ConnectionTrait, then: Time) -> Result<(), DbErr> {
    for table in ["notification", "notification_control"] {
        db.execute_raw(sql(db, &format!("DELETE FROM {table} WHERE received_at < $1"), [then.into()])).await?;
    }
    Ok(())
}

/// Keeps the id of a message about a subscription; false when it came before.
pub async fn control(
    db: &impl ConnectionTrait,
    scope: &TeamScope,
    of: ConnectionId,
    message_id: &str,
    now: Time,
) -> Result<bool, DbErr> {
    let text = "INSERT INTO notification_control (connection_id, team_id, message_id, received_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT DO NOTHING";
    let values = [of.0.into(), scope.team().0.into(), message_id.into(), now.into()];
    Ok(db.execute_raw(sql(db, text, values)).await?.rows_affected() == 1)
}

/// Whether a message about a subscription came before.
pub async fn is_controlled(
    db: &impl ConnectionTrait,
    scope: &TeamScope,
    of: ConnectionId,
    message_id: &str,
) -> Result<bool, DbErr> {
    let text =
        "SELECT connection_id FROM notification_control WHERE team_id = $1 AND connection_id = $2 AND message_id = $3";
    let values = [scope.team().0.into(), of.0.into(), message_id.into()];
    Ok(db.query_one_raw(sql(db, text, values)).await?.is_some())
}

/// The connection is not stopped.
const NOT_STOPPED: &str = "JOIN connection o ON o.id = c.connection_id AND o.state <> 'disabled'";

/// No lock stands on any of these ids.
const NOT_LOCKED: &str = "NOT EXISTS (SELECT 1 FROM lock l WHERE l.team_id = g.team_id AND l.lifted_at IS NULL
    AND (l.expires_at IS NULL OR l.expires_at > $3) AND l.target_id IN (g.team_id, g.id, c.connection_id))";

/// The gateways with a webhook that hear of a connection now: it is on their list, and neither they nor it are stopped or locked.
pub async fn listeners(
    db: &impl ConnectionTrait,
    scope: &TeamScope,
    of: ConnectionId,
    now: Time,
) -> Result<Vec<GatewayId>, DbErr> {
    let text = format!(
        "SELECT w.gateway_id FROM webhook w
        JOIN gateway_connection c ON c.gateway_id = w.gateway_id AND c.connection_id = $2
        {NOT_STOPPED}
        JOIN gateway g ON g.id = w.gateway_id AND g.disabled_at IS NULL
        WHERE w.team_id = $1 AND (w.ends_at IS NULL OR w.ends_at > $3) AND {NOT_LOCKED} ORDER BY w.gateway_id"
    );
    let rows = db.query_all_raw(sql(db, &text, [scope.team().0.into(), of.0.into(), now.into()])).await?;
    rows.iter().map(|row| row.try_get("", "gateway_id").map(GatewayId)).collect()
}

/// Whether a gateway hears of something now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listens {
    Yes,
    Locked,
    /// It or the connection is stopped, or the connection is not on its list any more.
    No,
}

/// Whether a gateway hears now of a connection, or of nothing in particular.
pub async fn listens(
    db: &impl ConnectionTrait,
    scope: &TeamScope,
    gateway: GatewayId,
    of: Option<ConnectionId>,
    now: Time,
) -> Result<Listens, DbErr> {
    // Without a connection the gateway stands for one: its own lock is looked for.
    let (join, about) = match of {
        Some(of) => {
            let listed = "JOIN gateway_connection c ON c.gateway_id = g.id AND c.connection_id = $4";
            (format!("{listed} {NOT_STOPPED}"), of.0)
        }
        None => {
            let itself = "JOIN (SELECT id AS connection_id FROM gateway WHERE id = $4) c ON c.connection_id = g.id";
            (itself.to_owned(), gateway.0)
        }
    };
    let text = format!(
        "SELECT CASE WHEN {NOT_LOCKED} THEN 1 ELSE 0 END AS open FROM gateway g {join}
        WHERE g.team_id = $1 AND g.id = $2 AND g.disabled_at IS NULL"
    );
    let values = [scope.team().0.into(), gateway.0.into(), now.into(), about.into()];
    let row = db.query_one_raw(sql(db, &text, values)).await?;
    Ok(match row.map(|row| row.try_get::<i32>("", "open")).transpose()? {
        None => Listens::No,
        Some(0) => Listens::Locked,
        Some(_) => Listens::Yes,
    })
}

/// A topic that notifications may come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    pub arn: String,
    pub added_by: UserId,
    pub added_at: Time,
    /// When Amazon heard that its messages are wanted.
    pub confirmed_at: Option<Time>,
}

/// The topics of a connection.
pub async fn topics(db: &impl ConnectionTrait, scope: &TeamScope, of: ConnectionId) -> Result<Vec<Topic>, DbErr> {
    let text = "SELECT * FROM notification_topic WHERE team_id = $1 AND connection_id = $2 ORDER BY arn";
    let rows = db.query_all_raw(sql(db, text, [scope.team().0.into(), of.0.into()])).await?;
    let read = |row: &QueryResult| {
        Ok(Topic {
            arn: row.try_get("", "arn")?,
            added_by: UserId(row.try_get("", "added_by")?),
            added_at: row.try_get("", "added_at")?,
            confirmed_at: row.try_get("", "confirmed_at")?,
        })
    };
    rows.iter().map(read).collect()
}

/// Adds a topic; false when it is there already.
pub async fn add_topic(db: &impl ConnectionTrait, scope: &TeamScope, of: ConnectionId, new: &Topic) -> Result<bool, DbErr> {
    let text = "INSERT INTO notification_topic (team_id, connection_id, arn, added_by, added_at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT DO NOTHING";
    let values = [scope.team().0.into(), of.0.into(), new.arn.clone().into(), new.added_by.0.into(), new.added_at.into()];
    Ok(db.execute_raw(sql(db, text, values)).await?.rows_affected() == 1)
}

/// Removes a topic; false when it is not there.
pub async fn remove_topic(db: &impl ConnectionTrait, scope: &TeamScope, of: ConnectionId, arn: &str) -> Result<bool, DbErr> {
    let text = "DELETE FROM notification_topic WHERE team_id = $1 AND connection_id = $2 AND arn = $3";
    let values = [scope.team().0.into(), of.0.into(), arn.into()];
    Ok(db.execute_raw(sql(db, text, values)).await?.rows_affected() == 1)
}

/// Notes since when a topic's messages are subscribed to, or that they are not, as a message of `sent_at` says; false when that is known
/// already, a later message said otherwise, or the topic is not listed any more.
pub async fn confirm_topic(
    db: &impl ConnectionTrait,
    scope: &TeamScope,
    of: ConnectionId,
    arn: &str,
    since: Option<Time>,
    sent_at: Time,
) -> Result<bool, DbErr> {
    let changes = if since.is_some() { "IS NULL" } else { "IS NOT NULL" };
    let text = format!(
        "UPDATE notification_topic SET confirmed_at = $4, changed_at = $5
        WHERE team_id = $1 AND connection_id = $2 AND arn = $3 AND confirmed_at {changes} AND (changed_at IS NULL OR changed_at < $5)"
    );
    let values = [scope.team().0.into(), of.0.into(), arn.into(), since.into(), sent_at.into()];
    Ok(db.execute_raw(sql(db, &text, values)).await?.rows_affected() == 1)
}
