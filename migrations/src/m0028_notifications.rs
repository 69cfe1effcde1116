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
        let tables = ["notification", "notification_mark", "notification_control", "notification_topic", "notification_key"];
        dialect::drop(manager, &tables).await
    }
}

const UP: &[&str] = &[
    // What signs notifications that a Team's relay sends: sealed, since Portal signs with it too, to compare.
    "CREATE TABLE notification_key (
        id {uuid} NOT NULL CONSTRAINT notification_key_pk PRIMARY KEY,
        team_id {uuid} NOT NULL CONSTRAINT notification_key_team_fk REFERENCES team (id),
        connection_id {uuid} NOT NULL CONSTRAINT notification_key_connection_fk REFERENCES connection (id),
        secret {bytes} NOT NULL,
        created_by {uuid} NOT NULL,
        created_at {time} NOT NULL,
        revoked_at {time},
        last_used_at {time}
    ) {strict}",
    "CREATE INDEX notification_key_connection ON notification_key (connection_id)",
    // SNS topics from which a connection's notifications may come.
    "CREATE TABLE notification_topic (
        team_id {uuid} NOT NULL CONSTRAINT notification_topic_team_fk REFERENCES team (id),
        connection_id {uuid} NOT NULL CONSTRAINT notification_topic_connection_fk REFERENCES connection (id),
        arn {text} NOT NULL,
        added_by {uuid} NOT NULL,
        added_at {time} NOT NULL,
        confirmed_at {time},
        changed_at {time},
        CONSTRAINT notification_topic_pk PRIMARY KEY (connection_id, arn)
    ) {strict}",
    // Messages of SNS about a subscription: each counts once.
    "CREATE TABLE notification_control (
        connection_id {uuid} NOT NULL CONSTRAINT notification_control_connection_fk REFERENCES connection (id),
        team_id {uuid} NOT NULL CONSTRAINT notification_control_team_fk REFERENCES team (id),
        message_id {text} NOT NULL,
        received_at {time} NOT NULL,
        CONSTRAINT notification_control_pk PRIMARY KEY (connection_id, message_id)
    ) {strict}",
    // What a notification says of itself, and nothing of what stands in it.
    "CREATE TABLE notification (
        id {uuid} NOT NULL CONSTRAINT notification_pk PRIMARY KEY,
        team_id {uuid} NOT NULL CONSTRAINT notification_team_fk REFERENCES team (id),
        connection_id {uuid} NOT NULL CONSTRAINT notification_connection_fk REFERENCES connection (id),
        source {text} NOT NULL CONSTRAINT notification_source_known CHECK (source IN ('sp_api', 'ads')),
        way {text} NOT NULL CONSTRAINT notification_way_known CHECK (way IN ('webhook', 'sns')),
        message_id {text} NOT NULL,
        notification_id {text} NOT NULL,
        kind {text} NOT NULL,
        event_at {time},
        published_at {time},
        received_at {time} NOT NULL,
        late {bool} NOT NULL
    ) {strict}",
    "CREATE UNIQUE INDEX notification_message_key ON notification (connection_id, message_id)",
    "CREATE UNIQUE INDEX notification_once_key ON notification (connection_id, notification_id)",
    "CREATE INDEX notification_received ON notification (connection_id, received_at)",
    "CREATE INDEX notification_old ON notification (received_at)",
    // The newest moment that notifications of a kind have told of.
    "CREATE TABLE notification_mark (
        connection_id {uuid} NOT NULL CONSTRAINT notification_mark_connection_fk REFERENCES connection (id),
        team_id {uuid} NOT NULL CONSTRAINT notification_mark_team_fk REFERENCES team (id),
        kind {text} NOT NULL,
        event_at {time} NOT NULL,
        CONSTRAINT notification_mark_pk PRIMARY KEY (connection_id, kind)
    ) {strict}",
];
