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
        dialect::drop(manager, &["rate_limit", "mail_outbox", "data_key"]).await
    }
}

const UP: &[&str] = &[
    // A key that encrypts a Team's records (or the installation's, without a team). Wrapped by the key-encryption key.
    "CREATE TABLE data_key (
        id {uuid} NOT NULL CONSTRAINT data_key_pk PRIMARY KEY,
        team_id {uuid},
        version {int} NOT NULL,
        kek_id {text} NOT NULL,
        wrapped {bytes} NOT NULL,
        sealed_count {bigint} NOT NULL,
        created_at {time} NOT NULL,
        replaced_at {time},
        CONSTRAINT data_key_version_positive CHECK (version > 0)
    ) {strict}",
    "CREATE UNIQUE INDEX data_key_team_version ON data_key (team_id, version) WHERE team_id IS NOT NULL",
    "CREATE UNIQUE INDEX data_key_installation_version ON data_key (version) WHERE team_id IS NULL",
    "CREATE TABLE mail_outbox (
        id {uuid} NOT NULL CONSTRAINT mail_outbox_pk PRIMARY KEY,
        recipient {text} NOT NULL,
        kind {text} NOT NULL,
        sealed_body {bytes} NOT NULL,
        created_at {time} NOT NULL,
        next_attempt_at {time} NOT NULL,
        attempts {int} NOT NULL,
        sent_at {time},
        failed_at {time},
        last_error {text}
    ) {strict}",
    "CREATE INDEX mail_outbox_due ON mail_outbox (next_attempt_at) WHERE sent_at IS NULL AND failed_at IS NULL",
    // One row a bucket: the theoretical arrival time of the generic cell rate algorithm.
    "CREATE TABLE rate_limit (
        bucket {text} NOT NULL CONSTRAINT rate_limit_pk PRIMARY KEY,
        full_at {time} NOT NULL
    ) {strict}",
];
