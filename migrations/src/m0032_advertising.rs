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
    "ALTER TABLE lwa_app ADD COLUMN api {text} NOT NULL DEFAULT 'sp_api' CONSTRAINT lwa_app_api_known CHECK (api IN ('sp_api', 'ads'))",
    // The profile of the Advertising API that it is for; a connection without one is for SP-API.
    "ALTER TABLE connection ADD COLUMN profile_id {text}",
    "DROP INDEX connection_grant_key",
    "CREATE UNIQUE INDEX connection_grant_key ON connection (team_id, lwa_app_id, seller_id, region)
        WHERE state <> 'disconnected' AND profile_id IS NULL",
    // One grant of the Advertising API reaches many profiles, each of them once.
    "CREATE UNIQUE INDEX connection_profile_key ON connection (team_id, lwa_app_id, profile_id)
        WHERE state <> 'disconnected' AND profile_id IS NOT NULL",
    "DROP INDEX connection_token_key",
    "CREATE UNIQUE INDEX connection_token_key ON connection (team_id, grant_mac) WHERE grant_mac IS NOT NULL AND profile_id IS NULL",
    // A proved grant of the Advertising API, until somebody has chosen of its profiles.
    "CREATE TABLE profile_choice (
        id {uuid} NOT NULL CONSTRAINT profile_choice_pk PRIMARY KEY,
        team_id {uuid} NOT NULL CONSTRAINT profile_choice_team_fk REFERENCES team (id),
        lwa_app_id {uuid} NOT NULL,
        region {text} NOT NULL,
        refresh_token {bytes} NOT NULL,
        grant_mac {bytes} NOT NULL,
        profiles {bytes} NOT NULL,
        authorized_at {time} NOT NULL,
        created_by {uuid} NOT NULL CONSTRAINT profile_choice_creator_fk REFERENCES \"user\" (id),
        created_at {time} NOT NULL,
        expires_at {time} NOT NULL
    ) {strict}",
];

const DOWN: &[&str] = &[
    "DROP TABLE profile_choice",
    // An older Portal would take them for grants of SP-API: what it cannot serve is shredded, and has an account that it can read.
    "DELETE FROM gateway_connection WHERE connection_id IN (SELECT id FROM connection WHERE profile_id IS NOT NULL)",
    "UPDATE notification_key SET secret = {empty}, revoked_at = COALESCE(revoked_at, created_at)
        WHERE connection_id IN (SELECT id FROM connection WHERE profile_id IS NOT NULL)",
    "UPDATE connection SET state = 'disconnected', refresh_token = NULL, grant_mac = NULL, access_token = NULL,
        access_issued_at = NULL, access_expires_at = NULL, disconnected_at = COALESCE(disconnected_at, created_at),
        seller_id = 'AFROMADVERTISING'
        WHERE profile_id IS NOT NULL",
    "UPDATE lwa_app SET removed_at = COALESCE(removed_at, created_at), secret = {empty}, other_slot = 'empty', other_secret = NULL,
        other_made_at = NULL, other_until = NULL
        WHERE api = 'ads'",
    "DROP INDEX connection_token_key",
    "CREATE UNIQUE INDEX connection_token_key ON connection (team_id, grant_mac) WHERE grant_mac IS NOT NULL",
    "DROP INDEX connection_profile_key",
    "DROP INDEX connection_grant_key",
    "CREATE UNIQUE INDEX connection_grant_key ON connection (team_id, lwa_app_id, seller_id, region)
        WHERE state <> 'disconnected'",
    "ALTER TABLE connection DROP COLUMN profile_id",
    "ALTER TABLE lwa_app DROP COLUMN api",
];
