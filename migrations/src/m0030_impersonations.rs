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
        dialect::drop(manager, &["impersonation"]).await
    }
}

const UP: &[&str] = &[
    // An operator of the installation looks into a Team: asked, approved by an owner, begun with a code, ended.
    "CREATE TABLE impersonation (
        id {uuid} NOT NULL CONSTRAINT impersonation_pk PRIMARY KEY,
        team_id {uuid} NOT NULL CONSTRAINT impersonation_team_fk REFERENCES team (id),
        reason {text} NOT NULL,
        asked_at {time} NOT NULL,
        asked_by {uuid} NOT NULL CONSTRAINT impersonation_asked_fk REFERENCES \"user\" (id),
        asked_name {text} NOT NULL,
        approved_at {time},
        approved_by {uuid} CONSTRAINT impersonation_approved_fk REFERENCES \"user\" (id),
        approved_name {text},
        code_mac {bytes},
        tries {int} NOT NULL DEFAULT 0,
        begun_at {time},
        session_id {uuid},
        pages {int} NOT NULL DEFAULT 0,
        ended_at {time},
        CONSTRAINT impersonation_by_another CHECK
            ((approved_at IS NULL) = (approved_by IS NULL) AND (approved_by IS NULL OR approved_by <> asked_by)),
        CONSTRAINT impersonation_in_order CHECK
            ((begun_at IS NULL OR approved_at IS NOT NULL) AND (begun_at IS NULL) = (session_id IS NULL))
    ) {strict}",
    "CREATE INDEX impersonation_team ON impersonation (team_id, asked_at)",
    "CREATE INDEX impersonation_asked ON impersonation (asked_by, asked_at)",
    // Those that are under way are asked for at every page; an operator looks into one Team at a time.
    "CREATE UNIQUE INDEX impersonation_live ON impersonation (asked_by) WHERE begun_at IS NOT NULL AND ended_at IS NULL",
];
