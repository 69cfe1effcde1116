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
            DbBackend::Sqlite => dialect::run(manager, UP_SQLITE).await,
            _ => dialect::run(manager, UP_POSTGRES).await,
        }
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        match manager.get_connection().get_database_backend() {
            DbBackend::Sqlite => dialect::run(manager, DOWN_SQLITE).await?,
            _ => dialect::run(manager, DOWN_POSTGRES).await?,
        }
        dialect::drop(manager, &["audit_witness", "audit_checkpoint", "audit_tile", "audit_leaf", "audit_pending"]).await?;
        dialect::run(manager, &["ALTER TABLE audit_event DROP COLUMN mac"]).await
    }
}

const UP: &[&str] = &[
    // By whoever holds the keys and not the database alone: what somebody else inserts is never taken into the tree.
    "ALTER TABLE audit_event ADD COLUMN mac {bytes}",
    // Committed events that have no place in the tree yet.
    "CREATE TABLE audit_pending (
        event_id {uuid} NOT NULL CONSTRAINT audit_pending_pk PRIMARY KEY,
        refused_at {time}
    ) {strict}",
    // The place of each event. In a table of its own, since an event's row never changes.
    "CREATE TABLE audit_leaf (
        idx {bigint} NOT NULL CONSTRAINT audit_leaf_pk PRIMARY KEY,
        event_id {uuid} NOT NULL CONSTRAINT audit_leaf_event_key UNIQUE
    ) {strict}",
    // The tree in tiles of up to 256 hashes, as C2SP tlog-tiles cuts it.
    "CREATE TABLE audit_tile (
        level {int} NOT NULL,
        n {bigint} NOT NULL,
        hashes {bytes} NOT NULL,
        CONSTRAINT audit_tile_pk PRIMARY KEY (level, n)
    ) {strict}",
    // Signed heads of the tree, one a size.
    "CREATE TABLE audit_checkpoint (
        size {bigint} NOT NULL CONSTRAINT audit_checkpoint_pk PRIMARY KEY,
        signed_at {time} NOT NULL,
        note {text} NOT NULL
    ) {strict}",
    // What each witness has seen last, as it signed it.
    "CREATE TABLE audit_witness (
        name {text} NOT NULL CONSTRAINT audit_witness_pk PRIMARY KEY,
        size {bigint} NOT NULL,
        seen_at {time} NOT NULL,
        note {text} NOT NULL
    ) {strict}",
];

const UP_SQLITE: &[&str] = &[
    "CREATE TRIGGER audit_event_waits AFTER INSERT ON audit_event
        BEGIN INSERT INTO audit_pending (event_id) VALUES (NEW.id); END",
    "CREATE TRIGGER audit_leaf_no_update BEFORE UPDATE ON audit_leaf
        BEGIN SELECT RAISE(ABORT, 'audit_leaf is append-only'); END",
    "CREATE TRIGGER audit_leaf_no_delete BEFORE DELETE ON audit_leaf
        BEGIN SELECT RAISE(ABORT, 'audit_leaf is append-only'); END",
    // A tile grows to the right and never changes.
    "CREATE TRIGGER audit_tile_grows BEFORE UPDATE ON audit_tile
        WHEN NEW.level <> OLD.level OR NEW.n <> OLD.n OR substr(NEW.hashes, 1, length(OLD.hashes)) <> OLD.hashes
        BEGIN SELECT RAISE(ABORT, 'audit_tile is append-only'); END",
    "CREATE TRIGGER audit_tile_no_delete BEFORE DELETE ON audit_tile
        BEGIN SELECT RAISE(ABORT, 'audit_tile is append-only'); END",
    "CREATE TRIGGER audit_checkpoint_no_delete BEFORE DELETE ON audit_checkpoint
        BEGIN SELECT RAISE(ABORT, 'audit_checkpoint is append-only'); END",
];

const UP_POSTGRES: &[&str] = &[
    "CREATE FUNCTION audit_event_waits() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO audit_pending (event_id) SELECT id FROM added; RETURN NULL; END $$",
    "CREATE TRIGGER audit_event_waits AFTER INSERT ON audit_event REFERENCING NEW TABLE AS added
        FOR EACH STATEMENT EXECUTE FUNCTION audit_event_waits()",
    "CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$",
    "CREATE TRIGGER audit_leaf_no_change BEFORE UPDATE OR DELETE ON audit_leaf
        FOR EACH ROW EXECUTE FUNCTION audit_is_append_only()",
    "CREATE TRIGGER audit_leaf_no_truncate BEFORE TRUNCATE ON audit_leaf
        FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()",
    "CREATE TRIGGER audit_tile_grows BEFORE UPDATE ON audit_tile FOR EACH ROW
        WHEN (NEW.level <> OLD.level OR NEW.n <> OLD.n OR substr(NEW.hashes, 1, length(OLD.hashes)) <> OLD.hashes)
        EXECUTE FUNCTION audit_is_append_only()",
    "CREATE TRIGGER audit_tile_no_delete BEFORE DELETE ON audit_tile
        FOR EACH ROW EXECUTE FUNCTION audit_is_append_only()",
    "CREATE TRIGGER audit_tile_no_truncate BEFORE TRUNCATE ON audit_tile
        FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()",
    "CREATE TRIGGER audit_checkpoint_no_delete BEFORE DELETE ON audit_checkpoint
        FOR EACH ROW EXECUTE FUNCTION audit_is_append_only()",
    "CREATE TRIGGER audit_checkpoint_no_truncate BEFORE TRUNCATE ON audit_checkpoint
        FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()",
];

const DOWN_SQLITE: &[&str] = &["DROP TRIGGER audit_event_waits"];

const DOWN_POSTGRES: &[&str] = &[
    "DROP TRIGGER audit_event_waits ON audit_event",
    "DROP FUNCTION audit_event_waits()",
    "DROP TRIGGER audit_leaf_no_change ON audit_leaf",
    "DROP TRIGGER audit_leaf_no_truncate ON audit_leaf",
    "DROP TRIGGER audit_tile_grows ON audit_tile",
    "DROP TRIGGER audit_tile_no_delete ON audit_tile",
    "DROP TRIGGER audit_tile_no_truncate ON audit_tile",
    "DROP TRIGGER audit_checkpoint_no_delete ON audit_checkpoint",
    "DROP TRIGGER audit_checkpoint_no_truncate ON audit_checkpoint",
    "DROP FUNCTION audit_is_append_only()",
];
