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
        dialect::drop(manager, &["audit_hold", "audit_horizon"]).await
    }
}

const UP: &[&str] = &[
    // Up to which place the log was pruned, as it was signed. Events below the largest may be gone, and no others.
    "CREATE TABLE audit_horizon (
        idx {bigint} NOT NULL CONSTRAINT audit_horizon_pk PRIMARY KEY,
        signed_at {time} NOT NULL,
        note {text} NOT NULL
    ) {strict}",
    // Orders not to prune a Team's log.
    "CREATE TABLE audit_hold (
        id {uuid} NOT NULL CONSTRAINT audit_hold_pk PRIMARY KEY,
        team_id {uuid} NOT NULL CONSTRAINT audit_hold_team_fk REFERENCES team (id),
        reason {text} NOT NULL,
        placed_at {time} NOT NULL,
        placed_by {uuid} NOT NULL,
        placed_name {text} NOT NULL,
        lifted_at {time},
        lifted_by {uuid},
        lifted_name {text}
    ) {strict}",
    "CREATE INDEX audit_hold_team ON audit_hold (team_id, placed_at)",
    // What stands is told by the log itself.
    "CREATE INDEX audit_event_holds ON audit_event (at) WHERE action IN ('hold.placed', 'hold.lifted')",
];

const UP_SQLITE: &[&str] = &[
    "DROP TRIGGER audit_event_no_delete",
    "CREATE TRIGGER audit_event_is_kept BEFORE DELETE ON audit_event
        WHEN NOT EXISTS (SELECT 1 FROM audit_leaf l WHERE l.event_id = OLD.id AND l.idx < (SELECT MAX(idx) FROM audit_horizon))
        BEGIN SELECT RAISE(ABORT, 'audit_event is append-only'); END",
    "DROP TRIGGER audit_leaf_no_delete",
    "CREATE TRIGGER audit_leaf_is_kept BEFORE DELETE ON audit_leaf
        WHEN OLD.idx >= COALESCE((SELECT MAX(idx) FROM audit_horizon), 0)
        BEGIN SELECT RAISE(ABORT, 'audit_leaf is append-only'); END",
    "DROP TRIGGER audit_checkpoint_no_delete",
    "CREATE TRIGGER audit_checkpoint_is_kept BEFORE DELETE ON audit_checkpoint
        WHEN OLD.size >= COALESCE((SELECT MAX(idx) FROM audit_horizon), 0)
        BEGIN SELECT RAISE(ABORT, 'audit_checkpoint is append-only'); END",
    "CREATE TRIGGER audit_horizon_no_update BEFORE UPDATE ON audit_horizon
        BEGIN SELECT RAISE(ABORT, 'audit_horizon is append-only'); END",
    "CREATE TRIGGER audit_horizon_no_delete BEFORE DELETE ON audit_horizon
        BEGIN SELECT RAISE(ABORT, 'audit_horizon is append-only'); END",
];

const UP_POSTGRES: &[&str] = &[
    "CREATE FUNCTION audit_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE horizon bigint := COALESCE((SELECT MAX(idx) FROM audit_horizon), 0); old_place bigint;
        BEGIN
            IF TG_TABLE_NAME = 'audit_event' THEN
                SELECT idx INTO old_place FROM audit_leaf WHERE event_id = OLD.id;
            ELSIF TG_TABLE_NAME = 'audit_leaf' THEN
                old_place := OLD.idx;
            ELSE
                old_place := OLD.size;
            END IF;
            IF old_place < horizon THEN RETURN OLD; END IF;
            RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
        END $$",
    // Nobody who may make temporary tables puts others in the places of these.
    "ALTER FUNCTION audit_is_kept() SET search_path = pg_catalog, public, pg_temp",
    "ALTER FUNCTION audit_event_waits() SET search_path = pg_catalog, public, pg_temp",
    "DROP TRIGGER audit_event_no_change ON audit_event",
    "CREATE TRIGGER audit_event_no_update BEFORE UPDATE ON audit_event
        FOR EACH ROW EXECUTE FUNCTION audit_event_is_append_only()",
    "CREATE TRIGGER audit_event_is_kept BEFORE DELETE ON audit_event FOR EACH ROW EXECUTE FUNCTION audit_is_kept()",
    "DROP TRIGGER audit_leaf_no_change ON audit_leaf",
    "CREATE TRIGGER audit_leaf_no_update BEFORE UPDATE ON audit_leaf
        FOR EACH ROW EXECUTE FUNCTION audit_is_append_only()",
    "CREATE TRIGGER audit_leaf_is_kept BEFORE DELETE ON audit_leaf FOR EACH ROW EXECUTE FUNCTION audit_is_kept()",
    "DROP TRIGGER audit_checkpoint_no_delete ON audit_checkpoint",
    "CREATE TRIGGER audit_checkpoint_is_kept BEFORE DELETE ON audit_checkpoint
        FOR EACH ROW EXECUTE FUNCTION audit_is_kept()",
    "CREATE TRIGGER audit_horizon_no_change BEFORE UPDATE OR DELETE ON audit_horizon
        FOR EACH ROW EXECUTE FUNCTION audit_is_append_only()",
    "CREATE TRIGGER audit_horizon_no_truncate BEFORE TRUNCATE ON audit_horizon
        FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()",
];

const DOWN_SQLITE: &[&str] = &[
    "DROP INDEX audit_event_holds",
    "DROP TRIGGER audit_event_is_kept",
    "CREATE TRIGGER audit_event_no_delete BEFORE DELETE ON audit_event
        BEGIN SELECT RAISE(ABORT, 'audit_event is append-only'); END",
    "DROP TRIGGER audit_leaf_is_kept",
    "CREATE TRIGGER audit_leaf_no_delete BEFORE DELETE ON audit_leaf
        BEGIN SELECT RAISE(ABORT, 'audit_leaf is append-only'); END",
    "DROP TRIGGER audit_checkpoint_is_kept",
    "CREATE TRIGGER audit_checkpoint_no_delete BEFORE DELETE ON audit_checkpoint
        BEGIN SELECT RAISE(ABORT, 'audit_checkpoint is append-only'); END",
];

const DOWN_POSTGRES: &[&str] = &[
    "DROP INDEX audit_event_holds",
    "ALTER FUNCTION audit_event_waits() RESET search_path",
    "DROP TRIGGER audit_event_is_kept ON audit_event",
    "DROP TRIGGER audit_event_no_update ON audit_event",
    "CREATE TRIGGER audit_event_no_change BEFORE UPDATE OR DELETE ON audit_event
        FOR EACH ROW EXECUTE FUNCTION audit_event_is_append_only()",
    "DROP TRIGGER audit_leaf_is_kept ON audit_leaf",
    "DROP TRIGGER audit_leaf_no_update ON audit_leaf",
    "CREATE TRIGGER audit_leaf_no_change BEFORE UPDATE OR DELETE ON audit_leaf
        FOR EACH ROW EXECUTE FUNCTION audit_is_append_only()",
    "DROP TRIGGER audit_checkpoint_is_kept ON audit_checkpoint",
    "CREATE TRIGGER audit_checkpoint_no_delete BEFORE DELETE ON audit_checkpoint
        FOR EACH ROW EXECUTE FUNCTION audit_is_append_only()",
    "DROP TRIGGER audit_horizon_no_change ON audit_horizon",
    "DROP TRIGGER audit_horizon_no_truncate ON audit_horizon",
    "DROP FUNCTION audit_is_kept()",
];
