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
        dialect::drop(manager, &["lease", "gateway_key", "gateway_connection", "gateway"]).await
    }
}

const UP: &[&str] = &[
    "CREATE TABLE gateway (
        id {uuid} NOT NULL CONSTRAINT gateway_pk PRIMARY KEY,
        team_id {uuid} NOT NULL CONSTRAINT gateway_team_fk REFERENCES team (id),
        environment {text} NOT NULL CONSTRAINT gateway_environment_known CHECK (environment IN ('production', 'sandbox')),
        name {text} NOT NULL,
        scopes {text} NOT NULL,
        networks {text} NOT NULL,
        created_by {uuid} NOT NULL CONSTRAINT gateway_creator_fk REFERENCES \"user\" (id),
        created_at {time} NOT NULL,
        disabled_at {time},
        version {int} NOT NULL,
        CONSTRAINT gateway_team_key UNIQUE (team_id, id, environment)
    ) {strict}",
    // The environment stands in both keys, so that production and sandbox cannot be joined even by mistake.
    "CREATE TABLE gateway_connection (
        team_id {uuid} NOT NULL,
        gateway_id {uuid} NOT NULL,
        connection_id {uuid} NOT NULL,
        environment {text} NOT NULL,
        CONSTRAINT gateway_connection_pk PRIMARY KEY (gateway_id, connection_id),
        CONSTRAINT gateway_connection_gateway_fk FOREIGN KEY (team_id, gateway_id, environment)
            REFERENCES gateway (team_id, id, environment),
        CONSTRAINT gateway_connection_connection_fk FOREIGN KEY (team_id, connection_id, environment)
            REFERENCES connection (team_id, id, environment)
    ) {strict}",
    "CREATE INDEX gateway_connection_connection ON gateway_connection (connection_id)",
    "CREATE TABLE gateway_key (
        id {uuid} NOT NULL CONSTRAINT gateway_key_pk PRIMARY KEY,
        team_id {uuid} NOT NULL CONSTRAINT gateway_key_team_fk REFERENCES team (id),
        gateway_id {uuid} NOT NULL CONSTRAINT gateway_key_gateway_fk REFERENCES gateway (id),
        hash {bytes} NOT NULL,
        created_by {uuid} NOT NULL CONSTRAINT gateway_key_creator_fk REFERENCES \"user\" (id),
        created_at {time} NOT NULL,
        expires_at {time} NOT NULL,
        revoked_at {time},
        last_used_at {time},
        last_used_address {text},
        last_used_agent {text}
    ) {strict}",
    "CREATE INDEX gateway_key_gateway ON gateway_key (gateway_id)",
    // One row a key, connection and generation, however often it was fetched.
    "CREATE TABLE lease (
        id {uuid} NOT NULL CONSTRAINT lease_pk PRIMARY KEY,
        team_id {uuid} NOT NULL CONSTRAINT lease_team_fk REFERENCES team (id),
        gateway_id {uuid} NOT NULL,
        gateway_key_id {uuid} NOT NULL,
        connection_id {uuid} NOT NULL,
        generation {bigint} NOT NULL,
        issued_at {time} NOT NULL,
        expires_at {time} NOT NULL
    ) {strict}",
    "CREATE INDEX lease_connection ON lease (connection_id, expires_at)",
    "CREATE INDEX lease_gateway ON lease (gateway_id, expires_at)",
];
