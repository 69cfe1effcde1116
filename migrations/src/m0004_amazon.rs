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
        dialect::drop(manager, &["consent", "connection", "lwa_app"]).await
    }
}

const UP: &[&str] = &[
    "CREATE TABLE lwa_app (
        id {uuid} NOT NULL CONSTRAINT lwa_app_pk PRIMARY KEY,
        team_id {uuid} NOT NULL CONSTRAINT lwa_app_team_fk REFERENCES team (id),
        environment {text} NOT NULL CONSTRAINT lwa_app_environment_known CHECK (environment IN ('production', 'sandbox')),
        name {text} NOT NULL,
        client_id {text} NOT NULL,
        application_id {text},
        is_draft {bool} NOT NULL,
        secret {bytes} NOT NULL,
        secret_made_at {time} NOT NULL,
        other_slot {text} NOT NULL CONSTRAINT lwa_app_slot_known CHECK (other_slot IN ('empty', 'next', 'old')),
        other_secret {bytes},
        other_made_at {time},
        other_until {time},
        rejected_at {time},
        rejected_code {text},
        created_by {uuid} NOT NULL CONSTRAINT lwa_app_creator_fk REFERENCES \"user\" (id),
        created_at {time} NOT NULL,
        version {int} NOT NULL,
        CONSTRAINT lwa_app_slot_filled CHECK ((other_slot = 'empty') = (other_secret IS NULL)),
        CONSTRAINT lwa_app_team_key UNIQUE (team_id, id, environment)
    ) {strict}",
    "CREATE UNIQUE INDEX lwa_app_client_key ON lwa_app (team_id, client_id)",
    "CREATE TABLE connection (
        id {uuid} NOT NULL CONSTRAINT connection_pk PRIMARY KEY,
        team_id {uuid} NOT NULL CONSTRAINT connection_team_fk REFERENCES team (id),
        lwa_app_id {uuid} NOT NULL,
        environment {text} NOT NULL CONSTRAINT connection_environment_known CHECK (environment IN ('production', 'sandbox')),
        name {text} NOT NULL,
        seller_id {text} NOT NULL,
        seller_id_source {text} NOT NULL CONSTRAINT connection_source_known CHECK (seller_id_source IN ('declared', 'amazon')),
        marketplace {text} NOT NULL,
        region {text} NOT NULL,
        marketplace_ids {text} NOT NULL,
        state {text} NOT NULL CONSTRAINT connection_state_known
            CHECK (state IN ('active', 'disabled', 'needs_reauthorization', 'disconnected')),
        refresh_token {bytes},
        access_token {bytes},
        generation {bigint} NOT NULL,
        access_issued_at {time},
        access_expires_at {time},
        life_assumed {bool} NOT NULL,
        authorized_at {time} NOT NULL,
        created_by {uuid} NOT NULL CONSTRAINT connection_creator_fk REFERENCES \"user\" (id),
        created_at {time} NOT NULL,
        proved_at {time} NOT NULL,
        failed_at {time},
        failure_code {text},
        failures {int} NOT NULL,
        retry_at {time},
        refresh_holder {uuid},
        refresh_until {time},
        forced_at {time},
        disconnected_at {time},
        version {int} NOT NULL,
        CONSTRAINT connection_app_fk FOREIGN KEY (team_id, lwa_app_id, environment)
            REFERENCES lwa_app (team_id, id, environment),
        CONSTRAINT connection_team_key UNIQUE (team_id, id, environment),
        CONSTRAINT connection_shredded CHECK (state <> 'disconnected' OR (refresh_token IS NULL AND access_token IS NULL))
    ) {strict}",
    // One grant a seller, app and region, while it lives.
    "CREATE UNIQUE INDEX connection_grant_key ON connection (team_id, lwa_app_id, seller_id, region)
        WHERE state <> 'disconnected'",
    "CREATE INDEX connection_app ON connection (lwa_app_id)",
    // A browser on its way to Amazon's consent page. The state parameter is stored hashed and used once.
    "CREATE TABLE consent (
        state_hash {bytes} NOT NULL CONSTRAINT consent_pk PRIMARY KEY,
        team_id {uuid} NOT NULL CONSTRAINT consent_team_fk REFERENCES team (id),
        lwa_app_id {uuid} NOT NULL,
        session_id {uuid} NOT NULL,
        connection_id {uuid},
        name {text} NOT NULL,
        marketplace {text} NOT NULL,
        created_at {time} NOT NULL,
        expires_at {time} NOT NULL,
        used_at {time}
    ) {strict}",
];
