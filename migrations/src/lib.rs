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

pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_vault_and_mail::Migration),
            Box::new(m0002_people::Migration),
            Box::new(m0003_teams::Migration),
            Box::new(m0004_amazon::Migration),
            Box::new(m0005_gateways::Migration),
            Box::new(m0006_audit::Migration),
            Box::new(m0007_key_ends_and_renewal::Migration),
            Box::new(m0008_grants_tests_and_removal::Migration),
            Box::new(m0009_audit_tree::Migration),
            Box::new(m0010_alerts::Migration),
            Box::new(m0011_reviews::Migration),
            Box::new(m0012_log_explorer::Migration),
            Box::new(m0013_webhooks::Migration),
            Box::new(m0014_retention::Migration),
            Box::new(m0015_incidents::Migration),
            Box::new(m0016_evidence::Migration),
            Box::new(m0017_tasks::Migration),
            Box::new(m0018_notices::Migration),
            Box::new(m0019_lessons::Migration),
            Box::new(m0020_beginning::Migration),
            Box::new(m0021_readiness::Migration),
        ]
    }
}
