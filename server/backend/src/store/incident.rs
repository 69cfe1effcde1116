//! Incidents: where each stands, who does what in it, what was written. What was read through an [`IncidentScope`] alone.

mod duty;
mod entry;

use std::collections::HashMap;

use model::{
    Time,
    ids::{IncidentId, TeamId, UserId},
    incident::{Kind, Progress, Running, Severity, State, TargetKind},
};
use sea_orm::{QueryResult, entity::prelude::*};

use super::{sql, stored};
use crate::{access::TeamScope, incidents::IncidentScope};

pub use duty::{OnDuty, all as duties, give as give_duty};
pub use entry::{Entry, all as entries, insert as insert_entry, pin};

/// An incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    pub id: IncidentId,
    pub team: TeamId,
    pub title: String,
    pub kind: Kind,
    pub severity: Severity,
    pub restricted: bool,
    pub drill: bool,
    pub detected_at: Time,
    pub reported_at: Time,
    /// Nobody when Portal's command line did.
    pub reported_by: Option<UserId>,
    pub reported_name: String,
    /// When somebody said last how it goes.
    pub updated_at: Option<Time>,
    /// Amazon was told, or need not be: when that was settled, and how.
    pub amazon: Option<(Time, String)>,
    pub merged_into: Option<IncidentId>,
    pub progress: Progress,
}

impl Incident {
    /// What its clocks run from.
    pub fn running(&self) -> Running {
        Running {
            severity: self.severity,
            state: self.progress.state,
            detected_at: self.detected_at,
            reported_at: self.reported_at,
            updated_at: self.updated_at,
            recovered_at: self.progress.at(State::Recovered),
            amazon_settled: self.amazon.is_some(),
        }
    }
}

/// A step that was taken, and who said so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    pub state: State,
    pub at: Time,
    pub by: Option<UserId>,
    pub name: String,
    pub note: String,
}

/// A thing that an incident is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AboutTarget {
    pub kind: TargetKind,
    pub id: Uuid,
    pub name: String,
}

pub async fn insert(db: &impl ConnectionTrait, scope: &TeamScope, new: &Incident) -> Result<(), DbErr> {
    let text =
        "INSERT INTO incident (id, team_id, title, kind, severity, state, restricted, drill, detected_at, reported_at,
            reported_by, reported_name) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    let values = [
        new.id.0.into(),
        scope.team().0.into(),
        new.title.clone().into(),
        new.kind.as_str().into(),
        new.severity.as_str().into(),
        new.progress.state.as_str().into(),
        new.restricted.into(),
        new.drill.into(),
        new.detected_at.into(),
        new.reported_at.into(),
        new.reported_by.map(|user| user.0).into(),
        new.reported_name.clone().into(),
    ];
    db.execute_raw(sql(db, text, values)).await?;
    let taken = Taken {
        state: State::Reported,
        at: new.reported_at,
        by: new.reported_by,
        name: new.reported_name.clone(),
        note: String::new(),
    };
    insert_step(db, scope.team(), new.id, &taken, new.reported_at).await
}

async fn insert_step(
    db: &impl ConnectionTrait,
    team: TeamId,
    id: IncidentId,
    taken: &Taken,
    now: Time,
) -> Result<(), DbErr> {
    let text = "INSERT INTO incident_step (incident_id, team_id, state, at, said_at, by_id, by_name, note)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let values = [
        id.0.into(),
        team.0.into(),
        taken.state.as_str().into(),
        taken.at.into(),
        now.into(),
        taken.by.map(|user| user.0).into(),
        taken.name.clone().into(),
        taken.note.clone().into(),
    ];
    db.execute_raw(sql(db, text, values)).await.map(|_| ())
}

/// Takes a step; false when another one was taken meanwhile.
pub async fn step(
    db: &impl ConnectionTrait,
    scope: &IncidentScope,
    from: State,
    taken: &Taken,
    now: Time,
) -> Result<bool, DbErr> {
    let text = "UPDATE incident SET state = $3 WHERE id = $1 AND state = $2";
    let values = [scope.id().0.into(), from.as_str().into(), taken.state.as_str().into()];
    if db.execute_raw(sql(db, text, values)).await?.rows_affected() == 0 {
        return Ok(false);
    }
    insert_step(db, scope.team().team(), scope.id(), taken, now).await?;
    Ok(true)
}

