//! A copy of the database in one file, sealed under the master key, and the way back into an empty database: of either kind, so that
//! an installation that has grown moves by it as well.

mod archive;
mod dump;
mod load;
mod schema;

use std::io::{BufRead, BufReader, Read, Write};

use base64::{Engine, engine::general_purpose::STANDARD};
use flate2::{Compression, read::DeflateDecoder, write::DeflateEncoder};
use model::{Time, ids::TeamId};
use sea_orm::{ConnectionTrait, DbErr};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use archive::Head;
use archive::{Opening, Sealing, read_head};
pub use schema::Table;

use crate::{
    Portal, access, audit,
    store::{Db, audit_tree, sealed, sql},
    vault::{Vault, VaultError},
};

/// Values of each kind that are opened to see whether a copy opens.
const SAMPLES: u64 = 5;

/// What a backup holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub id: Uuid,
    pub made_at: Time,
    /// The version of Portal that made it, and the migrations that its database had, in their order.
    pub portal: String,
    pub migrations: Vec<String>,
    /// The newest signed head of the log.
    pub head: Option<Signed>,
    pub tables: Vec<Table>,
}

/// A signed head of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signed {
    pub size: u64,
    pub note: String,
}

/// Why there is no backup, or nothing comes back from one.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("the backup cannot be written or read: {0}")]
    File(#[from] std::io::Error),
    #[error("the backup holds what no backup of Portal does")]
    Content(#[from] serde_json::Error),
    #[error("the master key {0} that opens this backup is not here")]
    NoKey(String),
    #[error("the table {0} of the backup does not fit this database")]
    Unfit(String),
    #[error("the database changed in a way that no backup keeps up with: {0} has {1} rows in place of {2}")]
    Moved(String, u64, u64),
    #[error("the backup goes on behind its end")]
    More,
    #[error("this database is a restored copy itself: promote it before it is backed up")]
    OfCopy,
    #[error("the keys do not open it")]
    Vault(#[from] VaultError),
    #[error("the database did not answer")]
    Database(#[from] DbErr),
}

/// Writes a backup of the database as it is at this moment.
pub async fn write<W: Write>(portal: &Portal, out: W) -> Result<(Manifest, W), BackupError> {
    if portal.settings.copy_of.is_some() {
        return Err(BackupError::OfCopy);
    }
    let now = portal.clock.now();
    let (envelope, wrapped) = portal.vault.new_envelope(now).await?;
    let sealing = Sealing::begin(out, envelope, &Head::new(&wrapped, now))?;
    let mut out = DeflateEncoder::new(sealing, Compression::default());
    let tx = dump::moment(&portal.db).await?;
    let manifest = Manifest {
        id: wrapped.id,
        made_at: now,
        portal: env!("CARGO_PKG_VERSION").to_owned(),
        migrations: migrations(&tx).await?,
        head: audit_tree::newest_checkpoint(&tx).await?.map(|head| Signed { size: head.size, note: head.note }),
        tables: dump::counted(&tx).await?,
    };
    out.write_all(&line(&manifest)?)?;
    for table in &manifest.tables {
        let many = dump::rows(&tx, table, &mut out).await?;
        if many != table.rows {
            return Err(BackupError::Moved(table.name.clone(), many, table.rows));
        }
    }
    tx.rollback().await?;
    let out = out.finish()?.end()?;
    Ok((manifest, out))
}

/// A line of a backup.
fn line(of: &impl Serialize) -> Result<Vec<u8>, BackupError> {
    let mut line = serde_json::to_vec(of)?;
    line.push(b'\n');
    Ok(line)
}

/// The migrations that a database has had, in their order.
pub async fn migrations(db: &impl ConnectionTrait) -> Result<Vec<String>, DbErr> {
    let rows = db.query_all_raw(sql(db, "SELECT version FROM seaql_migrations ORDER BY version", [])).await?;
    rows.iter().map(|row| row.try_get("", "version")).collect()
}

/// A backup that was opened, up to its rows.
pub struct Opened<R: Read> {
    pub manifest: Manifest,
    lines: BufReader<DeflateDecoder<Opening<R>>>,
}

/// Opens a backup with the master key that it names.
pub async fn open<R: Read>(vault: &Vault, from: R) -> Result<Opened<R>, BackupError> {
    let (head, context, rest) = read_head(from)?;
    let wrapped = head.envelope().ok_or(VaultError::Refused)?;
    let envelope = match vault.open_envelope(&wrapped).await {
        Err(VaultError::KeyUnavailable) => return Err(BackupError::NoKey(head.kek_id)),
        opened => opened?,
    };
    let mut lines = BufReader::new(DeflateDecoder::new(Opening::new(rest, envelope, context)));
    let mut line = String::new();
    lines.read_line(&mut line)?;
    Ok(Opened { manifest: serde_json::from_str(&line)?, lines })
}

impl<R: Read> Opened<R> {
    /// Fills a database that has had the same migrations, and holds nothing yet. All of it or nothing.
    pub async fn fill(mut self, db: &Db) -> Result<Manifest, BackupError> {
        let tx = load::fill(db, &self.manifest, &mut self.lines).await?;
        // Nothing stands behind the rows, and nothing was cut off.
        let rest = std::io::copy(&mut self.lines, &mut std::io::sink())?;
        let mut sealed = self.lines.into_inner().into_inner();
        let rest = rest + std::io::copy(&mut sealed, &mut std::io::sink())?;
        if rest > 0 || !sealed.is_at_end()? {
            return Err(BackupError::More);
        }
        tx.commit().await?;
        Ok(self.manifest)
    }
}

/// Tables whose rows are not as many as the backup says: what was lost, and what is too much.
pub async fn differences(db: &Db, manifest: &Manifest) -> Result<Vec<(String, u64, u64)>, DbErr> {
    let tx = dump::moment(db).await?;
    let now = dump::counted(&tx).await?;
    tx.rollback().await?;
    let many = |name: &str| now.iter().find(|table| table.name == name).map_or(0, |table| table.rows);
    let differs = manifest.tables.iter().map(|table| (table.name.clone(), table.rows, many(&table.name)));
    Ok(differs.filter(|(_, was, is)| was != is).collect())
}

/// The root that the newest signed head of the backup says, and the root of the restored log at its size; nothing without a head.
pub async fn log_heads(db: &Db, manifest: &Manifest) -> Result<Option<(String, String)>, BackupError> {
    let Some(head) = &manifest.head else { return Ok(None) };
    // A checkpoint: the log's name, its size, its root in Base64.
    let signed = head.note.lines().nth(2).unwrap_or_default().to_owned();
    let found = audit::root_at(db.reader(), head.size).await?.map(|root| STANDARD.encode(root)).unwrap_or_default();
    Ok(Some((signed, found)))
}

/// Some sealed values of a Team in a copy: how many open in it, with keys that nobody has opened before, and as what they open here;
/// of how many. What changed here since the backup has to open, and that is all. A copy that lost them all has none of one.
pub async fn samples(portal: &Portal, copy: &Db, team: TeamId) -> Result<(usize, usize), BackupError> {
    let (scope, fresh, here) = (access::job(team), portal.vault.unopened(), portal.db.reader());
    fresh.fits(copy.reader()).await?;
    let known = sealed::some(here, &scope, SAMPLES).await?;
    let kept = sealed::some(copy.reader(), &scope, SAMPLES).await?;
    let mut same = 0;
    for one @ (place, value) in &kept {
        let Ok(there) = fresh.open(copy.reader(), place, value).await else { continue };
        let equal = match known.contains(one) {
            true => portal.vault.open(here, place, value).await.is_ok_and(|here| is_same(&there, &here)),
            false => true,
        };
        same += usize::from(equal);
    }
    Ok((same, kept.len().max(usize::from(!known.is_empty()))))
}

#[expect(clippy::disallowed_methods, reason = "what a copy opens is compared with what it should be")]
fn is_same(one: &SecretString, other: &SecretString) -> bool {
    one.expose_secret() == other.expose_secret()
}
