use sea_orm_migration::{
    prelude::*,
    sea_orm::{ConnectionTrait, DbBackend},
};

use crate::dialect;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, UP).await?;
        match manager.get_connection().get_database_backend() {
            DbBackend::Sqlite => dialect::run(manager, GUARDS_SQLITE).await,
            _ => dialect::run(manager, GUARDS_POSTGRES).await,
        }
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::drop(manager, &["audit_event"]).await?;
        match manager.get_connection().get_database_backend() {
            DbBackend::Sqlite => Ok(()),
            _ => dialect::run(manager, &["DROP FUNCTION audit_event_is_append_only()"]).await,
        }
    }
}

const UP: &[&str] = &[
    // Names stand beside ids, so that an event can be read when its actor or target is gone.
    "CREATE TABLE audit_event (
        id {uuid} NOT NULL CONSTRAINT audit_event_pk PRIMARY KEY,
        team_id {uuid},
        at {time} NOT NULL,
        actor_kind {text} NOT NULL CONSTRAINT audit_event_actor_known
            CHECK (actor_kind IN ('user', 'gateway', 'system', 'anonymous')),
        actor_id {uuid},
        actor_name {text} NOT NULL,
        on_behalf_of {uuid},
        action {text} NOT NULL,
        target_kind {text},
        target_id {uuid},
        target_name {text},
        outcome {text} NOT NULL CONSTRAINT audit_event_outcome_known CHECK (outcome IN ('ok', 'refused', 'failed')),
        reason {text},
        credential_id {uuid},
        request_id {uuid} NOT NULL,
        address {text},
        agent {text},
        details {text} NOT NULL
    ) {strict}",
    "CREATE INDEX audit_event_team_at ON audit_event (team_id, at, id)",
    "CREATE INDEX audit_event_team_action ON audit_event (team_id, action, at)",
    "CREATE INDEX audit_event_team_actor ON audit_event (team_id, actor_id, at)",
    "CREATE INDEX audit_event_team_target ON audit_event (team_id, target_id, at)",
];

const GUARDS_SQLITE: &[&str] = &[
    "CREATE TRIGGER audit_event_no_update BEFORE UPDATE ON audit_event
        BEGIN SELECT RAISE(ABORT, 'audit_event is append-only'); END",
    "CREATE TRIGGER audit_event_no_delete BEFORE DELETE ON audit_event
        BEGIN SELECT RAISE(ABORT, 'audit_event is append-only'); END",
];

const GUARDS_POSTGRES: &[&str] = &[
    "CREATE FUNCTION audit_event_is_append_only() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'audit_event is append-only'; END $$",
    "CREATE TRIGGER audit_event_no_change BEFORE UPDATE OR DELETE ON audit_event
        FOR EACH ROW EXECUTE FUNCTION audit_event_is_append_only()",
    "CREATE TRIGGER audit_event_no_truncate BEFORE TRUNCATE ON audit_event
        FOR EACH STATEMENT EXECUTE FUNCTION audit_event_is_append_only()",
];
