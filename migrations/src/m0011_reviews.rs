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
        dialect::drop(manager, &["review_note", "review"]).await
    }
}

const UP: &[&str] = &[
    // The sample is chosen when the Review opens, so that whoever looks cannot choose.
    "CREATE TABLE review (
        id {uuid} NOT NULL CONSTRAINT review_pk PRIMARY KEY,
        team_id {uuid} NOT NULL CONSTRAINT review_team_fk REFERENCES team (id),
        from_at {time} NOT NULL,
        until_at {time} NOT NULL,
        opened_at {time} NOT NULL,
        sample {text} NOT NULL,
        signed_at {time},
        signed_by {uuid},
        signed_name {text},
        conclusion {text},
        CONSTRAINT review_period_key UNIQUE (team_id, from_at)
    ) {strict}",
    "CREATE INDEX review_open ON review (opened_at) WHERE signed_at IS NULL",
    "CREATE TABLE review_note (
        id {uuid} NOT NULL CONSTRAINT review_note_pk PRIMARY KEY,
        team_id {uuid} NOT NULL CONSTRAINT review_note_team_fk REFERENCES team (id),
        review_id {uuid} NOT NULL CONSTRAINT review_note_review_fk REFERENCES review (id),
        at {time} NOT NULL,
        by_id {uuid} NOT NULL,
        by_name {text} NOT NULL,
        body {text} NOT NULL,
        finding {bool} NOT NULL
    ) {strict}",
    "CREATE INDEX review_note_review ON review_note (review_id, at)",
];
