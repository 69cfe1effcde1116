//! Who does what in an incident.

use model::{Time, ids::UserId, incident::Duty};
use sea_orm::{QueryResult, entity::prelude::*};

use crate::{
    incidents::IncidentScope,
    store::{sql, stored},
};

/// A person with a duty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnDuty {
    pub duty: Duty,
    pub user: UserId,
    pub name: String,
    pub since: Time,
}

/// Gives a duty to one person, whoever had it. One statement: there is one person at any time.
pub async fn give(db: &impl ConnectionTrait, scope: &IncidentScope, on: &OnDuty) -> Result<(), DbErr> {
    let text = "INSERT INTO incident_duty (incident_id, team_id, duty, user_id, name, since) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (incident_id, duty) DO UPDATE SET user_id = EXCLUDED.user_id, name = EXCLUDED.name, since = EXCLUDED.since";
    let values = [
        scope.id().0.into(),
        scope.team().team().0.into(),
        on.duty.as_str().into(),
        on.user.0.into(),
        on.name.clone().into(),
        on.since.into(),
    ];
    db.execute_raw(sql(db, text, values)).await.map(|_| ())
}

/// Everybody with a duty, the commander first.
pub async fn all(db: &impl ConnectionTrait, id: model::ids::IncidentId) -> Result<Vec<OnDuty>, DbErr> {
    let text = "SELECT duty, user_id, name, since FROM incident_duty WHERE incident_id = $1";
    let rows = db.query_all_raw(sql(db, text, [id.0.into()])).await?;
    let read = |row: QueryResult| {
        let duty: String = row.try_get("", "duty")?;
        Ok(OnDuty {
            duty: stored(Duty::parse(&duty), "duty")?,
            user: UserId(row.try_get("", "user_id")?),
            name: row.try_get("", "name")?,
            since: row.try_get("", "since")?,
        })
    };
    let mut all = rows.into_iter().map(read).collect::<Result<Vec<OnDuty>, DbErr>>()?;
    all.sort_by_key(|on| on.duty);
    Ok(all)
}