/// Writes what changes of it: title, severity, restriction, the last word, Amazon, detection, what it was merged into.
pub async fn write(db: &impl ConnectionTrait, scope: &IncidentScope, incident: &Incident) -> Result<(), DbErr> {
    let text = "UPDATE incident SET title = $2, severity = $3, restricted = $4, updated_at = $5, amazon_settled_at = $6,
        amazon_settled_how = $7, merged_into = $8, detected_at = $9 WHERE id = $1";
    let amazon = incident.amazon.clone();
    let values = [
        scope.id().0.into(),
        incident.title.clone().into(),
        incident.severity.as_str().into(),
        incident.restricted.into(),
        incident.updated_at.into(),
        amazon.as_ref().map(|(at, _)| *at).into(),
        amazon.map(|(_, how)| how).into(),
        incident.merged_into.map(|id| id.0).into(),
        incident.detected_at.into(),
    ];
    db.execute_raw(sql(db, text, values)).await.map(|_| ())
}

/// The Team's incidents that this person may see, the open ones and then the newest first: a restricted one is seen by those who `sees_all` are, by
/// its reporter, and by those who have a duty in it.
pub async fn seen_by(
    db: &impl ConnectionTrait,
    scope: &TeamScope,
    person: UserId,
    sees_all: bool,
) -> Result<Vec<Incident>, DbErr> {
    let text = "SELECT i.* FROM incident i WHERE i.team_id = $1 AND (i.restricted = FALSE OR $3 OR i.reported_by = $2
            OR EXISTS (SELECT 1 FROM incident_duty d WHERE d.incident_id = i.id AND d.user_id = $2))
        ORDER BY i.state IN ('closed', 'dismissed', 'merged'), i.reported_at DESC, i.id DESC LIMIT 500";
    let rows = db.query_all_raw(sql(db, text, [scope.team().0.into(), person.0.into(), sees_all.into()])).await?;
    read_all(db, rows).await
}

/// One incident of a Team, whoever asks: the caller decides whether it may be seen.
pub async fn by_id(db: &impl ConnectionTrait, scope: &TeamScope, id: IncidentId) -> Result<Option<Incident>, DbErr> {
    let text = "SELECT * FROM incident WHERE team_id = $1 AND id = $2";
    let rows = db.query_all_raw(sql(db, text, [scope.team().0.into(), id.0.into()])).await?;
    Ok(read_all(db, rows).await?.pop())
}

/// Every incident that is not over, of every Team: for Portal's own clock.
pub async fn all_open(db: &impl ConnectionTrait) -> Result<Vec<Incident>, DbErr> {
    let text = "SELECT * FROM incident WHERE state NOT IN ('closed', 'dismissed', 'merged') ORDER BY id";
    let rows = db.query_all_raw(sql(db, text, [])).await?;
    read_all(db, rows).await
}

/// What was done in it so far.
pub async fn steps(db: &impl ConnectionTrait, id: IncidentId) -> Result<Vec<Taken>, DbErr> {
    Ok(steps_of(db, &[id]).await?.remove(&id).unwrap_or_default())
}

async fn steps_of(db: &impl ConnectionTrait, ids: &[IncidentId]) -> Result<HashMap<IncidentId, Vec<Taken>>, DbErr> {
    let mut found: HashMap<IncidentId, Vec<Taken>> = HashMap::new();
    for some in ids.chunks(200) {
        let places: Vec<_> = (1..=some.len()).map(|n| format!("${n}")).collect();
        let text = format!(
            "SELECT incident_id, state, at, by_id, by_name, note FROM incident_step WHERE incident_id IN ({}) ORDER BY said_at, at",
            places.join(", ")
        );
        for row in db.query_all_raw(sql(db, &text, some.iter().map(|id| id.0.into()))).await? {
            let state: String = row.try_get("", "state")?;
            let taken = Taken {
                state: stored(State::parse(&state), "state")?,
                at: row.try_get("", "at")?,
                by: row.try_get::<Option<Uuid>>("", "by_id")?.map(UserId),
                name: row.try_get("", "by_name")?,
                note: row.try_get("", "note")?,
            };
            found.entry(IncidentId(row.try_get("", "incident_id")?)).or_default().push(taken);
        }
    }
    Ok(found)
}

