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
        dialect::drop(manager, &["webhook_delivery", "webhook"]).await
    }
}

const UP: &[&str] = &[
    "CREATE TABLE webhook (
        id {uuid} NOT NULL CONSTRAINT webhook_pk PRIMARY KEY,
        team_id {uuid} NOT NULL CONSTRAINT webhook_team_key UNIQUE CONSTRAINT webhook_team_fk REFERENCES team (id),
        url {text} NOT NULL,
        secret {bytes} NOT NULL,
        created_by {uuid} NOT NULL,
        created_at {time} NOT NULL
    ) {strict}",
    "CREATE TABLE webhook_delivery (
        id {uuid} NOT NULL CONSTRAINT webhook_delivery_pk PRIMARY KEY,
        team_id {uuid} NOT NULL CONSTRAINT webhook_delivery_team_fk REFERENCES team (id),
        kind {text} NOT NULL,
        body {text} NOT NULL,
        created_at {time} NOT NULL,
        attempts {int} NOT NULL,
        due_at {time},
        sent_at {time},
        failed_at {time},
        answer {text}
    ) {strict}",
    "CREATE INDEX webhook_delivery_due ON webhook_delivery (due_at) WHERE due_at IS NOT NULL",
    "CREATE INDEX webhook_delivery_team ON webhook_delivery (team_id, created_at)",
];
