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
        dialect::drop(manager, &["login_address", "login_challenge", "session", "browser", "user"]).await
    }
}

const UP: &[&str] = &[
    "CREATE TABLE \"user\" (
        id {uuid} NOT NULL CONSTRAINT user_pk PRIMARY KEY,
        email {text} NOT NULL CONSTRAINT user_email_key UNIQUE,
        kind {text} NOT NULL CONSTRAINT user_kind_known CHECK (kind IN ('employee', 'contractor')),
        is_operator {bool} NOT NULL,
        created_at {time} NOT NULL,
        disabled_at {time}
    ) {strict}",
    // What tower-sessions keeps for a browser: no rule looks into it. The id is stored hashed.
    "CREATE TABLE browser (
        id_hash {bytes} NOT NULL CONSTRAINT browser_pk PRIMARY KEY,
        data {text} NOT NULL,
        expires_at {time} NOT NULL
    ) {strict}",
    "CREATE INDEX browser_expires ON browser (expires_at)",
    // A signed-in browser.
    "CREATE TABLE session (
        id {uuid} NOT NULL CONSTRAINT session_pk PRIMARY KEY,
        user_id {uuid} NOT NULL CONSTRAINT session_user_fk REFERENCES \"user\" (id),
        signed_in_at {time} NOT NULL,
        last_seen_at {time} NOT NULL,
        stepped_up_at {time},
        ended_at {time},
        address {text},
        agent {text}
    ) {strict}",
    "CREATE INDEX session_by_user ON session (user_id, signed_in_at)",
    "CREATE TABLE login_challenge (
        id {uuid} NOT NULL CONSTRAINT login_challenge_pk PRIMARY KEY,
        purpose {text} NOT NULL CONSTRAINT login_challenge_purpose_known CHECK (purpose IN ('sign_in', 'step_up')),
        email {text} NOT NULL,
        session_id {uuid},
        code_mac {bytes} NOT NULL,
        attempts {int} NOT NULL,
        created_at {time} NOT NULL,
        expires_at {time} NOT NULL,
        used_at {time}
    ) {strict}",
    "CREATE INDEX login_challenge_expires ON login_challenge (expires_at)",
    // Counted per address, known or not, over any number of codes. `sent_*` are the last three mails, newest first.
    "CREATE TABLE login_address (
        email {text} NOT NULL CONSTRAINT login_address_pk PRIMARY KEY,
        misses {int} NOT NULL,
        paused_until {time},
        sent_1 {time},
        sent_2 {time},
        sent_3 {time}
    ) {strict}",
];
