//! The built bundle: its files' names hold a hash, so they are looked up once at start.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use app::edge::Assets;

/// Where the bundle is, and what its files are called.
#[derive(Clone, Debug)]
pub struct Site {
    pub folder: Arc<PathBuf>,
    pub assets: Assets,
}

impl Site {
    /// Looks the files up. Without a bundle Portal does not start: pages would come without style.
    pub fn load(folder: &Path) -> io::Result<Self> {
        let missing = |what: &str| {
            io::Error::new(io::ErrorKind::NotFound, format!("no {what} in {}; build the bundle first", folder.display()))
        };
        let mut names = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(|_| missing("bundle"))? {
            names.push(entry?.file_name().to_string_lossy().into_owned());
        }
        let find = |start: &str, end: &str| {
            let name = names.iter().find(|name| name.starts_with(start) && name.ends_with(end));
            name.map(|name| Arc::from(format!("/pkg/{name}"))).ok_or_else(|| missing(end))
        };
        let assets = Assets {
            js: find("frontend-", ".js")?,
            wasm: find("frontend-", "_bg.wasm")?,
            css: find("portal-", ".css")?,
            script: find("portal-", ".js")?,
            palette: find("palette-", ".js")?,
            passkey: find("passkey-", ".js")?,
            gate: find("gate-", ".js")?,
        };
        Ok(Self { folder: Arc::new(folder.to_owned()), assets })
    }
}
