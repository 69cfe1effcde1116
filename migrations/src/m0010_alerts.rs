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
        let tables = ["alert_delivery", "alert_rule", "alert", "key_network", "audit_tally", "audit_watch"];
        dialect::drop(manager, &tables).await?;
        dialect::run(manager, DOWN).await
    }
}

const UP: &[&str] = &[
    // Nothing may use a canary: whoever does is found out.
    "ALTER TABLE connection ADD COLUMN canary {bool} NOT NULL DEFAULT FALSE",
    "ALTER TABLE gateway_key ADD COLUMN canary {bool} NOT NULL DEFAULT FALSE",
    // How far the watch has read the log. What happened before it existed raises no alert.
    "CREATE TABLE audit_watch (
        id {int} NOT NULL CONSTRAINT audit_watch_pk PRIMARY KEY CONSTRAINT audit_watch_one CHECK (id = 1),
        next_idx {bigint} NOT NULL
    ) {strict}",
    "INSERT INTO audit_watch (id, next_idx) SELECT 1, COALESCE(MAX(idx) + 1, 0) FROM audit_leaf",
    // How often what was done, by the day: actors and targets that an event does not name are the nil id.
    "CREATE TABLE audit_tally (
        team_id {uuid} NOT NULL,
        day {text} NOT NULL,
        action {text} NOT NULL,
        outcome {text} NOT NULL,
        actor_id {uuid} NOT NULL,
        target_id {uuid} NOT NULL,
        events {bigint} NOT NULL,
        CONSTRAINT audit_tally_pk PRIMARY KEY (team_id, day, action, outcome, actor_id, target_id)
    ) {strict}",
    // The networks that each key was used from.
    "CREATE TABLE key_network (
        key_id {uuid} NOT NULL,
        team_id {uuid} NOT NULL CONSTRAINT key_network_team_fk REFERENCES team (id),
        network {text} NOT NULL,
        first_at {time} NOT NULL,
        CONSTRAINT key_network_pk PRIMARY KEY (key_id, network)
    ) {strict}",
    "CREATE INDEX key_network_team ON key_network (team_id, first_at)",
    "CREATE TABLE alert (
        id {uuid} NOT NULL CONSTRAINT alert_pk PRIMARY KEY,
        team_id {uuid} CONSTRAINT alert_team_fk REFERENCES team (id),
        rule {text} NOT NULL,
        severity {text} NOT NULL CONSTRAINT alert_severity_known CHECK (severity IN ('notice', 'warning', 'critical')),
        about {text} NOT NULL,
        subject_kind {text},
        subject_id {uuid},
        subject_name {text},
        finding {text} NOT NULL,
        occurrences {bigint} NOT NULL,
        event_id {uuid},
        opened_at {time} NOT NULL,
        last_at {time} NOT NULL,
        tell_at {time},
        acknowledged_at {time},
        acknowledged_by {uuid},
        acknowledged_name {text},
        note {text}
    ) {strict}",
    // What is open already is counted there, not opened again.
    "CREATE UNIQUE INDEX alert_open ON alert (about) WHERE acknowledged_at IS NULL",
    "CREATE INDEX alert_about ON alert (about, acknowledged_at)",
    "CREATE INDEX alert_team ON alert (team_id, opened_at)",
    "CREATE INDEX alert_to_tell ON alert (tell_at) WHERE tell_at IS NOT NULL",
    "CREATE TABLE alert_rule (
        team_id {uuid} NOT NULL CONSTRAINT alert_rule_team_fk REFERENCES team (id),
        rule {text} NOT NULL,
        threshold {int},
        off {bool} NOT NULL,
        CONSTRAINT alert_rule_pk PRIMARY KEY (team_id, rule)
    ) {strict}",
    "CREATE TABLE alert_delivery (
        team_id {uuid} NOT NULL CONSTRAINT alert_delivery_pk PRIMARY KEY CONSTRAINT alert_delivery_team_fk REFERENCES team (id),
        mail_from {text} NOT NULL,
        quiet {text}
    ) {strict}",
];

const DOWN: &[&str] = &["ALTER TABLE gateway_key DROP COLUMN canary", "ALTER TABLE connection DROP COLUMN canary"];
