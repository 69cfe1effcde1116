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
    // A mail that must not go out is written into the same index as one that must, so that both take as long.
    "DROP INDEX mail_outbox_due",
    "CREATE INDEX mail_outbox_waiting ON mail_outbox (failed_at, sent_at, next_attempt_at)",
    // The person's authority changed then: the next request gives the browser a new id.
    "ALTER TABLE session ADD COLUMN renew_since {time}",
    // The last issue of each connection of a Team.
    "CREATE INDEX lease_team ON lease (team_id, connection_id, issued_at)",
];

const DOWN: &[&str] = &[
    "DROP INDEX lease_team",
    "DROP INDEX mail_outbox_waiting",
    "CREATE INDEX mail_outbox_due ON mail_outbox (next_attempt_at) WHERE sent_at IS NULL AND failed_at IS NULL",
    "ALTER TABLE session DROP COLUMN renew_since",
    "DROP INDEX gateway_key_ends",
    "ALTER TABLE gateway_key DROP COLUMN told_days",
];
