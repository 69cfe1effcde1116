//! Legal holds: orders not to prune a Team's log.

use model::{
    Time,
    ids::{HoldId, TeamId, UserId},
};
use sea_orm::{FromQueryResult, QueryResult, entity::prelude::*};

use super::{
    audit_event::{self, Row},
    sql,
};
use crate::access::TeamScope;

/// Who placed or lifted one, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct By {
    pub at: Time,
    pub user: UserId,
    pub name: String,
}

/// One order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    pub id: HoldId,
    pub reason: String,
    pub placed: By,
    pub lifted: Option<By>,
}

pub async fn insert(db: &impl ConnectionTrait, scope: &TeamScope, new: &Hold) -> Result<(), DbErr> {
    let text = "INSERT INTO audit_hold (id, team_id, reason, placed_at, placed_by, placed_name)
        VALUES ($1, $2, $3, $4, $5, $6)";
    let values = [
        new.id.0.into(),
        scope.team().0.into(),
        new.reason.clone().into(),
        new.placed.at.into(),
        new.placed.user.0.into(),
        new.placed.name.clone().into(),
    ];
    db.execute_raw(sql(db, text, values)).await.map(|_| ())
}

/// Lifts one that stands; false when it does not.
pub async fn lift(db: &impl ConnectionTrait, scope: &TeamScope, id: HoldId, by: &By) -> Result<bool, DbErr> {
    let text = "UPDATE audit_hold SET lifted_at = $3, lifted_by = $4, lifted_name = $5
        WHERE id = $1 AND team_id = $2 AND lifted_at IS NULL";
    let values = [id.0.into(), scope.team().0.into(), by.at.into(), by.user.0.into(), by.name.clone().into()];
    Ok(db.execute_raw(sql(db, text, values)).await?.rows_affected() == 1)
}

/// Every hold of a Team, the newest first.
pub async fn of_team(db: &impl ConnectionTrait, scope: &TeamScope) -> Result<Vec<Hold>, DbErr> {
    let text = "SELECT id, reason, placed_at, placed_by, placed_name, lifted_at, lifted_by, lifted_name
        FROM audit_hold WHERE team_id = $1 ORDER BY placed_at DESC, id DESC";
    db.query_all_raw(sql(db, text, [scope.team().0.into()])).await?.into_iter().map(hold).collect()
}

fn hold(row: QueryResult) -> Result<Hold, DbErr> {
    let lifted = row.try_get::<Option<Time>>("", "lifted_at")?;
    let lifted = lifted.map(|at| {
        let user = UserId(row.try_get("", "lifted_by")?);
        Ok::<_, DbErr>(By { at, user, name: row.try_get("", "lifted_name")? })
    });
    Ok(Hold {
        id: HoldId(row.try_get("", "id")?),
        reason: row.try_get("", "reason")?,
        placed: By {
            at: row.try_get("", "placed_at")?,
            user: UserId(row.try_get("", "placed_by")?),
            name: row.try_get("", "placed_name")?,
        },
        lifted: lifted.transpose()?,
    })
}

/// What the log says of holds, in the order of its events; what cannot be read is none of Portal's.
pub async fn events(db: &impl ConnectionTrait) -> Result<Vec<Row>, DbErr> {
    let text = "SELECT * FROM audit_event WHERE action IN ('hold.placed', 'hold.lifted') ORDER BY at, id";
    let rows = db.query_all_raw(sql(db, text, [])).await?;
    let read = |row: QueryResult| audit_event::Model::from_query_result(&row, "").and_then(audit_event::row).ok();
    Ok(rows.into_iter().filter_map(read).collect())
}

/// Holds that stand, by their Teams: what a Team calls itself and why it holds is its own.
pub async fn standing(db: &impl ConnectionTrait) -> Result<Vec<(TeamId, Time)>, DbErr> {
    let text = "SELECT team_id, placed_at FROM audit_hold WHERE lifted_at IS NULL ORDER BY placed_at";
    let rows = db.query_all_raw(sql(db, text, [])).await?;
    rows.into_iter().map(|row| Ok((TeamId(row.try_get("", "team_id")?), row.try_get("", "placed_at")?))).collect()
}
