//! What an incident is about.

use model::incident::TargetKind;
use sea_orm::{QueryResult, entity::prelude::*};

use crate::{
    incidents::IncidentScope,
    store::{sql, stored},
};

/// A thing that an incident is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AboutTarget {
    pub kind: TargetKind,
    pub id: Uuid,
    pub name: String,
}

/// Adds a thing that it is about; nothing happens when it is there.
pub async fn add(db: &impl ConnectionTrait, scope: &IncidentScope, target: &AboutTarget) -> Result<(), DbErr> {
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

pub async fn all(db: &impl ConnectionTrait, scope: &IncidentScope) -> Result<Vec<AboutTarget>, DbErr> {
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
