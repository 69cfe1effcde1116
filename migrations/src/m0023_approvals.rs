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
        dialect::drop(manager, &["approval"]).await?;
        dialect::run(manager, &["ALTER TABLE team DROP COLUMN deleted_at"]).await
    }
}

/// What one person asks for and another one approves; and Teams of which only the log is left.
const UP: &[&str] = &[
    "ALTER TABLE team ADD COLUMN deleted_at {time}",
    "CREATE TABLE approval (
        id {uuid} NOT NULL CONSTRAINT approval_pk PRIMARY KEY,
        team_id {uuid} NOT NULL CONSTRAINT approval_team_fk REFERENCES team (id),
        act {text} NOT NULL,
        asked_at {time} NOT NULL,
        asked_by {uuid} NOT NULL,
        asked_name {text} NOT NULL,
        given_at {time},
        given_by {uuid},
        given_name {text},
        ended_at {time},
        CONSTRAINT approval_by_another CHECK
            ((given_at IS NULL) = (given_by IS NULL) AND (given_by IS NULL OR given_by <> asked_by))
    ) {strict}",
    "CREATE INDEX approval_team ON approval (team_id, asked_at)",
];
