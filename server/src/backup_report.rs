//! `portal backup` and `portal restore`: what they do, said line by line.

use std::{
    error::Error,
    fs::{self, OpenOptions},
    io::BufWriter,
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use backend::{
    Cx, Portal,
    audit::{self, Event},
    backup::{self, Manifest},
};
use model::audit::{Action, SafeText};

/// Writes a backup where no file is, for this user alone. Under its name stands a whole one or none; it is on the disk when this
/// returns.
pub async fn back_up(portal: &Portal, path: &Path) -> Result<Manifest, Box<dyn Error + Send + Sync>> {
    if path.exists() {
        return Err(format!("{} is there already and is not overwritten", path.display()).into());
    }
    let mut name = path.file_name().ok_or("the backup needs a file name")?.to_owned();
    name.push(".part");
    let part = path.with_file_name(name);
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part)?;
    let written = write(portal, file).await;
    // A link never takes another file's place.
    let linked = written.and_then(|manifest| Ok(fs::hard_link(&part, path).map(|()| manifest)?));
    fs::remove_file(&part)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::File::open(folder)?.sync_all()?;
    linked
}

async fn write(portal: &Portal, file: fs::File) -> Result<Manifest, Box<dyn Error + Send + Sync>> {
    let (manifest, out) = backup::write(portal, BufWriter::new(file)).await?;
    out.into_inner()?.sync_all()?;
    let tx = portal.db.begin().await?;
    let rows = manifest.tables.iter().map(|table| table.rows).sum::<u64>();
    let event = Event::new(Action::BackupMade).with("backup", &SafeText::new(&manifest.id.to_string(), 40));
    let event = event.with("rows", i64::try_from(rows).unwrap_or(i64::MAX));
    audit::append(&*tx, &Cx::system(portal, "command line"), event).await?;
    tx.commit().await?;
    Ok(manifest)
}

/// What a backup holds, in three lines.
pub fn print(manifest: &Manifest) {
    let rows = manifest.tables.iter().map(|table| table.rows).sum::<u64>();
    println!(
        "Backup {} of {}, by portal {}",
        manifest.id,
        manifest.made_at.format("%Y-%m-%d %H:%M:%S UTC"),
        manifest.portal
    );
    println!("{rows} rows of {} tables", manifest.tables.len());
    match &manifest.head {
        Some(head) => println!("The log's newest signed head has {} events:\n{}", head.size, head.note.trim_end()),
        None => println!("No head of the log was signed yet."),
    }
}
