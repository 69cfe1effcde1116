//! Playbooks that a Team has written.

use model::incident::{Kind, Phase};
use sea_orm::entity::prelude::*;

use super::{sql, stored};
use crate::access::TeamScope;

/// One task of a playbook. Its title names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaybookTask {
    pub phase: Phase,
    pub title: String,
    /// Hours from the detection.
    pub within_hours: i32,
}

/// The Team's own playbook for a kind; nothing when it has none.
pub async fn own(db: &impl ConnectionTrait, scope: &TeamScope, kind: Kind) -> Result<Option<Vec<PlaybookTask>>, DbErr> {
    let (team, word) = (scope.team().0, kind.as_str());
    let is_own = "SELECT 1 AS one FROM playbook WHERE team_id = $1 AND kind = $2";
    if db.query_one_raw(sql(db, is_own, [team.into(), word.into()])).await?.is_none() {
        return Ok(None);
    }
    let text =
        "SELECT phase, title, within_hours FROM playbook_task WHERE team_id = $1 AND kind = $2 ORDER BY within_hours, title";
    let rows = db.query_all_raw(sql(db, text, [team.into(), word.into()])).await?;
    let read = |row: sea_orm::QueryResult| {
        let phase: String = row.try_get("", "phase")?;
        Ok(PlaybookTask {
            phase: stored(Phase::parse(&phase), "phase")?,
            title: row.try_get("", "title")?,
            within_hours: row.try_get("", "within_hours")?,
        })
    };
    let mut all = rows.into_iter().map(read).collect::<Result<Vec<_>, DbErr>>()?;
    all.sort_by_key(|task| task.phase);
    Ok(Some(all))
}

/// Makes it the Team's own; nothing happens when it is.
pub async fn begin(db: &impl ConnectionTrait, scope: &TeamScope, kind: Kind) -> Result<(), DbErr> {
    let text = "INSERT INTO playbook (team_id, kind) VALUES ($1, $2) ON CONFLICT (team_id, kind) DO NOTHING";
    db.execute_raw(sql(db, text, [scope.team().0.into(), kind.as_str().into()])).await.map(|_| ())
}

/// Adds a task; false when one of that title is there.
pub async fn add(db: &impl ConnectionTrait, scope: &TeamScope, kind: Kind, new: &PlaybookTask) -> Result<bool, DbErr> {
    let text = "INSERT INTO playbook_task (team_id, kind, title, phase, within_hours) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (team_id, kind, title) DO NOTHING";
    let values = [
        scope.team().0.into(),
        kind.as_str().into(),
        new.title.clone().into(),
        new.phase.as_str().into(),
        new.within_hours.into(),
    ];
    Ok(db.execute_raw(sql(db, text, values)).await?.rows_affected() == 1)
}

/// Takes a task away; false when there is none.
pub async fn remove(db: &impl ConnectionTrait, scope: &TeamScope, kind: Kind, title: &str) -> Result<bool, DbErr> {
    let text = "DELETE FROM playbook_task WHERE team_id = $1 AND kind = $2 AND title = $3";
    let values = [scope.team().0.into(), kind.as_str().into(), title.into()];
    Ok(db.execute_raw(sql(db, text, values)).await?.rows_affected() == 1)
}

/// Goes back to the playbook that comes with Portal.
pub async fn restore(db: &impl ConnectionTrait, scope: &TeamScope, kind: Kind) -> Result<(), DbErr> {
    for table in ["playbook_task", "playbook"] {
        let text = format!("DELETE FROM {table} WHERE team_id = $1 AND kind = $2");
        db.execute_raw(sql(db, &text, [scope.team().0.into(), kind.as_str().into()])).await?;
    }
    Ok(())
}
