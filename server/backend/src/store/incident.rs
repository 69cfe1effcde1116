//! Incidents: where each stands, who does what in it, what was written. What was read through an [`IncidentScope`] alone.

mod alarm;
mod duty;
mod entry;
mod step;
mod target;

use model::{
    Time,
    ids::{IncidentId, TeamId, UserId},
    incident::{Kind, Progress, Running, Severity, State},
};
use sea_orm::{QueryResult, entity::prelude::*};

use super::{sql, stored};
use crate::{access::TeamScope, incidents::IncidentScope};

pub use alarm::{tell, told};
pub use duty::{OnDuty, all as duties, give as give_duty};
pub use entry::{Entry, all as entries, insert as insert_entry, pin};
pub use step::{Taken, step, steps};
use step::{insert_step, steps_of};
pub use target::{AboutTarget, add as add_target, all as targets};

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
    /// When it began, as far as people found out.
    pub began_at: Option<Time>,
    pub detected_at: Time,
    pub reported_at: Time,
    /// Nobody when Portal's command line did.
    pub reported_by: Option<UserId>,
    pub reported_name: String,
    /// When somebody said last how it goes.
    pub updated_at: Option<Time>,
    /// Amazon was told, or need not be: when that was settled, and how.
    pub amazon: Option<(Time, String)>,
    /// It was told: the other way of settling is that it need not be.
    pub amazon_told: bool,
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

    /// Whether it may become a part of another one: a rehearsal asks less before it ends, and what few may see would be read by
    /// many.
    pub fn goes_into(&self, other: &Incident) -> bool {
        !other.progress.state.is_over() && self.drill == other.drill && (other.restricted || !self.restricted)
    }
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

/// Writes what changes of it: title, severity, beginning, restriction, the last word, Amazon, detection, what it was merged into.
pub async fn write(db: &impl ConnectionTrait, scope: &IncidentScope, incident: &Incident) -> Result<(), DbErr> {
    let text = "UPDATE incident SET title = $2, severity = $3, restricted = $4, updated_at = $5, amazon_settled_at = $6,
        amazon_settled_how = $7, merged_into = $8, detected_at = $9, began_at = $10, amazon_told = $11 WHERE id = $1";
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
        incident.began_at.into(),
        incident.amazon_told.into(),
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
    let text = "SELECT * FROM incident WHERE state NOT IN ('closed', 'dismissed', 'merged')
        AND team_id IN (SELECT id FROM team WHERE deleted_at IS NULL) ORDER BY id";
    let rows = db.query_all_raw(sql(db, text, [])).await?;
    read_all(db, rows).await
}

/// The Team's incidents that are not over, no drills, those that somebody judged first, then the newest: for what is done to all
/// of them, whoever may see them.
pub async fn open_of(db: &impl ConnectionTrait, scope: &TeamScope, most: i64) -> Result<Vec<Incident>, DbErr> {
    let text =
        "SELECT * FROM incident WHERE team_id = $1 AND drill = FALSE AND state NOT IN ('closed', 'dismissed', 'merged')
        ORDER BY state = 'reported', reported_at DESC, id DESC LIMIT $2";
    let rows = db.query_all_raw(sql(db, text, [scope.team().0.into(), most.into()])).await?;
    read_all(db, rows).await
}

/// Teams in which an incident is under way: somebody judged that it is one, and it is not over.
pub async fn under_way(db: &impl ConnectionTrait) -> Result<Vec<TeamId>, DbErr> {
    let text = "SELECT DISTINCT team_id FROM incident WHERE drill = FALSE
        AND state NOT IN ('reported', 'closed', 'dismissed', 'merged')";
    let rows = db.query_all_raw(sql(db, text, [])).await?;
    rows.iter().map(|row| row.try_get("", "team_id").map(TeamId)).collect()
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
        began_at: row.try_get("", "began_at")?,
        detected_at: row.try_get("", "detected_at")?,
        reported_at: row.try_get("", "reported_at")?,
        reported_by: row.try_get::<Option<Uuid>>("", "reported_by")?.map(UserId),
        reported_name: text("reported_name")?,
        updated_at: row.try_get("", "updated_at")?,
        amazon: settled.zip(how),
        amazon_told: row.try_get("", "amazon_told")?,
        merged_into: row.try_get::<Option<Uuid>>("", "merged_into")?.map(IncidentId),
        progress: Progress { state, reached: reached.map(|step| step.at).collect(), ended },
    })
}
