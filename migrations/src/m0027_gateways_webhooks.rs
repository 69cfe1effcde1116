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
        match manager.get_connection().get_database_backend() {
            DbBackend::Sqlite => dialect::run(manager, UP_SQLITE).await?,
            _ => dialect::run(manager, UP_POSTGRES).await?,
        }
        dialect::run(manager, UP).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, DOWN).await?;
        match manager.get_connection().get_database_backend() {
            DbBackend::Sqlite => dialect::run(manager, DOWN_SQLITE).await,
            _ => dialect::run(manager, DOWN_POSTGRES).await,
        }
    }
}

// SQLite drops no constraint: the table is made anew, with rows and name.
const UP_SQLITE: &[&str] = &[
    "CREATE TABLE webhook_anew (
        id {uuid} NOT NULL CONSTRAINT webhook_pk PRIMARY KEY,
        team_id {uuid} NOT NULL CONSTRAINT webhook_team_fk REFERENCES team (id),
        gateway_id {uuid},
        environment {text},
        url {text} NOT NULL,
        secret {bytes} NOT NULL,
        other_secret {bytes},
        other_until {time},
        ends_at {time},
        created_by {uuid} NOT NULL,
        created_at {time} NOT NULL,
        CONSTRAINT webhook_gateway_fk FOREIGN KEY (team_id, gateway_id, environment)
            REFERENCES gateway (team_id, id, environment),
        CONSTRAINT webhook_gateway_whole CHECK ((gateway_id IS NULL) = (environment IS NULL)),
        CONSTRAINT webhook_other_whole CHECK ((other_secret IS NULL) = (other_until IS NULL))
    ) {strict}",
    "INSERT INTO webhook_anew (id, team_id, url, secret, created_by, created_at)
        SELECT id, team_id, url, secret, created_by, created_at FROM webhook",
    "DROP TABLE webhook",
    "ALTER TABLE webhook_anew RENAME TO webhook",
];

const UP_POSTGRES: &[&str] = &[
    "ALTER TABLE webhook DROP CONSTRAINT webhook_team_key",
    "ALTER TABLE webhook ADD COLUMN gateway_id {uuid}, ADD COLUMN environment {text}, ADD COLUMN other_secret {bytes},
        ADD COLUMN other_until {time}, ADD COLUMN ends_at {time}",
    "ALTER TABLE webhook
        ADD CONSTRAINT webhook_gateway_fk FOREIGN KEY (team_id, gateway_id, environment)
            REFERENCES gateway (team_id, id, environment),
        ADD CONSTRAINT webhook_gateway_whole CHECK ((gateway_id IS NULL) = (environment IS NULL)),
        ADD CONSTRAINT webhook_other_whole CHECK ((other_secret IS NULL) = (other_until IS NULL))",
];

const UP: &[&str] = &[
    // One for the Team's alerts, and one for each gateway.
    "CREATE UNIQUE INDEX webhook_alerts_key ON webhook (team_id) WHERE gateway_id IS NULL",
    "CREATE UNIQUE INDEX webhook_gateway_key ON webhook (gateway_id) WHERE gateway_id IS NOT NULL",
    "ALTER TABLE webhook_delivery ADD COLUMN gateway_id {uuid}",
    // Where a message was to go when it was queued, and which connection it tells of.
    "ALTER TABLE webhook_delivery ADD COLUMN webhook_id {uuid}",
    "ALTER TABLE webhook_delivery ADD COLUMN connection_id {uuid}",
    "CREATE INDEX webhook_delivery_waiting ON webhook_delivery (team_id, gateway_id) WHERE due_at IS NOT NULL",
];

const DOWN: &[&str] = &[
    "DELETE FROM webhook_delivery WHERE gateway_id IS NOT NULL",
    "DROP INDEX webhook_delivery_waiting",
    "ALTER TABLE webhook_delivery DROP COLUMN connection_id",
    "ALTER TABLE webhook_delivery DROP COLUMN webhook_id",
    "ALTER TABLE webhook_delivery DROP COLUMN gateway_id",
    "DELETE FROM webhook WHERE gateway_id IS NOT NULL",
    "DROP INDEX webhook_alerts_key",
    "DROP INDEX webhook_gateway_key",
];

const DOWN_SQLITE: &[&str] = &[
    "CREATE TABLE webhook_anew (
        id {uuid} NOT NULL CONSTRAINT webhook_pk PRIMARY KEY,
        team_id {uuid} NOT NULL CONSTRAINT webhook_team_key UNIQUE CONSTRAINT webhook_team_fk REFERENCES team (id),
        url {text} NOT NULL,
        secret {bytes} NOT NULL,
        created_by {uuid} NOT NULL,
        created_at {time} NOT NULL
    ) {strict}",
    "INSERT INTO webhook_anew (id, team_id, url, secret, created_by, created_at)
        SELECT id, team_id, url, secret, created_by, created_at FROM webhook",
    "DROP TABLE webhook",
    "ALTER TABLE webhook_anew RENAME TO webhook",
];

const DOWN_POSTGRES: &[&str] = &[
    "ALTER TABLE webhook DROP COLUMN gateway_id, DROP COLUMN environment, DROP COLUMN other_secret, DROP COLUMN other_until,
        DROP COLUMN ends_at",
    "ALTER TABLE webhook ADD CONSTRAINT webhook_team_key UNIQUE (team_id)",
];
