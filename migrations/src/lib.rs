//! The schema. Imports nothing of ours: a migration must go on meaning what it meant.

pub use sea_orm_migration::prelude::*;

mod dialect;
mod m0001_vault_and_mail;
mod m0002_people;
mod m0003_teams;
mod m0004_amazon;
mod m0005_gateways;
mod m0006_audit;
mod m0007_key_ends_and_renewal;
mod m0008_grants_tests_and_removal;
mod m0009_audit_tree;
mod m0010_alerts;
mod m0011_reviews;
mod m0012_log_explorer;
mod m0013_webhooks;
mod m0014_retention;
mod m0015_incidents;
mod m0016_evidence;
mod m0017_tasks;
mod m0018_notices;
mod m0019_lessons;
mod m0020_beginning;
mod m0021_readiness;
mod m0022_engagements;
mod m0023_approvals;
mod m0024_passkeys;
mod m0025_dormancy;
mod m0026_access_reviews;
mod m0027_gateways_webhooks;
mod m0028_notifications;
mod m0029_retired_keys;
mod m0030_impersonations;
mod m0031_restored_copy;
mod m0032_advertising;
mod m0033_second_wall;
pub mod wall;

pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            whole(m0001_vault_and_mail::Migration),
            whole(m0002_people::Migration),
            whole(m0003_teams::Migration),
            whole(m0004_amazon::Migration),
            whole(m0005_gateways::Migration),
            whole(m0006_audit::Migration),
            whole(m0007_key_ends_and_renewal::Migration),
            whole(m0008_grants_tests_and_removal::Migration),
            whole(m0009_audit_tree::Migration),
            whole(m0010_alerts::Migration),
            whole(m0011_reviews::Migration),
            whole(m0012_log_explorer::Migration),
            whole(m0013_webhooks::Migration),
            whole(m0014_retention::Migration),
            whole(m0015_incidents::Migration),
            whole(m0016_evidence::Migration),
            whole(m0017_tasks::Migration),
            whole(m0018_notices::Migration),
            whole(m0019_lessons::Migration),
            whole(m0020_beginning::Migration),
            whole(m0021_readiness::Migration),
            whole(m0022_engagements::Migration),
            whole(m0023_approvals::Migration),
            whole(m0024_passkeys::Migration),
            whole(m0025_dormancy::Migration),
            whole(m0026_access_reviews::Migration),
            whole(m0027_gateways_webhooks::Migration),
            whole(m0028_notifications::Migration),
            whole(m0029_retired_keys::Migration),
            whole(m0030_impersonations::Migration),
            whole(m0031_restored_copy::Migration),
            whole(m0032_advertising::Migration),
            whole(m0033_second_wall::Migration),
        ]
    }
}

/// A migration that a power cut leaves nothing of, on SQLite too: left to itself the library runs statements there one
/// by one, and half a migration can neither be repeated nor taken back.
struct Whole<M>(M);

fn whole(migration: impl MigrationTrait + 'static) -> Box<dyn MigrationTrait> {
    Box::new(Whole(migration))
}

impl<M: MigrationTrait> MigrationName for Whole<M> {
    fn name(&self) -> &str {
        self.0.name()
    }
}

#[async_trait::async_trait]
impl<M: MigrationTrait> MigrationTrait for Whole<M> {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        self.0.up(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        self.0.down(manager).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
