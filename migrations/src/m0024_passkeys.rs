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
        dialect::drop(manager, &["passkey_ceremony", "passkey"]).await?;
        dialect::run(manager, DOWN).await
    }
}

const UP: &[&str] = &[
    // When a passkey was shown last in a session; and when it was shown as a fresh proof.
    "ALTER TABLE session ADD COLUMN passkey_at {time}",
    "ALTER TABLE session ADD COLUMN by_passkey_at {time}",
    "ALTER TABLE team ADD COLUMN passkeys_required {bool} NOT NULL DEFAULT FALSE",
    // `credential` is what the library keeps of one: its public key among it. The MAC says that Portal wrote it.
    "CREATE TABLE passkey (
        id {uuid} NOT NULL CONSTRAINT passkey_pk PRIMARY KEY,
        user_id {uuid} NOT NULL CONSTRAINT passkey_user_fk REFERENCES \"user\" (id),
        name {text} NOT NULL,
        credential_id {bytes} NOT NULL CONSTRAINT passkey_credential_key UNIQUE,
        credential {text} NOT NULL,
        mac {bytes} NOT NULL,
        uses {bigint} NOT NULL,
        created_at {time} NOT NULL,
        last_used_at {time}
    ) {strict}",
    "CREATE INDEX passkey_user ON passkey (user_id, created_at)",
    // A question to a browser's authenticator, for one answer.
    "CREATE TABLE passkey_ceremony (
        id {uuid} NOT NULL CONSTRAINT passkey_ceremony_pk PRIMARY KEY,
        purpose {text} NOT NULL CONSTRAINT passkey_ceremony_purpose_known
            CHECK (purpose IN ('register', 'sign_in', 'step_up')),
        session_id {uuid},
        state {text} NOT NULL,
        expires_at {time} NOT NULL
    ) {strict}",
    "CREATE INDEX passkey_ceremony_expires ON passkey_ceremony (expires_at)",
];

const DOWN: &[&str] = &[
    "ALTER TABLE team DROP COLUMN passkeys_required",
    "ALTER TABLE session DROP COLUMN by_passkey_at",
    "ALTER TABLE session DROP COLUMN passkey_at",
];
