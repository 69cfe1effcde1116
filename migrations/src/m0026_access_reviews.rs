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
        dialect::run(manager, UP).await?;
        match manager.get_connection().get_database_backend() {
            DbBackend::Sqlite => dialect::run(manager, &lock_table("{uuid}")).await,
            _ => dialect::run(manager, &["ALTER TABLE lock ALTER COLUMN author DROP NOT NULL"]).await,
        }
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, &["DELETE FROM lock WHERE author IS NULL"]).await?;
        match manager.get_connection().get_database_backend() {
            DbBackend::Sqlite => dialect::run(manager, &lock_table("{uuid} NOT NULL")).await?,
            _ => dialect::run(manager, &["ALTER TABLE lock ALTER COLUMN author SET NOT NULL"]).await?,
        }
        dialect::drop(manager, &["access_review_item", "access_review"]).await
    }
}

const UP: &[&str] = &[
    "CREATE TABLE access_review (
        id {uuid} NOT NULL CONSTRAINT access_review_pk PRIMARY KEY,
        team_id {uuid} NOT NULL CONSTRAINT access_review_team_fk REFERENCES team (id),
        opened_at {time} NOT NULL,
        due_at {time} NOT NULL,
        reminded {int},
        suspended_at {time},
        signed_at {time},
        signed_by {uuid},
        signed_name {text},
        conclusion {text},
        CONSTRAINT access_review_once UNIQUE (team_id, opened_at)
    ) {strict}",
    // What there was when it opened, as it stood then, and what became of it.
    "CREATE TABLE access_review_item (
        review_id {uuid} NOT NULL CONSTRAINT access_review_item_review_fk REFERENCES access_review (id),
        team_id {uuid} NOT NULL,
        subject_kind {text} NOT NULL,
        subject_id {uuid} NOT NULL,
        name {text} NOT NULL,
        facts {text} NOT NULL,
        decision {text},
        note {text},
        decided_at {time},
        decided_by {uuid},
        decided_name {text},
        lock_id {uuid},
        CONSTRAINT access_review_item_pk PRIMARY KEY (review_id, subject_kind, subject_id),
        CONSTRAINT access_review_item_by_somebody CHECK ((decision IS NULL) = (decided_by IS NULL))
    ) {strict}",
];

/// SQLite changes no column in place: the table is made anew. `author` is nobody where Portal itself suspends.
fn lock_table(author: &str) -> [&'static str; 6] {
    let created = match author {
        "{uuid}" => {
            "CREATE TABLE lock (
                id {uuid} NOT NULL CONSTRAINT lock_pk PRIMARY KEY,
                team_id {uuid} NOT NULL CONSTRAINT lock_team_fk REFERENCES team (id),
                target_kind {text} NOT NULL CONSTRAINT lock_target_known
                    CHECK (target_kind IN ('team', 'connection', 'gateway', 'gateway_key', 'user')),
                target_id {uuid} NOT NULL,
                reason {text} NOT NULL,
                author {uuid} CONSTRAINT lock_author_fk REFERENCES \"user\" (id),
                incident_id {uuid},
                created_at {time} NOT NULL,
                expires_at {time},
                lifted_at {time},
                lifted_by {uuid} CONSTRAINT lock_lifter_fk REFERENCES \"user\" (id)
            ) {strict}"
        }
        _ => {
            "CREATE TABLE lock (
                id {uuid} NOT NULL CONSTRAINT lock_pk PRIMARY KEY,
                team_id {uuid} NOT NULL CONSTRAINT lock_team_fk REFERENCES team (id),
                target_kind {text} NOT NULL CONSTRAINT lock_target_known
                    CHECK (target_kind IN ('team', 'connection', 'gateway', 'gateway_key', 'user')),
                target_id {uuid} NOT NULL,
                reason {text} NOT NULL,
                author {uuid} NOT NULL CONSTRAINT lock_author_fk REFERENCES \"user\" (id),
                incident_id {uuid},
                created_at {time} NOT NULL,
                expires_at {time},
                lifted_at {time},
                lifted_by {uuid} CONSTRAINT lock_lifter_fk REFERENCES \"user\" (id)
            ) {strict}"
        }
    };
    [
        "ALTER TABLE lock RENAME TO lock_before",
        "DROP INDEX lock_standing",
        created,
        "INSERT INTO lock SELECT * FROM lock_before",
        "DROP TABLE lock_before",
        "CREATE INDEX lock_standing ON lock (team_id, target_id) WHERE lifted_at IS NULL",
    ]
}
