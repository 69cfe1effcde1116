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
        dialect::drop(manager, &["action_item", "post_mortem"]).await
    }
}

const UP: &[&str] = &[
    "CREATE TABLE post_mortem (
        incident_id {uuid} NOT NULL CONSTRAINT post_mortem_pk PRIMARY KEY
            CONSTRAINT post_mortem_incident_fk REFERENCES incident (id),
        team_id {uuid} NOT NULL,
        what_happened {text} NOT NULL,
        impact {text} NOT NULL,
        cause {text} NOT NULL,
        went_well {text} NOT NULL,
        went_badly {text} NOT NULL,
        version {int} NOT NULL,
        written_at {time} NOT NULL,
        written_name {text} NOT NULL
    ) {strict}",
    "CREATE TABLE action_item (
        id {uuid} NOT NULL CONSTRAINT action_item_pk PRIMARY KEY,
        incident_id {uuid} NOT NULL CONSTRAINT action_item_incident_fk REFERENCES incident (id),
        team_id {uuid} NOT NULL,
        title {text} NOT NULL,
        owner {uuid} NOT NULL CONSTRAINT action_item_owner_fk REFERENCES \"user\" (id),
        owner_name {text} NOT NULL,
        due_at {time} NOT NULL,
        done_at {time},
        done_name {text},
        told_at {time}
    ) {strict}",
    "CREATE INDEX action_item_incident ON action_item (incident_id, due_at)",
    "CREATE INDEX action_item_open ON action_item (due_at) WHERE done_at IS NULL",
];
