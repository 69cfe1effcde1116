//! Locks: orders not to issue. Incidents make and lift them; every issue looks for them (see `issue`), and whoever enters a
//! Team (see `team`).

use std::collections::HashSet;

use model::{
    Environment, Time,
    ids::{ConnectionId, LockId, UserId},
};
use sea_orm::{IntoActiveModel, entity::prelude::*};

use super::sql;
use crate::access::TeamScope;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "lock")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub team_id: Uuid,
    pub target_kind: String,
    pub target_id: Uuid,
    pub reason: String,
    pub author: Option<Uuid>,
    pub incident_id: Option<Uuid>,
    pub created_at: DateTimeUtc,
    pub expires_at: Option<DateTimeUtc>,
    pub lifted_at: Option<DateTimeUtc>,
    pub lifted_by: Option<Uuid>,
}

impl ActiveModelBehavior for ActiveModel {}

/// A standing order not to issue.
#[derive(Clone, Debug)]
pub struct Lock {
    pub id: LockId,
    pub target_kind: &'static str,
    pub target_id: Uuid,
    pub reason: String,
    /// Nobody where Portal itself suspends.
    pub author: Option<UserId>,
    pub created_at: Time,
    pub expires_at: Option<Time>,
}

pub async fn insert(db: &impl ConnectionTrait, scope: &TeamScope, new: Lock) -> Result<(), DbErr> {
    let row = Model {
        id: new.id.0,
        team_id: scope.team().0,
        target_kind: new.target_kind.to_owned(),
        target_id: new.target_id,
        reason: new.reason,
        author: new.author.map(|author| author.0),
        incident_id: None,
        created_at: new.created_at,
        expires_at: new.expires_at,
        lifted_at: None,
        lifted_by: None,
    };
    Entity::insert(row.into_active_model()).exec_without_returning(db).await.map(|_| ())
}

/// A connection on which a lock stands, perhaps a disconnected one.
#[derive(Clone, Debug)]
pub struct Locked {
    pub connection: ConnectionId,
    pub seller: String,
    /// By what its grant is known again; nothing once it is disconnected.
    pub grant_mac: Option<Vec<u8>>,
}

/// Connections on which a lock stands, disconnected ones among them.
pub async fn on_connections(
    db: &impl ConnectionTrait,
    scope: &TeamScope,
    environment: Environment,
    now: Time,
) -> Result<Vec<Locked>, DbErr> {
    let text =
        "SELECT c.id, c.seller_id, c.grant_mac FROM lock l JOIN connection c ON c.team_id = l.team_id AND c.id = l.target_id
        WHERE l.team_id = $1 AND l.target_kind = 'connection' AND l.lifted_at IS NULL
            AND (l.expires_at IS NULL OR l.expires_at > $3) AND c.environment = $2";
    let values = [scope.team().0.into(), environment.as_str().into(), now.into()];
    let rows = db.query_all_raw(sql(db, text, values)).await?;
    let locked = |row: &sea_orm::QueryResult| {
        let connection = ConnectionId(row.try_get("", "id")?);
        Ok(Locked { connection, seller: row.try_get("", "seller_id")?, grant_mac: row.try_get("", "grant_mac")? })
    };
    rows.iter().map(locked).collect()
}

/// What locks stand on in a Team: people, gateways, keys, connections, the Team itself.
pub async fn targets(db: &impl ConnectionTrait, scope: &TeamScope, now: Time) -> Result<HashSet<Uuid>, DbErr> {
    let text = "SELECT DISTINCT target_id FROM lock WHERE team_id = $1 AND lifted_at IS NULL AND (expires_at IS NULL OR expires_at > $2)";
    let rows = db.query_all_raw(sql(db, text, [scope.team().0.into(), now.into()])).await?;
    rows.iter().map(|row| row.try_get("", "target_id")).collect()
}

/// Lifts what Portal itself suspended, by whichever access review, and no lock of an incident's; false when nothing stood. `by`: nobody of
/// the Team when it was done on Portal's own machine.
pub async fn lift_suspensions(
    db: &impl ConnectionTrait,
    scope: &TeamScope,
    target_kind: &str,
    target: Uuid,
    by: Option<UserId>,
    now: Time,
) -> Result<bool, DbErr> {
    let text = "UPDATE lock SET lifted_at = $4, lifted_by = $5
        WHERE team_id = $1 AND target_kind = $2 AND target_id = $3 AND author IS NULL AND lifted_at IS NULL";
    let values = [scope.team().0.into(), target_kind.into(), target.into(), now.into(), by.map(|by| by.0).into()];
    Ok(db.execute_raw(sql(db, text, values)).await?.rows_affected() > 0)
}

/// Lifts a lock that stands. `by`: nobody of the Team when it was done on Portal's own machine.
pub async fn lift(
    db: &impl ConnectionTrait,
    scope: &TeamScope,
    id: LockId,
    by: Option<UserId>,
    now: Time,
) -> Result<(), DbErr> {
    let text = "UPDATE lock SET lifted_at = $3, lifted_by = $4 WHERE id = $1 AND team_id = $2 AND lifted_at IS NULL";
    db.execute_raw(sql(db, text, [id.0.into(), scope.team().0.into(), now.into(), by.map(|by| by.0).into()]))
        .await
        .map(|_| ())
}
