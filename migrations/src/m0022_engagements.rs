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
        dialect::run(manager, DOWN).await
    }
}

/// A member is an employee, or a contractor of a company until a time.
const UP: &[&str] = &[
    "ALTER TABLE member ADD COLUMN company {text}",
    "ALTER TABLE member ADD COLUMN ends_at {time}",
    // Of which end people were told.
    "ALTER TABLE member ADD COLUMN told_of {time}",
    "ALTER TABLE invitation ADD COLUMN company {text}",
    "ALTER TABLE invitation ADD COLUMN ends_at {time}",
    "CREATE INDEX member_ends ON member (ends_at) WHERE ends_at IS NOT NULL",
];

const DOWN: &[&str] = &[
    "DROP INDEX member_ends",
    "ALTER TABLE invitation DROP COLUMN ends_at",
    "ALTER TABLE invitation DROP COLUMN company",
    "ALTER TABLE member DROP COLUMN told_of",
    "ALTER TABLE member DROP COLUMN ends_at",
    "ALTER TABLE member DROP COLUMN company",
];
