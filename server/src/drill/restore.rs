//! A backup of this very installation is restored on something disposable, and compared. What is told of it tells a Team nothing of
//! others.

use std::{
    fs::{self, File, OpenOptions},
    io::{Read, Seek, SeekFrom, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    time::{Duration, Instant, SystemTime},
};

use backend::{
    Portal, audit, backup, random,
    store::{Db, drill},
};
use model::{counted, ids::TeamId, incident::DrillKind};

use super::{Done, Log};
use crate::restore;

/// What somebody's rehearsal showed stands for all Teams: one that went well for a day, one that did not for an hour.
const STANDS: [chrono::Duration; 2] = [chrono::Duration::hours(1), chrono::Duration::days(1)];
/// How the report of one begins that was not run: nobody else's stands on it.
const NOT_RUN: &str = "Not run anew";
const PREFIX: &str = "restore-";

/// A folder for this user alone, gone when it is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(portal: &Portal) -> std::io::Result<Self> {
        let within = &portal.settings.scratch_dir;
        sweep(within);
        let path = within.join(format!("{PREFIX}{}", random::uuid(portal.clock.now()).simple()));
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&path)?;
        Ok(Self(path))
    }

    async fn empty(&self, name: &str) -> Result<Db, sea_orm::DbErr> {
        Db::connect(&format!("sqlite://{}", self.0.join(name).display()), 2).await
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What a process that was killed left behind.
fn sweep(within: &Path) {
    let old = |entry: &fs::DirEntry| {
        let since = entry.metadata().and_then(|meta| meta.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
        since.elapsed().is_ok_and(|age| age > Duration::from_secs(2 * 3600))
    };
    for entry in fs::read_dir(within).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(PREFIX) && old(&entry) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// What a rehearsal of a short time ago showed, whichever Team's it was; as the same report.
pub(super) async fn lately(portal: &Portal) -> Result<Option<(bool, String)>, sea_orm::DbErr> {
    let Some(last) = drill::newest(portal.db.reader(), DrillKind::RestoreBackup, NOT_RUN).await? else { return Ok(None) };
    let stands = portal.clock.now() - last.at < STANDS[usize::from(last.passed)];
    let ago = counted((portal.clock.now() - last.at).num_minutes(), "minute");
    let report = format!("{NOT_RUN}: a backup holds every Team, and one was rehearsed {ago} ago.\n{}", last.report);
    Ok(stands.then_some((last.passed, report)))
}

pub(super) async fn run(portal: &Portal, team: TeamId, log: &mut Log) -> Done<()> {
    let folder = Folder::new(portal)?;
    let file = folder.0.join("backup");
    let at = Instant::now();
    let out = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&file)?;
    let (manifest, _) = backup::write(portal, std::io::BufWriter::new(out)).await?;
    log.step("a backup of this installation is written, as one moment had it", true, at);
    let at = Instant::now();
    let words = [b"audit_event".to_vec(), team.0.simple().to_string().into_bytes()];
    let path = file.clone();
    let readable = tokio::task::spawn_blocking(move || holds(&path, &words)).await??;
    log.step("nothing of it is read without the master key", !readable, at);
    let at = Instant::now();
    flip(&file)?;
    let nothing = folder.empty("nothing.db").await?;
    let refused = restore::restore(&portal.vault, &nothing, &file, portal.clock.now()).await.is_err();
    nothing.close().await?;
    flip(&file)?;
    log.step("when somebody alters it, it is refused", refused, at);
    let at = Instant::now();
    let db = folder.empty("copy.db").await?;
    let restored = restore::restore(&portal.vault, &db, &file, portal.clock.now()).await;
    log.step("it is restored into an empty SQLite database, each table with as many rows", restored.is_ok(), at);
    restored?;
    compare(portal, &db, &manifest, team, log).await?;
    Ok(db.close().await?)
}

async fn compare(portal: &Portal, db: &Db, manifest: &backup::Manifest, team: TeamId, log: &mut Log) -> Done<()> {
    let at = Instant::now();
    let held = match (&manifest.head, &portal.settings.log_verifier) {
        (None, _) => true,
        // Event by event.
        (Some(head), Some(verifier)) => {
            let (vault, now) = (portal.vault.unopened(), portal.clock.now());
            let found = audit::verify(db.reader(), &vault, verifier, std::slice::from_ref(&head.note), now).await?;
            found.findings.is_empty() && found.size >= head.size
        }
        (Some(_), None) => backup::log_heads(db, manifest).await?.is_some_and(|(signed, found)| signed == found),
    };
    let step = match manifest.head {
        Some(_) => "its log has the head that was signed here last",
        None => "no head was signed here yet, to compare its log with",
    };
    log.step(step, held, at);
    let at = Instant::now();
    let (same, all) = backup::samples(portal, db, team).await?;
    log.step(&format!("{same} of {all} secrets of the Team that rehearses open in it, as they do here"), same == all, at);
    Ok(())
}

/// One bit in the middle is another one, and back again.
fn flip(file: &Path) -> std::io::Result<()> {
    let mut file = OpenOptions::new().read(true).write(true).open(file)?;
    let middle = file.metadata()?.len() / 2;
    let mut byte = [0];
    file.seek(SeekFrom::Start(middle))?;
    file.read_exact(&mut byte)?;
    file.seek(SeekFrom::Start(middle))?;
    file.write_all(&[byte[0] ^ 1])
}

/// Whether one of these words stands in the file.
fn holds(file: &Path, words: &[Vec<u8>]) -> std::io::Result<bool> {
    let longest = words.iter().map(Vec::len).max().unwrap_or(1);
    let (mut file, mut window, mut piece) = (File::open(file)?, Vec::new(), vec![0; 64 * 1024]);
    loop {
        let read = file.read(&mut piece)?;
        if read == 0 {
            return Ok(false);
        }
        window.extend_from_slice(&piece[..read]);
        if words.iter().any(|word| window.windows(word.len()).any(|part| part == word.as_slice())) {
            return Ok(true);
        }
        window.drain(..window.len().saturating_sub(longest));
    }
}
