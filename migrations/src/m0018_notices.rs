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
        dialect::drop(manager, &["notice_mail", "notice", "incident_contact"]).await
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
        version {int} NOT NULL,
        written_at {time} NOT NULL,
        written_by {uuid} NOT NULL,
        written_name {text} NOT NULL,
        approved_at {time},
        approved_by {uuid},
        approved_name {text},
        sent_at {time},
        sent_name {text},
        sent_how {text},
        CONSTRAINT notice_approved_by_another CHECK
            (state NOT IN ('approved', 'sent') OR (approved_by IS NOT NULL AND approved_by <> written_by)),
        CONSTRAINT notice_for_amazon_requested CHECK
            (state NOT IN ('approved', 'sent') OR for_amazon = FALSE OR request <> '')
    ) {strict}",
    "CREATE INDEX notice_incident ON notice (incident_id, written_at)",
    // What became of each mail of a notice.
    "CREATE TABLE notice_mail (
        mail_id {uuid} NOT NULL CONSTRAINT notice_mail_pk PRIMARY KEY,
        notice_id {uuid} NOT NULL CONSTRAINT notice_mail_notice_fk REFERENCES notice (id),
        team_id {uuid} NOT NULL,
        recipient {text} NOT NULL,
        delivered_at {time},
        failed_at {time}
    ) {strict}",
    "CREATE INDEX notice_mail_notice ON notice_mail (notice_id)",
];
