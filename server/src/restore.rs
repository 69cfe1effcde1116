//! From a backup to a database, and from a copy to an installation.

use std::{fs::File, io::BufReader, path::Path};

use backend::{
    Cx, Portal,
    audit::{self, Event},
    backup::{self, BackupError, Manifest},
    store::{Db, restored},
    vault::Vault,
};
use migrations::{Migrator, MigratorTrait};
use model::{Time, audit::Action};

/// Why nothing was restored.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    #[error("the database is not empty: restore into an empty one")]
    NotEmpty,
    #[error("the backup was made by portal {0}, whose database this version does not know: restore it with that version")]
    Newer(String),
    #[error("{0} has {2} rows, and the backup {1}")]
    Differs(String, u64, u64),
    #[error(transparent)]
    Backup(#[from] BackupError),
    #[error("the database did not answer")]
    Database(#[from] sea_orm::DbErr),
}

/// Fills an empty database from a backup, and brings it up to date. It is a copy from then on, which sends nothing and asks nobody
/// until it is promoted.
pub async fn restore(vault: &Vault, db: &Db, file: &Path, now: Time) -> Result<Manifest, RestoreError> {
    if !restored::is_empty(db.reader()).await? {
        return Err(RestoreError::NotEmpty);
    }
    let opened = backup::open(vault, BufReader::new(File::open(file).map_err(BackupError::File)?)).await?;
    let known: Vec<_> = Migrator::migrations().iter().map(|one| one.name().to_owned()).collect();
    let had = &opened.manifest.migrations;
    if !known.starts_with(had) {
        return Err(RestoreError::Newer(opened.manifest.portal));
    }
    let steps = u32::try_from(had.len()).unwrap_or(u32::MAX);
    restored::begin(db.reader()).await?;
    Migrator::up(db.reader(), Some(steps)).await?;
    let manifest = opened.fill(db).await?;
    if let Some((table, was, is)) = backup::differences(db, &manifest).await?.into_iter().next() {
        return Err(RestoreError::Differs(table, was, is));
    }
    Migrator::up(db.reader(), None).await?;
    vault.unopened().fits(db.reader()).await.map_err(BackupError::Vault)?;
    restored::done(db.reader(), manifest.id, manifest.made_at, now).await?;
    Ok(manifest)
}

/// Lets a copy act. False when it is none.
pub async fn promote(portal: &Portal) -> Result<bool, sea_orm::DbErr> {
    let tx = portal.db.begin().await?;
    if !restored::promote(&*tx, portal.clock.now()).await? {
        return Ok(false);
    }
    audit::append(&*tx, &Cx::system(portal, "command line"), Event::new(Action::CopyPromoted)).await?;
    tx.commit().await?;
    Ok(true)
}
