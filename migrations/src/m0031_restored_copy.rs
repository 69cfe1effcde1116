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
        dialect::drop(manager, &["restored_copy"]).await
    }
}

const UP: &[&str] = &[
    // This database was filled from a backup. Until somebody promotes it, it sends nothing and asks nobody.
    "CREATE TABLE restored_copy (
        backup_id {uuid} NOT NULL CONSTRAINT restored_copy_pk PRIMARY KEY,
        made_at {time} NOT NULL,
        restored_at {time} NOT NULL,
        promoted_at {time}
    ) {strict}",
];
