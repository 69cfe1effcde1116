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
        dialect::run(manager, DOWN).await?;
        dialect::drop(manager, &["audit_word"]).await
    }
}

const UP: &[&str] = &[
    // Each in the order of the page, so that the newest that fit are read and no others.
    "CREATE INDEX audit_event_by_action ON audit_event (team_id, action, at, id)",
    "CREATE INDEX audit_event_by_actor ON audit_event (team_id, actor_id, at, id)",
    "CREATE INDEX audit_event_by_target ON audit_event (team_id, target_id, at, id)",
    "CREATE INDEX audit_event_by_address ON audit_event (team_id, address, at, id)",
    // What did not go well is rare, and is what people look for.
    "CREATE INDEX audit_event_by_trouble ON audit_event (team_id, outcome, at, id) WHERE outcome <> 'ok'",
    "DROP INDEX audit_event_team_action",
    "DROP INDEX audit_event_team_actor",
    "DROP INDEX audit_event_team_target",
    // The words that free text is looked for in: names with their ids, reasons, addresses. Kept by the watch, each once.
    "CREATE TABLE audit_word (
        team_id {uuid} NOT NULL,
        field {text} NOT NULL,
        word {text} NOT NULL,
        folded {text} NOT NULL,
        id {uuid} NOT NULL,
        CONSTRAINT audit_word_pk PRIMARY KEY (team_id, field, word, id)
    ) {strict}",
];

const DOWN: &[&str] = &[
    "DROP INDEX audit_event_by_action",
    "DROP INDEX audit_event_by_actor",
    "DROP INDEX audit_event_by_target",
    "DROP INDEX audit_event_by_address",
    "DROP INDEX audit_event_by_trouble",
    "CREATE INDEX audit_event_team_action ON audit_event (team_id, action, at)",
    "CREATE INDEX audit_event_team_actor ON audit_event (team_id, actor_id, at)",
    "CREATE INDEX audit_event_team_target ON audit_event (team_id, target_id, at)",
];
