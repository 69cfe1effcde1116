//! Rehearsals that a Team asked for, and when its plan was looked at.

use model::{
    Time,
    ids::{DrillId, IncidentId, TeamId},
    incident::DrillKind,
};
use sea_orm::{QueryResult, entity::prelude::*};

use super::{sql, stored};
use crate::access::TeamScope;

/// A rehearsal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drill {
    pub id: DrillId,
    pub team: TeamId,
    pub kind: DrillKind,
    pub asked_at: Time,
    pub asked_name: String,
    /// When a worker took it up.
    pub started_at: Option<Time>,
    pub ended: Option<Ended>,
}

/// How it went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    pub at: Time,
    pub passed: bool,
    /// One line a step.
    pub report: String,
    /// The incident that keeps it.
    pub incident: Option<IncidentId>,
}

pub async fn insert(db: &impl ConnectionTrait, new: &Drill) -> Result<(), DbErr> {
    let text = "INSERT INTO drill (id, team_id, kind, asked_at, asked_name, started_at) VALUES ($1, $2, $3, $4, $5, $6)";
    let values = [
        new.id.0.into(),
        new.team.0.into(),
        new.kind.as_str().into(),
        new.asked_at.into(),
        new.asked_name.clone().into(),
        new.started_at.into(),
    ];
    db.execute_raw(sql(db, text, values)).await.map(|_| ())
}

/// The Team's rehearsals, the newest first.
pub async fn all(db: &impl ConnectionTrait, scope: &TeamScope) -> Result<Vec<Drill>, DbErr> {
    let text = "SELECT * FROM drill WHERE team_id = $1 ORDER BY asked_at DESC, id DESC LIMIT 100";
    let rows = db.query_all_raw(sql(db, text, [scope.team().0.into()])).await?;
    rows.into_iter().map(read).collect()
}

/// What was asked for and nobody has taken up, or was cut off, of every Team: for Portal's own worker.
pub async fn asked(db: &impl ConnectionTrait, cut_off: Time) -> Result<Vec<Drill>, DbErr> {
    let text = "SELECT * FROM drill WHERE ended_at IS NULL AND (started_at IS NULL OR started_at < $1)
        AND team_id IN (SELECT id FROM team WHERE deleted_at IS NULL) ORDER BY asked_at LIMIT 5";
    let rows = db.query_all_raw(sql(db, text, [cut_off.into()])).await?;
    rows.into_iter().map(read).collect()
}

/// Takes it up; false when another worker has.
pub async fn start(db: &impl ConnectionTrait, id: DrillId, cut_off: Time, now: Time) -> Result<bool, DbErr> {
    let text = "UPDATE drill SET started_at = $3
        WHERE id = $1 AND ended_at IS NULL AND (started_at IS NULL OR started_at < $2)";
    let values = [id.0.into(), cut_off.into(), now.into()];
    Ok(db.execute_raw(sql(db, text, values)).await?.rows_affected() == 1)
}

pub async fn end(db: &impl ConnectionTrait, id: DrillId, ended: &Ended) -> Result<(), DbErr> {
    let text = "UPDATE drill SET ended_at = $2, passed = $3, report = $4, incident_id = $5 WHERE id = $1";
    let values = [
        id.0.into(),
        ended.at.into(),
        ended.passed.into(),
        ended.report.clone().into(),
        ended.incident.map(|id| id.0).into(),
    ];
    db.execute_raw(sql(db, text, values)).await.map(|_| ())
}

/// How the last one of a kind went, of whichever Team, whose report does not begin with these words.
pub async fn newest(db: &impl ConnectionTrait, kind: DrillKind, but: &str) -> Result<Option<Ended>, DbErr> {
    let text = "SELECT ended_at, passed, report FROM drill
        WHERE kind = $1 AND ended_at IS NOT NULL AND report NOT LIKE $2 ORDER BY ended_at DESC LIMIT 1";
    let row = db.query_one_raw(sql(db, text, [kind.as_str().into(), format!("{but}%").into()])).await?;
    row.map(|row| {
        Ok(Ended {
            at: row.try_get("", "ended_at")?,
            passed: row.try_get("", "passed")?,
            report: row.try_get("", "report")?,
            incident: None,
        })
    })
    .transpose()
}

