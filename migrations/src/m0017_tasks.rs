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
        dialect::drop(manager, &["task", "playbook_task", "playbook"]).await
    }
}

const UP: &[&str] = &[
    // A kind of incident that a Team has written its own playbook for. Without a row it has the one that comes with Portal.
    "CREATE TABLE playbook (
        team_id {uuid} NOT NULL CONSTRAINT playbook_team_fk REFERENCES team (id),
        kind {text} NOT NULL,
        CONSTRAINT playbook_pk PRIMARY KEY (team_id, kind)
    ) {strict}",
    "CREATE TABLE playbook_task (
        team_id {uuid} NOT NULL,
        kind {text} NOT NULL,
        title {text} NOT NULL,
        phase {text} NOT NULL,
        within_hours {int} NOT NULL,
        CONSTRAINT playbook_task_pk PRIMARY KEY (team_id, kind, title),
        CONSTRAINT playbook_task_playbook_fk FOREIGN KEY (team_id, kind) REFERENCES playbook (team_id, kind)
    ) {strict}",
    "CREATE TABLE task (
        id {uuid} NOT NULL CONSTRAINT task_pk PRIMARY KEY,
        incident_id {uuid} NOT NULL CONSTRAINT task_incident_fk REFERENCES incident (id),
        team_id {uuid} NOT NULL,
        phase {text} NOT NULL,
        title {text} NOT NULL,
        due_at {time} NOT NULL,
        owner {uuid} CONSTRAINT task_owner_fk REFERENCES \"user\" (id),
        owner_name {text},
        state {text} NOT NULL,
        note {text} NOT NULL,
        ended_at {time},
        ended_name {text}
    ) {strict}",
    "CREATE INDEX task_incident ON task (incident_id, due_at)",
];
