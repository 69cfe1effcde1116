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
    // A keyed hash of the refresh token: one grant is one connection, whatever Seller ID somebody declares for it.
    "ALTER TABLE connection ADD COLUMN grant_mac {bytes}",
    "CREATE UNIQUE INDEX connection_token_key ON connection (team_id, grant_mac) WHERE grant_mac IS NOT NULL",
    // The last time that the grant was tested, and with which word it failed then.
    "ALTER TABLE connection ADD COLUMN tested_at {time}",
    "ALTER TABLE connection ADD COLUMN test_failure {text}",
    "CREATE INDEX connection_tested ON connection (tested_at) WHERE state = 'active'",
    // A removed app stays for the connections that it once served; its secrets go.
    "ALTER TABLE lwa_app ADD COLUMN removed_at {time}",
    "DROP INDEX lwa_app_client_key",
    "CREATE UNIQUE INDEX lwa_app_client_live ON lwa_app (team_id, client_id) WHERE removed_at IS NULL",
];

const DOWN: &[&str] = &[
    "DROP INDEX lwa_app_client_live",
    // A removed app may have been added again: its old row must not be in the way of the index.
    "UPDATE lwa_app SET client_id = client_id || ' removed ' || CAST(removed_at AS TEXT) WHERE removed_at IS NOT NULL",
    "CREATE UNIQUE INDEX lwa_app_client_key ON lwa_app (team_id, client_id)",
    "ALTER TABLE lwa_app DROP COLUMN removed_at",
    "DROP INDEX connection_tested",
    "ALTER TABLE connection DROP COLUMN test_failure",
    "ALTER TABLE connection DROP COLUMN tested_at",
    "DROP INDEX connection_token_key",
    "ALTER TABLE connection DROP COLUMN grant_mac",
];
