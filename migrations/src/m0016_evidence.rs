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
        dialect::run(manager, &["DROP INDEX audit_event_evidence"]).await?;
        dialect::drop(manager, &["custody", "evidence"]).await?;
        match manager.get_connection().get_database_backend() {
            DbBackend::Sqlite => Ok(()),
            _ => dialect::run(manager, &["DROP FUNCTION evidence_is_written_once()"]).await,
        }
    }
}

const UP: &[&str] = &[
    // Sealed, with the hash that it had when it was taken in; the event that says so in the log as well.
    "CREATE TABLE evidence (
        id {uuid} NOT NULL CONSTRAINT evidence_pk PRIMARY KEY,
        incident_id {uuid} NOT NULL CONSTRAINT evidence_incident_fk REFERENCES incident (id),
        team_id {uuid} NOT NULL,
        kind {text} NOT NULL,
        name {text} NOT NULL,
        media {text} NOT NULL,
        size {bigint} NOT NULL,
        sha256 {bytes} NOT NULL,
        content {bytes} NOT NULL,
        taken_at {time} NOT NULL,
        taken_by {uuid},
        taken_name {text} NOT NULL,
        event_id {uuid} NOT NULL
    ) {strict}",
    "CREATE INDEX evidence_incident ON evidence (incident_id, taken_at)",
    // Who had it in hand, and what for.
    "CREATE TABLE custody (
        id {uuid} NOT NULL CONSTRAINT custody_pk PRIMARY KEY,
        evidence_id {uuid} NOT NULL CONSTRAINT custody_evidence_fk REFERENCES evidence (id),
        team_id {uuid} NOT NULL,
        act {text} NOT NULL,
        at {time} NOT NULL,
        by_id {uuid},
        by_name {text} NOT NULL
    ) {strict}",
    "CREATE INDEX custody_evidence ON custody (evidence_id, at)",
    // Whether a piece is gone that the log speaks of is asked every day.
    "CREATE INDEX audit_event_evidence ON audit_event (at) WHERE action = 'evidence.taken'",
];

const GUARDS_SQLITE: &[&str] = &[
    "CREATE TRIGGER evidence_no_update BEFORE UPDATE ON evidence
        BEGIN SELECT RAISE(ABORT, 'evidence is written once'); END",
    "CREATE TRIGGER evidence_no_delete BEFORE DELETE ON evidence
        BEGIN SELECT RAISE(ABORT, 'evidence is written once'); END",
    // A row that replaces another one fires no trigger of deletion.
    "CREATE TRIGGER evidence_no_replace BEFORE INSERT ON evidence WHEN EXISTS (SELECT 1 FROM evidence WHERE id = NEW.id)
        BEGIN SELECT RAISE(ABORT, 'evidence is written once'); END",
    "CREATE TRIGGER custody_no_replace BEFORE INSERT ON custody WHEN EXISTS (SELECT 1 FROM custody WHERE id = NEW.id)
        BEGIN SELECT RAISE(ABORT, 'custody is written once'); END",
    "CREATE TRIGGER custody_no_update BEFORE UPDATE ON custody
        BEGIN SELECT RAISE(ABORT, 'custody is written once'); END",
    "CREATE TRIGGER custody_no_delete BEFORE DELETE ON custody
        BEGIN SELECT RAISE(ABORT, 'custody is written once'); END",
];

const GUARDS_POSTGRES: &[&str] = &[
    "CREATE FUNCTION evidence_is_written_once() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION '% is written once', TG_TABLE_NAME; END $$",
    "CREATE TRIGGER evidence_no_change BEFORE UPDATE OR DELETE ON evidence
        FOR EACH ROW EXECUTE FUNCTION evidence_is_written_once()",
    "CREATE TRIGGER evidence_no_truncate BEFORE TRUNCATE ON evidence
        FOR EACH STATEMENT EXECUTE FUNCTION evidence_is_written_once()",
    "CREATE TRIGGER custody_no_change BEFORE UPDATE OR DELETE ON custody
        FOR EACH ROW EXECUTE FUNCTION evidence_is_written_once()",
    "CREATE TRIGGER custody_no_truncate BEFORE TRUNCATE ON custody
        FOR EACH STATEMENT EXECUTE FUNCTION evidence_is_written_once()",
];
