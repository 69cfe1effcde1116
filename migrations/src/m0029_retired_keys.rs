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
            DbBackend::Sqlite => dialect::run(manager, FENCE_SQLITE).await,
            _ => dialect::run(manager, FENCE_POSTGRES).await,
        }
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        match manager.get_connection().get_database_backend() {
            DbBackend::Sqlite => {
                let triggers = ["DROP TRIGGER data_key_insert_fence", "DROP TRIGGER data_key_rewrap_fence"];
                dialect::run(manager, &triggers).await?;
            }
            _ => {
                dialect::run(manager, &["DROP TRIGGER data_key_fence ON data_key", "DROP FUNCTION data_key_fence()"])
                    .await?;
            }
        }
        dialect::drop(manager, &["retired_master_key"]).await
    }
}

const UP: &[&str] = &[
    // Master keys that wrap nothing any more. A process that slept through the retirement, or has an old file, would lose what it
    // wraps with one.
    "CREATE TABLE retired_master_key (
        kek_id {text} NOT NULL CONSTRAINT retired_master_key_pk PRIMARY KEY,
        retired_at {time} NOT NULL
    ) {strict}",
];

const FENCE_SQLITE: &[&str] = &[
    "CREATE TRIGGER data_key_insert_fence BEFORE INSERT ON data_key
        WHEN EXISTS (SELECT 1 FROM retired_master_key r WHERE r.kek_id = NEW.kek_id)
        BEGIN SELECT RAISE(ABORT, 'the master key is retired'); END",
    "CREATE TRIGGER data_key_rewrap_fence BEFORE UPDATE OF kek_id ON data_key
        WHEN EXISTS (SELECT 1 FROM retired_master_key r WHERE r.kek_id = NEW.kek_id)
        BEGIN SELECT RAISE(ABORT, 'the master key is retired'); END",
];

const FENCE_POSTGRES: &[&str] = &[
    "CREATE FUNCTION data_key_fence() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (SELECT 1 FROM retired_master_key r WHERE r.kek_id = NEW.kek_id) THEN
                RAISE EXCEPTION 'the master key is retired';
            END IF;
            RETURN NEW;
        END $$",
    "CREATE TRIGGER data_key_fence BEFORE INSERT OR UPDATE OF kek_id ON data_key
        FOR EACH ROW EXECUTE FUNCTION data_key_fence()",
];