async fn read_all(db: &impl ConnectionTrait, rows: Vec<QueryResult>) -> Result<Vec<Incident>, DbErr> {
    let ids = rows.iter().map(|row| row.try_get("", "id").map(IncidentId)).collect::<Result<Vec<_>, _>>()?;
    let mut steps = steps_of(db, &ids).await?;
    rows.iter().zip(ids).map(|(row, id)| read(row, id, steps.remove(&id).unwrap_or_default())).collect()
}

fn read(row: &QueryResult, id: IncidentId, steps: Vec<Taken>) -> Result<Incident, DbErr> {
    let text = |column: &str| row.try_get::<String>("", column);
    let state = stored(State::parse(&text("state")?), "state")?;
    let reached = model::incident::LINE.iter().map_while(|state| steps.iter().find(|step| step.state == *state));
    let ended = steps.iter().find(|step| matches!(step.state, State::Dismissed | State::Merged)).map(|step| step.at);
    let settled: Option<Time> = row.try_get("", "amazon_settled_at")?;
    let how: Option<String> = row.try_get("", "amazon_settled_how")?;
    Ok(Incident {
        id,
        team: TeamId(row.try_get("", "team_id")?),
        title: text("title")?,
        kind: stored(Kind::parse(&text("kind")?), "kind")?,
        severity: stored(Severity::parse(&text("severity")?), "severity")?,
        restricted: row.try_get("", "restricted")?,
        drill: row.try_get("", "drill")?,
        detected_at: row.try_get("", "detected_at")?,
        reported_at: row.try_get("", "reported_at")?,
        reported_by: row.try_get::<Option<Uuid>>("", "reported_by")?.map(UserId),
        reported_name: text("reported_name")?,
        updated_at: row.try_get("", "updated_at")?,
        amazon: settled.zip(how),
        merged_into: row.try_get::<Option<Uuid>>("", "merged_into")?.map(IncidentId),
        progress: Progress { state, reached: reached.map(|step| step.at).collect(), ended },
    })
}

/// Adds a thing that it is about; nothing happens when it is there.
pub async fn add_target(db: &impl ConnectionTrait, scope: &IncidentScope, target: &AboutTarget) -> Result<(), DbErr> {
    let text = "INSERT INTO incident_target (incident_id, team_id, kind, target_id, name) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (incident_id, kind, target_id) DO NOTHING";
    let values = [
        scope.id().0.into(),
        scope.team().team().0.into(),
        target.kind.as_str().into(),
        target.id.into(),
        target.name.clone().into(),
    ];
    db.execute_raw(sql(db, text, values)).await.map(|_| ())
}

pub async fn targets(db: &impl ConnectionTrait, scope: &IncidentScope) -> Result<Vec<AboutTarget>, DbErr> {
    let text = "SELECT kind, target_id, name FROM incident_target WHERE incident_id = $1 ORDER BY kind, name, target_id";
    let rows = db.query_all_raw(sql(db, text, [scope.id().0.into()])).await?;
    let read = |row: QueryResult| {
        let kind: String = row.try_get("", "kind")?;
        Ok(AboutTarget {
            kind: stored(TargetKind::parse(&kind), "target kind")?,
            id: row.try_get("", "target_id")?,
            name: row.try_get("", "name")?,
        })
    };
    rows.into_iter().map(read).collect()
}

/// The alarms of an incident that people were told of: which clock, of when.
pub async fn told(db: &impl ConnectionTrait, id: IncidentId) -> Result<Vec<(String, Time)>, DbErr> {
    let text = "SELECT clock, alarm_at FROM incident_alarm WHERE incident_id = $1";
    let rows = db.query_all_raw(sql(db, text, [id.0.into()])).await?;
    rows.into_iter().map(|row| Ok((row.try_get("", "clock")?, row.try_get("", "alarm_at")?))).collect()
}

/// Remembers that people were told of a clock; false when they were told before.
pub async fn tell(
    db: &impl ConnectionTrait,
    incident: &Incident,
    clock: &str,
    alarm_at: Time,
    now: Time,
) -> Result<bool, DbErr> {
    let text = "INSERT INTO incident_alarm (incident_id, team_id, clock, alarm_at, told_at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (incident_id, clock, alarm_at) DO NOTHING";
    let values = [incident.id.0.into(), incident.team.0.into(), clock.into(), alarm_at.into(), now.into()];
    Ok(db.execute_raw(sql(db, text, values)).await?.rows_affected() == 1)
}
