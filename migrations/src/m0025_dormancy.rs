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
        dialect::run(manager, DOWN).await
    }
}

const UP: &[&str] = &[
    // Of which last use the person was warned, after how many days, and when that was; and when an operator let them in again.
    "ALTER TABLE \"user\" ADD COLUMN warned_of {time}",
    "ALTER TABLE \"user\" ADD COLUMN warned_days {int} NOT NULL DEFAULT 0",
    "ALTER TABLE \"user\" ADD COLUMN warned_at {time}",
    "ALTER TABLE \"user\" ADD COLUMN enabled_at {time}",
    "CREATE INDEX session_last_seen ON session (user_id, last_seen_at)",
];

const DOWN: &[&str] = &[
    "DROP INDEX session_last_seen",
    "ALTER TABLE \"user\" DROP COLUMN enabled_at",
    "ALTER TABLE \"user\" DROP COLUMN warned_at",
    "ALTER TABLE \"user\" DROP COLUMN warned_days",
    "ALTER TABLE \"user\" DROP COLUMN warned_of",
];
