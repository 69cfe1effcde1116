//! What one person asked for and another one approved.

use model::{
    Time,
    approval::{ApprovalState, GraveAct},
    ids::{ApprovalId, UserId},
};
use sea_orm::{QueryResult, entity::prelude::*};

use super::{audit_hold::By, sql, stored};
use crate::access::TeamScope;

/// One question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    pub id: ApprovalId,
    pub act: GraveAct,
    pub asked: By,
    pub given: Option<By>,
    pub ended_at: Option<Time>,
}

impl Approval {
    pub fn state(&self, now: Time) -> ApprovalState {
        ApprovalState::at(self.asked.at, self.given.as_ref().map(|given| given.at), self.ended_at, now)
    }
}

pub async fn insert(db: &impl ConnectionTrait, scope: &TeamScope, new: &Approval) -> Result<(), DbErr> {
    let text = "INSERT INTO approval (id, team_id, act, asked_at, asked_by, asked_name) VALUES ($1, $2, $3, $4, $5, $6)";
    let values = [
        new.id.0.into(),
        scope.team().0.into(),
        new.act.as_str().into(),
        new.asked.at.into(),
        new.asked.user.0.into(),
        new.asked.name.clone().into(),
    ];
    db.execute_raw(sql(db, text, values)).await.map(|_| ())
}

/// Notes who approved; false when somebody did, or it is over.
pub async fn give(db: &impl ConnectionTrait, scope: &TeamScope, id: ApprovalId, by: &By) -> Result<bool, DbErr> {
    let text = "UPDATE approval SET given_at = $3, given_by = $4, given_name = $5
        WHERE id = $1 AND team_id = $2 AND given_at IS NULL AND ended_at IS NULL";
    let values = [id.0.into(), scope.team().0.into(), by.at.into(), by.user.0.into(), by.name.clone().into()];
    Ok(db.execute_raw(sql(db, text, values)).await?.rows_affected() == 1)
}

/// Nothing is done by it any more; false when it is over already.
pub async fn end(db: &impl ConnectionTrait, scope: &TeamScope, id: ApprovalId, now: Time) -> Result<bool, DbErr> {
    let text = "UPDATE approval SET ended_at = $3 WHERE id = $1 AND team_id = $2 AND ended_at IS NULL";
    Ok(db.execute_raw(sql(db, text, [id.0.into(), scope.team().0.into(), now.into()])).await?.rows_affected() == 1)
}

/// The questions that were asked since `since`, the newest first.
pub async fn of_team(db: &impl ConnectionTrait, scope: &TeamScope, since: Time) -> Result<Vec<Approval>, DbErr> {
    let text = "SELECT * FROM approval WHERE team_id = $1 AND asked_at >= $2 ORDER BY asked_at DESC, id DESC";
    db.query_all_raw(sql(db, text, [scope.team().0.into(), since.into()])).await?.iter().map(read).collect()
}

fn read(row: &QueryResult) -> Result<Approval, DbErr> {
    let act: String = row.try_get("", "act")?;
    let given = row.try_get::<Option<Time>>("", "given_at")?;
    let given = given.map(|at| {
        Ok::<_, DbErr>(By { at, user: UserId(row.try_get("", "given_by")?), name: row.try_get("", "given_name")? })
    });
    Ok(Approval {
        id: ApprovalId(row.try_get("", "id")?),
        act: stored(GraveAct::parse(&act), "act")?,
        asked: By {
            at: row.try_get("", "asked_at")?,
            user: UserId(row.try_get("", "asked_by")?),
            name: row.try_get("", "asked_name")?,
        },
        given: given.transpose()?,
        ended_at: row.try_get("", "ended_at")?,
    })
}
