//! What a witness remembers: every checkpoint that it saw, and every alarm, in files that only grow.

use std::{
    fs::{DirBuilder, File, OpenOptions},
    io::{self, BufRead, BufReader, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use model::Time;
use serde::{Deserialize, Serialize};

#[derive(Debug, thiserror::Error)]
pub enum MemoryError {
    #[error("the witness's folder {} cannot be used", .0.display())]
    Folder(PathBuf, #[source] io::Error),
    #[error("the witness's memory is damaged in line {0}")]
    Damaged(usize),
}

/// One line.
#[derive(Serialize, Deserialize)]
struct Line {
    at: Time,
    text: String,
}

/// The folder of a witness.
#[derive(Clone, Debug)]
pub struct Memory {
    folder: PathBuf,
}

impl Memory {
    pub fn open(folder: &Path) -> Result<Self, MemoryError> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
        made.map_err(|error| MemoryError::Folder(folder.to_owned(), error))?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// Every checkpoint that was seen, the first first.
    pub fn all(&self) -> Result<Vec<String>, MemoryError> {
        let file = match File::open(self.folder.join("checkpoints.jsonl")) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(MemoryError::Folder(self.folder.clone(), error)),
        };
        let lines = BufReader::new(file).lines().enumerate();
        let read = |(n, line): (usize, io::Result<String>)| {
            let line = line.map_err(|error| MemoryError::Folder(self.folder.clone(), error))?;
            serde_json::from_str::<Line>(&line).map(|line| line.text).map_err(|_| MemoryError::Damaged(n + 1))
        };
        lines.map(read).collect()
    }

    /// The last of them.
    pub fn last(&self) -> Result<Option<String>, MemoryError> {
        Ok(self.all()?.pop())
    }

    pub fn remember(&self, at: Time, note: &str) -> Result<(), MemoryError> {
        // The same head signed anew is worth a line only when it says more than the last one.
        if self.last()?.is_some_and(|last| body(&last) == body(note)) {
            return Ok(());
        }
        self.add("checkpoints.jsonl", at, note)
    }

    pub fn alarm(&self, at: Time, what: &str) -> Result<(), MemoryError> {
        self.add("alarms.jsonl", at, what)
    }

    fn add(&self, file: &str, at: Time, text: &str) -> Result<(), MemoryError> {
        let line = serde_json::to_string(&Line { at, text: text.to_owned() }).unwrap_or_default();
        let mut options = OpenOptions::new();
        let file = options.append(true).create(true).mode(0o600).open(self.folder.join(file));
        let written = file.and_then(|mut file| {
            file.write_all(format!("{line}\n").as_bytes())?;
            file.sync_all()
        });
        written.map_err(|error| MemoryError::Folder(self.folder.clone(), error))
    }
}

/// Origin, size and root of a checkpoint.
fn body(note: &str) -> Vec<&str> {
    note.lines().take(3).collect()
}
