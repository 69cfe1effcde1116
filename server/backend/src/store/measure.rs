//! Measures of incidents: what was ordered, how far it came.

use model::{
    Time,
    ids::{IncidentId, LockId, MeasureId, TeamId, UserId},
    incident::{MeasureKind, MeasureState},
};
use sea_orm::{QueryResult, entity::prelude::*};

use super::{sql, stored};
use crate::incidents::IncidentScope;

/// A step of containment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measure {
    pub id: MeasureId,
    pub incident: IncidentId,
    pub team: TeamId,
    pub kind: MeasureKind,
    pub target_id: Uuid,
    pub target_name: String,
    pub state: MeasureState,
    pub attempts: i32,
    /// What came of the last try, in words.
    pub result: String,
    pub ordered_at: Time,
    pub ordered_by: UserId,
    pub ordered_name: String,
    pub tried_at: Option<Time>,
    pub done_at: Option<Time>,
    pub lock: Option<LockId>,
    pub lifted: Option<(Time, String)>,
}

impl Measure {
    /// It stands, and credentials stop by it: who holds a token all the same is worth knowing.
    pub fn stops(&self) -> bool {
        self.state == MeasureState::Done && self.kind.stops_credentials()
    }
}

/// Orders a measure, or the one that is there anew when it was lifted; answers the one that stands then.
pub async fn order(db: &impl ConnectionTrait, scope: &IncidentScope, new: &Measure) -> Result<Measure, DbErr> {
    let text =
        "INSERT INTO measure (id, incident_id, team_id, kind, target_id, target_name, state, attempts, result, ordered_at,
            ordered_by, ordered_name) VALUES ($1, $2, $3, $4, $5, $6, 'ordered', 0, '', $7, $8, $9)
        ON CONFLICT (incident_id, kind, target_id) DO UPDATE SET state = 'ordered', ordered_at = EXCLUDED.ordered_at,
            ordered_by = EXCLUDED.ordered_by, ordered_name = EXCLUDED.ordered_name, done_at = NULL, lock_id = NULL,
            lifted_at = NULL, lifted_name = NULL WHERE measure.state = 'lifted'";
    let values = [
        new.id.0.into(),
        scope.id().0.into(),
        scope.team().team().0.into(),
        new.kind.as_str().into(),
        new.target_id.into(),
        new.target_name.clone().into(),
        new.ordered_at.into(),
        new.ordered_by.0.into(),
        new.ordered_name.clone().into(),
    ];
    db.execute_raw(sql(db, text, values)).await?;
    let text = "SELECT * FROM measure WHERE incident_id = $1 AND kind = $2 AND target_id = $3";
    let values = [scope.id().0.into(), new.kind.as_str().into(), new.target_id.into()];
    let row = db.query_one_raw(sql(db, text, values)).await?;
    read(row.ok_or_else(|| DbErr::RecordNotFound("measure".to_owned()))?)
}

/// Every measure of an incident, in the order in which they were ordered.
pub async fn all(db: &impl ConnectionTrait, scope: &IncidentScope) -> Result<Vec<Measure>, DbErr> {
    let text = "SELECT * FROM measure WHERE incident_id = $1 ORDER BY ordered_at, id";
    db.query_all_raw(sql(db, text, [scope.id().0.into()])).await?.into_iter().map(read).collect()
}

/// Measures of any incident that were not done, and not tried since `then`: for Portal's own job.
pub async fn open_since(db: &impl ConnectionTrait, then: Time) -> Result<Vec<Measure>, DbErr> {
    let text =
        "SELECT * FROM measure WHERE state IN ('ordered', 'failed') AND COALESCE(tried_at, ordered_at) < $1 ORDER BY id";
    db.query_all_raw(sql(db, text, [then.into()])).await?.into_iter().map(read).collect()
}

/// Done; false when somebody else has done it meanwhile.
pub async fn done(
    db: &impl ConnectionTrait,
    measure: &Measure,
    lock: Option<LockId>,
    result: &str,
    now: Time,
) -> Result<bool, DbErr> {
    let text =
        "UPDATE measure SET state = 'done', attempts = attempts + 1, result = $2, tried_at = $3, done_at = $3, lock_id = $4
        WHERE id = $1 AND state IN ('ordered', 'failed')";
    let values = [measure.id.0.into(), result.into(), now.into(), lock.map(|lock| lock.0).into()];
    Ok(db.execute_raw(sql(db, text, values)).await?.rows_affected() == 1)
}

/// Tried, and not done: why. False when somebody else has done it meanwhile.
pub async fn not_done(
    db: &impl ConnectionTrait,
    measure: &Measure,
    state: MeasureState,
    result: &str,
    now: Time,
) -> Result<bool, DbErr> {
    let text = "UPDATE measure SET state = $2, attempts = attempts + 1, result = $3, tried_at = $4
        WHERE id = $1 AND state IN ('ordered', 'failed')";
    let values = [measure.id.0.into(), state.as_str().into(), result.into(), now.into()];
    Ok(db.execute_raw(sql(db, text, values)).await?.rows_affected() == 1)
}

/// Withdrawn before it was done; false when it is done by now.
pub async fn withdrawn(db: &impl ConnectionTrait, measure: &Measure, name: &str, now: Time) -> Result<bool, DbErr> {
    let text =
        "UPDATE measure SET state = 'lifted', result = 'Withdrawn before it was done.', lifted_at = $2, lifted_name = $3
        WHERE id = $1 AND state IN ('ordered', 'failed')";
    Ok(db.execute_raw(sql(db, text, [measure.id.0.into(), now.into(), name.into()])).await?.rows_affected() == 1)
}

/// Lifted; false when another lock stands by now, or none.
pub async fn lifted(
    db: &impl ConnectionTrait,
    measure: &Measure,
    lock: LockId,
    name: &str,
    now: Time,
) -> Result<bool, DbErr> {
    let text = "UPDATE measure SET state = 'lifted', lifted_at = $2, lifted_name = $3
        WHERE id = $1 AND state = 'done' AND lock_id = $4";
    let values = [measure.id.0.into(), now.into(), name.into(), lock.0.into()];
    Ok(db.execute_raw(sql(db, text, values)).await?.rows_affected() == 1)
}

fn read(row: QueryResult) -> Result<Measure, DbErr> {
    let text = |column: &str| row.try_get::<String>("", column);
    let lifted_at: Option<Time> = row.try_get("", "lifted_at")?;
    let lifted_name: Option<String> = row.try_get("", "lifted_name")?;
    Ok(Measure {
        id: MeasureId(row.try_get("", "id")?),
        incident: IncidentId(row.try_get("", "incident_id")?),
        team: TeamId(row.try_get("", "team_id")?),
        kind: stored(MeasureKind::parse(&text("kind")?), "measure kind")?,
        target_id: row.try_get("", "target_id")?,
        target_name: text("target_name")?,
        state: stored(MeasureState::parse(&text("state")?), "measure state")?,
        attempts: row.try_get("", "attempts")?,
        result: text("result")?,
        ordered_at: row.try_get("", "ordered_at")?,
        ordered_by: UserId(row.try_get("", "ordered_by")?),
        ordered_name: text("ordered_name")?,
        tried_at: row.try_get("", "tried_at")?,
        done_at: row.try_get("", "done_at")?,
        lock: row.try_get::<Option<Uuid>>("", "lock_id")?.map(LockId),
        lifted: lifted_at.zip(lifted_name),
    })
}
