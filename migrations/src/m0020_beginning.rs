use sea_orm_migration::prelude::*;

use crate::dialect;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // When it began, as far as people found out: how long it went unnoticed.
        dialect::run(manager, &["ALTER TABLE incident ADD COLUMN began_at {time}"]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, &["ALTER TABLE incident DROP COLUMN began_at"]).await
    }
}
