//! What people were told of an incident's clocks.

use model::{Time, ids::IncidentId};
use sea_orm::entity::prelude::*;

use super::Incident;
use crate::store::sql;

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