/// When each kind went well last.
pub async fn went_well(db: &impl ConnectionTrait, scope: &TeamScope) -> Result<Vec<(DrillKind, Time)>, DbErr> {
    let text = "SELECT kind, MAX(ended_at) AS at FROM drill WHERE team_id = $1 AND passed GROUP BY kind";
    let rows = db.query_all_raw(sql(db, text, [scope.team().0.into()])).await?;
    let read = |row: QueryResult| {
        let kind: String = row.try_get("", "kind")?;
        Ok((stored(DrillKind::parse(&kind), "drill kind")?, row.try_get("", "at")?))
    };
    rows.into_iter().map(read).collect()
}

/// Each Team, when it was made, when its plan was looked at last, and when each kind went well last: for Portal's own watch.
pub async fn readiness(
    db: &impl ConnectionTrait,
) -> Result<Vec<(TeamId, Time, Option<Time>, Vec<(DrillKind, Time)>)>, DbErr> {
    let text = "SELECT t.id, t.created_at, p.reviewed_at FROM team t LEFT JOIN incident_plan p ON p.team_id = t.id
        WHERE t.deleted_at IS NULL ORDER BY t.id";
    let teams = db.query_all_raw(sql(db, text, [])).await?;
    let text = "SELECT team_id, kind, MAX(ended_at) AS at FROM drill WHERE passed GROUP BY team_id, kind";
    let mut drills = Vec::new();
    for row in db.query_all_raw(sql(db, text, [])).await? {
        let kind: String = row.try_get("", "kind")?;
        let at: Time = row.try_get("", "at")?;
        drills.push((TeamId(row.try_get("", "team_id")?), stored(DrillKind::parse(&kind), "drill kind")?, at));
    }
    let read = |row: QueryResult| {
        let team = TeamId(row.try_get("", "id")?);
        let went_well = drills.iter().filter(|(of, _, _)| *of == team).map(|(_, kind, at)| (*kind, *at)).collect();
        Ok((team, row.try_get("", "created_at")?, row.try_get("", "reviewed_at")?, went_well))
    };
    teams.into_iter().map(read).collect()
}

/// When the Team was made, and when somebody looked at its plan last: when, who, and what they said.
pub async fn plan(db: &impl ConnectionTrait, scope: &TeamScope) -> Result<(Time, Option<(Time, String, String)>), DbErr> {
    let text = "SELECT t.created_at, p.reviewed_at, p.reviewed_name, p.note FROM team t
        LEFT JOIN incident_plan p ON p.team_id = t.id WHERE t.id = $1";
    let row = db.query_one_raw(sql(db, text, [scope.team().0.into()])).await?;
    let row = row.ok_or_else(|| DbErr::RecordNotFound("team".to_owned()))?;
    let at: Option<Time> = row.try_get("", "reviewed_at")?;
    let reviewed = match at {
        Some(at) => Some((at, row.try_get("", "reviewed_name")?, row.try_get("", "note")?)),
        None => None,
    };
    Ok((row.try_get("", "created_at")?, reviewed))
}

pub async fn review_plan(
    db: &impl ConnectionTrait,
    scope: &TeamScope,
    at: Time,
    name: &str,
    note: &str,
) -> Result<(), DbErr> {
    let text = "INSERT INTO incident_plan (team_id, reviewed_at, reviewed_name, note) VALUES ($1, $2, $3, $4)
        ON CONFLICT (team_id) DO UPDATE SET reviewed_at = EXCLUDED.reviewed_at, reviewed_name = EXCLUDED.reviewed_name,
        note = EXCLUDED.note";
    db.execute_raw(sql(db, text, [scope.team().0.into(), at.into(), name.into(), note.into()])).await.map(|_| ())
}

fn read(row: QueryResult) -> Result<Drill, DbErr> {
    let kind: String = row.try_get("", "kind")?;
    let ended: Option<Time> = row.try_get("", "ended_at")?;
    Ok(Drill {
        id: DrillId(row.try_get("", "id")?),
        team: TeamId(row.try_get("", "team_id")?),
        kind: stored(DrillKind::parse(&kind), "drill kind")?,
        asked_at: row.try_get("", "asked_at")?,
        asked_name: row.try_get("", "asked_name")?,
        started_at: row.try_get("", "started_at")?,
        ended: match ended {
            Some(at) => Some(Ended {
                at,
                passed: row.try_get("", "passed")?,
                report: row.try_get("", "report")?,
                incident: row.try_get::<Option<Uuid>>("", "incident_id")?.map(IncidentId),
            }),
            None => None,
        },
    })
}
