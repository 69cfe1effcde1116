//! The last head that this machine signed, kept outside the database: whoever owns the database alone can have no other
//! history signed, since every new head must follow from this one.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use super::{CheckpointError, Head, read_note};

/// Shared by the clones of one sequencer.
#[derive(Clone, Debug, Default)]
pub struct LastHead {
    file: Option<PathBuf>,
    head: Arc<Mutex<Option<(Head, String)>>>,
}

impl LastHead {
    /// From the file beside the checkpoint key; nothing is known while there is none.
    pub fn open(key_file: &Path, verifier: &str) -> Result<Self, CheckpointError> {
        let file = Self::file_of(key_file);
        let head = match Self::read(key_file)? {
            Some(note) => Some((read_note(&note, verifier)?, note)),
            None => None,
        };
        Ok(Self { file: Some(file), head: Arc::new(Mutex::new(head)) })
    }

    /// The note in the file beside the checkpoint key, when there is one.
    pub fn read(key_file: &Path) -> Result<Option<String>, CheckpointError> {
        let file = Self::file_of(key_file);
        match fs::read_to_string(&file) {
            Ok(note) => Ok(Some(note)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(CheckpointError::Unreadable(file, error)),
        }
    }

    /// `checkpoint.key` has `checkpoint.head` beside it.
    fn file_of(key_file: &Path) -> PathBuf {
        key_file.with_extension("head")
    }

    pub fn get(&self) -> Option<Head> {
        self.with_note().map(|(head, _)| head)
    }

    /// The head, and the note that says it.
    pub fn with_note(&self) -> Option<(Head, String)> {
        self.head.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Keeps a head that is signed and stored.
    pub fn keep(&self, note: &str, head: Head) -> Result<(), CheckpointError> {
        if let Some(file) = &self.file {
            replace(file, note).map_err(|error| CheckpointError::Unwritable(file.clone(), error))?;
        }
        *self.head.lock().unwrap_or_else(PoisonError::into_inner) = Some((head, note.to_owned()));
        Ok(())
    }
}

/// Whole or not at all.
fn replace(file: &Path, text: &str) -> io::Result<()> {
    let fresh = file.with_extension("head.new");
    let mut written = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
    written.write_all(text.as_bytes())?;
    written.sync_all()?;
    fs::rename(&fresh, file)?;
    File::open(file.parent().unwrap_or(Path::new(".")))?.sync_all()
}
