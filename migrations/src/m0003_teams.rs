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
        dialect::drop(manager, &["lock", "invitation", "member", "team"]).await
    }
}

const UP: &[&str] = &[
    "CREATE TABLE team (
        id {uuid} NOT NULL CONSTRAINT team_pk PRIMARY KEY,
        name {text} NOT NULL,
        created_at {time} NOT NULL,
        version {int} NOT NULL
    ) {strict}",
    "CREATE TABLE member (
        team_id {uuid} NOT NULL CONSTRAINT member_team_fk REFERENCES team (id),
        user_id {uuid} NOT NULL CONSTRAINT member_user_fk REFERENCES \"user\" (id),
        role {text} NOT NULL CONSTRAINT member_role_known CHECK (role IN ('owner', 'admin', 'operator', 'auditor')),
        production {bool} NOT NULL,
        sandbox {bool} NOT NULL,
        joined_at {time} NOT NULL,
        CONSTRAINT member_pk PRIMARY KEY (team_id, user_id)
    ) {strict}",
    "CREATE INDEX member_user ON member (user_id)",
    "CREATE TABLE invitation (
        id {uuid} NOT NULL CONSTRAINT invitation_pk PRIMARY KEY,
        team_id {uuid} NOT NULL CONSTRAINT invitation_team_fk REFERENCES team (id),
        email {text} NOT NULL,
        role {text} NOT NULL CONSTRAINT invitation_role_known CHECK (role IN ('owner', 'admin', 'operator', 'auditor')),
        production {bool} NOT NULL,
        sandbox {bool} NOT NULL,
        invited_by {uuid} NOT NULL CONSTRAINT invitation_inviter_fk REFERENCES \"user\" (id),
        created_at {time} NOT NULL,
        expires_at {time} NOT NULL,
        ended_at {time},
        ended_as {text} CONSTRAINT invitation_end_known CHECK (ended_as IN ('accepted', 'declined', 'revoked', 'replaced'))
    ) {strict}",
    "CREATE UNIQUE INDEX invitation_open_key ON invitation (team_id, email) WHERE ended_at IS NULL",
    "CREATE INDEX invitation_email ON invitation (email) WHERE ended_at IS NULL",
    // An order not to issue. Made by incidents; checked at every issue.
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
    ) {strict}",
    "CREATE INDEX lock_standing ON lock (team_id, target_id) WHERE lifted_at IS NULL",
];
