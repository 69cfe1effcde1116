//! The steps of an incident: one row a state, so that no two people take one step.

use std::collections::HashMap;

use model::{
    Time,
    ids::{IncidentId, TeamId, UserId},
    incident::State,
};
use sea_orm::entity::prelude::*;

use crate::{
    incidents::IncidentScope,
    store::{sql, stored},
};

/// A step that was taken, and who said so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    pub state: State,
    pub at: Time,
    pub by: Option<UserId>,
    pub name: String,
    pub note: String,
}

pub(super) async fn insert_step(
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

/// What was done in it so far.
pub async fn steps(db: &impl ConnectionTrait, id: IncidentId) -> Result<Vec<Taken>, DbErr> {
    Ok(steps_of(db, &[id]).await?.remove(&id).unwrap_or_default())
}

pub(super) async fn steps_of(
    db: &impl ConnectionTrait,
    ids: &[IncidentId],
) -> Result<HashMap<IncidentId, Vec<Taken>>, DbErr> {
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
