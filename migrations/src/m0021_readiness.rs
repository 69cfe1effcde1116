use sea_orm_migration::prelude::*;

use crate::dialect;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, UP).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::drop(manager, &["drill", "incident_plan"]).await
    }
}

const UP: &[&str] = &[
    // When somebody looked at the plan last, and found it right.
    "CREATE TABLE incident_plan (
        team_id {uuid} NOT NULL CONSTRAINT incident_plan_pk PRIMARY KEY
            CONSTRAINT incident_plan_team_fk REFERENCES team (id),
        reviewed_at {time} NOT NULL,
        reviewed_name {text} NOT NULL,
        note {text} NOT NULL
    ) {strict}",
    "CREATE TABLE drill (
        id {uuid} NOT NULL CONSTRAINT drill_pk PRIMARY KEY,
        team_id {uuid} NOT NULL CONSTRAINT drill_team_fk REFERENCES team (id),
        kind {text} NOT NULL,
        asked_at {time} NOT NULL,
        asked_name {text} NOT NULL,
        started_at {time},
        ended_at {time},
        passed {bool},
        report {text},
        incident_id {uuid} CONSTRAINT drill_incident_fk REFERENCES incident (id)
    ) {strict}",
    "CREATE INDEX drill_team ON drill (team_id, asked_at)",
    "CREATE INDEX drill_asked ON drill (asked_at) WHERE ended_at IS NULL",
];
