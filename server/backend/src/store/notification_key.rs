//! Keys that sign notifications for a connection. The secrets are here only sealed.

use model::{
    Name, Time,
    connection::ConnectionState,
    ids::{ConnectionId, NotificationKeyId, TeamId, UserId},
};
use sea_orm::{DbBackend, QueryResult, entity::prelude::*};

use super::{sql, stored};
use crate::{access::TeamScope, vault::Sealed};

/// One key.
#[derive(Clone, Debug)]
pub struct NotificationKey {
    pub id: NotificationKeyId,
    pub connection: ConnectionId,
    pub secret: Sealed,
    pub created_by: UserId,
    pub created_at: Time,
    pub revoked_at: Option<Time>,
    /// To a minute.
    pub last_used_at: Option<Time>,
}

fn key(row: &QueryResult) -> Result<NotificationKey, DbErr> {
    Ok(NotificationKey {
        id: NotificationKeyId(row.try_get("", "id")?),
        connection: ConnectionId(row.try_get("", "connection_id")?),
        secret: Sealed(row.try_get("", "secret")?),
        created_by: UserId(row.try_get("", "created_by")?),
        created_at: row.try_get("", "created_at")?,
        revoked_at: row.try_get("", "revoked_at")?,
        last_used_at: row.try_get("", "last_used_at")?,
    })
}

pub async fn insert(db: &impl ConnectionTrait, scope: &TeamScope, new: &NotificationKey) -> Result<(), DbErr> {
    let text = "INSERT INTO notification_key (id, team_id, connection_id, secret, created_by, created_at)
        VALUES ($1, $2, $3, $4, $5, $6)";
    let values = [
        new.id.0.into(),
        scope.team().0.into(),
        new.connection.0.into(),
        new.secret.0.clone().into(),
        new.created_by.0.into(),
        new.created_at.into(),
    ];
    db.execute_raw(sql(db, text, values)).await.map(|_| ())
}

/// The keys of a connection, the newest first; revoked ones too.
pub async fn all(db: &impl ConnectionTrait, scope: &TeamScope, of: ConnectionId) -> Result<Vec<NotificationKey>, DbErr> {
    let text = "SELECT * FROM notification_key WHERE team_id = $1 AND connection_id = $2 ORDER BY created_at DESC, id DESC";
    db.query_all_raw(sql(db, text, [scope.team().0.into(), of.0.into()])).await?.iter().map(key).collect()
}

/// The keys of a Team that live, by connection, the newest first.
pub async fn live(db: &impl ConnectionTrait, scope: &TeamScope) -> Result<Vec<NotificationKey>, DbErr> {
    let text = "SELECT * FROM notification_key WHERE team_id = $1 AND revoked_at IS NULL
        ORDER BY connection_id, created_at DESC, id DESC";
    db.query_all_raw(sql(db, text, [scope.team().0.into()])).await?.iter().map(key).collect()
}

/// Revokes a key and forgets its secret; false when it is unknown or was revoked.
pub async fn revoke(
    db: &impl ConnectionTrait,
    scope: &TeamScope,
    of: ConnectionId,
    id: NotificationKeyId,
    now: Time,
) -> Result<bool, DbErr> {
    let text = "UPDATE notification_key SET revoked_at = $4, secret = $5
        WHERE team_id = $1 AND connection_id = $2 AND id = $3 AND revoked_at IS NULL";
    let values = [scope.team().0.into(), of.0.into(), id.0.into(), now.into(), Vec::<u8>::new().into()];
    Ok(db.execute_raw(sql(db, text, values)).await?.rows_affected() == 1)
}

/// Revokes all keys of a connection that ends, with their secrets.
pub async fn revoke_all(db: &impl ConnectionTrait, scope: &TeamScope, of: ConnectionId, now: Time) -> Result<(), DbErr> {
    let text = "UPDATE notification_key SET revoked_at = $3, secret = $4
        WHERE team_id = $1 AND connection_id = $2 AND revoked_at IS NULL";
    let values = [scope.team().0.into(), of.0.into(), now.into(), Vec::<u8>::new().into()];
    db.execute_raw(sql(db, text, values)).await.map(|_| ())
}

/// Whose a connection is that something comes for. Takes a bare id: who sends is not known yet.
#[derive(Clone, Debug)]
pub struct Addressee {
    pub team: TeamId,
    pub name: Name,
    /// Its live keys.
    pub keys: Vec<NotificationKey>,
}

/// Whom a notification for this connection is for; nobody when it is unknown or over.
pub async fn addressee(db: &impl ConnectionTrait, of: ConnectionId) -> Result<Option<Addressee>, DbErr> {
    let text = "SELECT team_id, name FROM connection WHERE id = $1 AND state <> $2";
    let values = [of.0.into(), ConnectionState::Disconnected.as_str().into()];
    let Some(row) = db.query_one_raw(sql(db, text, values)).await? else { return Ok(None) };
    let (team, name): (Uuid, String) = (row.try_get("", "team_id")?, row.try_get("", "name")?);
    let text = "SELECT * FROM notification_key
        WHERE team_id = $1 AND connection_id = $2 AND revoked_at IS NULL ORDER BY created_at DESC";
    let keys = db.query_all_raw(sql(db, text, [team.into(), of.0.into()])).await?;
    Ok(Some(Addressee {
        team: TeamId(team),
        name: stored(name.parse().ok(), "name")?,
        keys: keys.iter().map(key).collect::<Result<_, _>>()?,
    }))
}

/// Whether a message still counts: its connection is not over, its key lives, its topic is listed. Holds the connection until the
/// transaction ends, so that nobody ends it meanwhile.
pub async fn still_counts(
    db: &impl ConnectionTrait,
    scope: &TeamScope,
    of: ConnectionId,
    key: Option<NotificationKeyId>,
    topic: Option<&str>,
) -> Result<bool, DbErr> {
    let hold = if db.get_database_backend() == DbBackend::Postgres { " FOR SHARE" } else { "" };
    let text = format!("SELECT id FROM connection WHERE team_id = $1 AND id = $2 AND state <> $3{hold}");
    let team: sea_orm::Value = scope.team().0.into();
    let values = [team.clone(), of.0.into(), ConnectionState::Disconnected.as_str().into()];
    if db.query_one_raw(sql(db, &text, values)).await?.is_none() {
        return Ok(false);
    }
    let (text, values) = match (key, topic) {
        (Some(key), _) => (
            "SELECT id FROM notification_key WHERE team_id = $1 AND connection_id = $2 AND id = $3 AND revoked_at IS NULL",
            vec![team, of.0.into(), key.0.into()],
        ),
        (None, Some(topic)) => (
            "SELECT connection_id FROM notification_topic WHERE team_id = $1 AND connection_id = $2 AND arn = $3",
            vec![team, of.0.into(), topic.into()],
        ),
        (None, None) => return Ok(false),
    };
    Ok(db.query_one_raw(sql(db, text, values)).await?.is_some())
}

/// Notes that a key was used, once a minute.
pub async fn note_use(db: &impl ConnectionTrait, scope: &TeamScope, id: NotificationKeyId, now: Time) -> Result<(), DbErr> {
    let text = "UPDATE notification_key SET last_used_at = $3
        WHERE team_id = $1 AND id = $2 AND (last_used_at IS NULL OR last_used_at < $4)";
    let values = [scope.team().0.into(), id.0.into(), now.into(), (now - chrono::Duration::minutes(1)).into()];
    db.execute_raw(sql(db, text, values)).await.map(|_| ())
}
