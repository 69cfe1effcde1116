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
            DbBackend::Sqlite => dialect::run(manager, GUARDS_SQLITE).await,
            _ => dialect::run(manager, GUARDS_POSTGRES).await,
        }
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::drop(manager, &["notice_mail", "notice", "incident_contact"]).await?;
        dialect::run(manager, &["ALTER TABLE incident DROP COLUMN amazon_told"]).await?;
        match manager.get_connection().get_database_backend() {
            DbBackend::Sqlite => Ok(()),
            _ => dialect::run(manager, &["DROP FUNCTION notice_stays()"]).await,
        }
    }
}

const UP: &[&str] = &[
    // Who speaks for the Team about incidents, and where Amazon is told.
    "CREATE TABLE incident_contact (
        team_id {uuid} NOT NULL CONSTRAINT incident_contact_pk PRIMARY KEY
            CONSTRAINT incident_contact_team_fk REFERENCES team (id),
        name {text} NOT NULL,
        email {text} NOT NULL,
        phone {text} NOT NULL,
        amazon {text} NOT NULL
    ) {strict}",
    "CREATE TABLE notice (
        id {uuid} NOT NULL CONSTRAINT notice_pk PRIMARY KEY,
        incident_id {uuid} NOT NULL CONSTRAINT notice_incident_fk REFERENCES incident (id),
        team_id {uuid} NOT NULL,
        track {text} NOT NULL,
        state {text} NOT NULL,
        recipients {text} NOT NULL,
        subject {text} NOT NULL,
        body {text} NOT NULL,
        for_amazon {bool} NOT NULL,
        request {text} NOT NULL,
        reply_to {text} NOT NULL,
        version {int} NOT NULL,
        written_at {time} NOT NULL,
        written_by {uuid} NOT NULL,
        written_name {text} NOT NULL,
        approved_at {time},
        approved_by {uuid},
        approved_name {text},
        approved_event {uuid},
        sent_at {time},
        sent_name {text},
        sent_how {text},
        CONSTRAINT notice_approved_by_another CHECK
            (state NOT IN ('approved', 'sent')
                OR (approved_by IS NOT NULL AND approved_event IS NOT NULL AND approved_by <> written_by)),
        CONSTRAINT notice_sent_after_approval CHECK (state <> 'sent' OR (sent_at IS NOT NULL AND sent_at >= approved_at)),
        CONSTRAINT notice_for_amazon_requested CHECK
            (state NOT IN ('approved', 'sent') OR for_amazon = FALSE OR request <> '')
    ) {strict}",
    "CREATE INDEX notice_incident ON notice (incident_id, written_at)",
    // Amazon was told, or it need not be: not the same.
    "ALTER TABLE incident ADD COLUMN amazon_told {bool} NOT NULL DEFAULT FALSE",
    // What became of each mail of a notice.
    "CREATE TABLE notice_mail (
        mail_id {uuid} NOT NULL CONSTRAINT notice_mail_pk PRIMARY KEY,
        notice_id {uuid} NOT NULL CONSTRAINT notice_mail_notice_fk REFERENCES notice (id),
        team_id {uuid} NOT NULL,
        recipient {text} NOT NULL,
        settles {bool} NOT NULL,
        delivered_at {time},
        failed_at {time}
    ) {strict}",
    "CREATE INDEX notice_mail_notice ON notice_mail (notice_id)",
];

/// What was sent stays, and words change only with a state that nobody approved.
const GUARDS_SQLITE: &[&str] = &[
    "CREATE TRIGGER notice_stays BEFORE UPDATE ON notice WHEN OLD.state = 'sent'
            OR (NEW.state <> 'draft' AND (NEW.subject <> OLD.subject OR NEW.body <> OLD.body
                OR NEW.recipients <> OLD.recipients OR NEW.request <> OLD.request OR NEW.reply_to <> OLD.reply_to
                OR NEW.for_amazon <> OLD.for_amazon))
        BEGIN SELECT RAISE(ABORT, 'what was approved stays'); END",
    "CREATE TRIGGER notice_is_kept BEFORE DELETE ON notice
        BEGIN SELECT RAISE(ABORT, 'what was approved stays'); END",
];

const GUARDS_POSTGRES: &[&str] = &[
    "CREATE FUNCTION notice_stays() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'what was approved stays'; END $$",
    "CREATE TRIGGER notice_stays BEFORE UPDATE ON notice FOR EACH ROW WHEN (OLD.state = 'sent'
            OR (NEW.state <> 'draft' AND (NEW.subject <> OLD.subject OR NEW.body <> OLD.body
                OR NEW.recipients <> OLD.recipients OR NEW.request <> OLD.request OR NEW.reply_to <> OLD.reply_to
                OR NEW.for_amazon <> OLD.for_amazon)))
        EXECUTE FUNCTION notice_stays()",
    "CREATE TRIGGER notice_is_kept BEFORE DELETE ON notice FOR EACH ROW EXECUTE FUNCTION notice_stays()",
];
