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
    // How many days before its end people were told of it the last time.
    "ALTER TABLE gateway_key ADD COLUMN told_days {int}",
    "CREATE INDEX gateway_key_ends ON gateway_key (expires_at) WHERE revoked_at IS NULL",
    // The last issue of each connection of a Team.
    "CREATE INDEX lease_team ON lease (team_id, connection_id, issued_at)",
];

const DOWN: &[&str] =
    &["DROP INDEX lease_team", "DROP INDEX gateway_key_ends", "ALTER TABLE gateway_key DROP COLUMN told_days"];
