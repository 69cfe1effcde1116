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
        let tables =
            ["incident_alarm", "measure", "incident_entry", "incident_target", "incident_duty", "incident_step", "incident"];
        dialect::drop(manager, &tables).await
    }
}

const UP: &[&str] = &[
    "CREATE TABLE incident (
        id {uuid} NOT NULL CONSTRAINT incident_pk PRIMARY KEY,
        team_id {uuid} NOT NULL CONSTRAINT incident_team_fk REFERENCES team (id),
        title {text} NOT NULL,
        kind {text} NOT NULL,
        severity {text} NOT NULL,
        state {text} NOT NULL,
        restricted {bool} NOT NULL,
        drill {bool} NOT NULL,
        detected_at {time} NOT NULL,
        reported_at {time} NOT NULL,
        reported_by {uuid},
        reported_name {text} NOT NULL,
        updated_at {time},
        amazon_settled_at {time},
        amazon_settled_how {text},
        merged_into {uuid} CONSTRAINT incident_merged_fk REFERENCES incident (id)
    ) {strict}",
    "CREATE INDEX incident_team ON incident (team_id, reported_at)",
    "CREATE INDEX incident_open ON incident (state) WHERE state NOT IN ('closed', 'dismissed', 'merged')",
    // When each state was reached, and who said so: one row a state, so that no two people take one step.
    "CREATE TABLE incident_step (
        incident_id {uuid} NOT NULL CONSTRAINT incident_step_incident_fk REFERENCES incident (id),
        team_id {uuid} NOT NULL,
        state {text} NOT NULL,
        at {time} NOT NULL,
        said_at {time} NOT NULL,
        by_id {uuid},
        by_name {text} NOT NULL,
        note {text} NOT NULL,
        CONSTRAINT incident_step_pk PRIMARY KEY (incident_id, state)
    ) {strict}",
    // One person a duty, at any time.
    "CREATE TABLE incident_duty (
        incident_id {uuid} NOT NULL CONSTRAINT incident_duty_incident_fk REFERENCES incident (id),
        team_id {uuid} NOT NULL,
        duty {text} NOT NULL,
        user_id {uuid} NOT NULL CONSTRAINT incident_duty_user_fk REFERENCES \"user\" (id),
        name {text} NOT NULL,
        since {time} NOT NULL,
        CONSTRAINT incident_duty_pk PRIMARY KEY (incident_id, duty)
    ) {strict}",
    "CREATE TABLE incident_target (
        incident_id {uuid} NOT NULL CONSTRAINT incident_target_incident_fk REFERENCES incident (id),
        team_id {uuid} NOT NULL,
        kind {text} NOT NULL,
        target_id {uuid} NOT NULL,
        name {text} NOT NULL,
        CONSTRAINT incident_target_pk PRIMARY KEY (incident_id, kind, target_id)
    ) {strict}",
    // Corrected by another entry, never changed.
    "CREATE TABLE incident_entry (
        id {uuid} NOT NULL CONSTRAINT incident_entry_pk PRIMARY KEY,
        incident_id {uuid} NOT NULL CONSTRAINT incident_entry_incident_fk REFERENCES incident (id),
        team_id {uuid} NOT NULL,
        kind {text} NOT NULL,
        at {time} NOT NULL,
        written_at {time} NOT NULL,
        author {uuid} NOT NULL,
        author_name {text} NOT NULL,
        body {text} NOT NULL,
        corrects {uuid} CONSTRAINT incident_entry_corrects_fk REFERENCES incident_entry (id),
        pinned {bool} NOT NULL
    ) {strict}",
    "CREATE INDEX incident_entry_incident ON incident_entry (incident_id, at)",
    // One row a kind and target: ordering it again goes on where it stands.
    "CREATE TABLE measure (
        id {uuid} NOT NULL CONSTRAINT measure_pk PRIMARY KEY,
        incident_id {uuid} NOT NULL CONSTRAINT measure_incident_fk REFERENCES incident (id),
        team_id {uuid} NOT NULL,
        kind {text} NOT NULL,
        target_id {uuid} NOT NULL,
        target_name {text} NOT NULL,
        state {text} NOT NULL,
        attempts {int} NOT NULL,
        result {text} NOT NULL,
        ordered_at {time} NOT NULL,
        ordered_by {uuid} NOT NULL,
        ordered_name {text} NOT NULL,
        tried_at {time},
        done_at {time},
        lock_id {uuid},
        lifted_at {time},
        lifted_name {text},
        CONSTRAINT measure_once UNIQUE (incident_id, kind, target_id)
    ) {strict}",
    "CREATE INDEX measure_open ON measure (state) WHERE state IN ('ordered', 'failed')",
    // What people were told of clocks: once each, whoever restarts.
    "CREATE TABLE incident_alarm (
        incident_id {uuid} NOT NULL CONSTRAINT incident_alarm_incident_fk REFERENCES incident (id),
        team_id {uuid} NOT NULL,
        clock {text} NOT NULL,
        alarm_at {time} NOT NULL,
        told_at {time} NOT NULL,
        CONSTRAINT incident_alarm_pk PRIMARY KEY (incident_id, clock, alarm_at)
    ) {strict}",
];
