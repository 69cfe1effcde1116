use sea_orm_migration::prelude::*;

use crate::wall::{self, OF_TEAMS};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        wall::build(manager, &OF_TEAMS).await?;
        wall::let_pass(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        wall::let_none_pass(manager).await?;
        wall::take_down(manager, &OF_TEAMS).await
    }
}
