//! What a witness remembers: every checkpoint that it saw, and every alarm, in files that only grow.

use std::{
    fs::{DirBuilder, File, OpenOptions},
    io::{self, BufRead, BufReader, Read, Seek, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use model::Time;
use serde::{Deserialize, Serialize};

const CHECKPOINTS: &str = "checkpoints.jsonl";
const ALARMS: &str = "alarms.jsonl";
/// An honest checkpoint has a few hundred letters.
const CHECKPOINT_MOST: usize = 4096;
const LAST_LOOK: &str = "last-look";
const LAST_TOLD: &str = "last-told";
/// No line is longer.
const TAIL: u64 = 64 * 1024;

#[derive(Debug, thiserror::Error)]
pub enum MemoryError {
    #[error("the witness's folder {} cannot be used", .0.display())]
    Folder(PathBuf, #[source] io::Error),
    #[error("the witness's memory is damaged in line {0}")]
    Damaged(usize),
    #[error("the last line of the witness's memory is damaged")]
    DamagedEnd,
    #[error("{} holds no checkpoint of a witness", .0.display())]
    Empty(PathBuf),
    /// There is a key, but nothing of what was seen with it.
    #[error("the witness has been here before, and its memory {} is gone: find out who took it, then begin in another folder", .0.display())]
    Gone(PathBuf),
}

/// One line.
#[derive(Serialize, Deserialize)]
struct Line {
    at: Time,
    text: String,
    /// At an alarm: the checkpoint that it was raised at. Signed by the log, it is the proof.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    checkpoint: Option<String>,
}

/// The folder of a witness.
#[derive(Clone, Debug)]
pub struct Memory {
    folder: PathBuf,
}

impl Memory {
    /// For a witness: makes the folder the first time.
    pub fn open(folder: &Path) -> Result<Self, MemoryError> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
        made.map_err(|error| MemoryError::Folder(folder.to_owned(), error))?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// Of another's folder: every checkpoint in it. A folder without any is a mistake, and no consent.
    pub fn read(folder: &Path) -> Result<Vec<String>, MemoryError> {
        let all = Self { folder: folder.to_owned() }.all()?;
        if all.is_empty() { Err(MemoryError::Empty(folder.to_owned())) } else { Ok(all) }
    }

    fn failed(&self) -> impl Fn(io::Error) -> MemoryError + '_ {
        |error| MemoryError::Folder(self.folder.clone(), error)
    }

    /// Whether it has seen anything.
    pub fn is_empty(&self) -> bool {
        !self.folder.join(CHECKPOINTS).exists()
    }

    /// Every checkpoint that was seen, the first first.
    pub fn all(&self) -> Result<Vec<String>, MemoryError> {
        let file = match File::open(self.folder.join(CHECKPOINTS)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(self.failed()(error)),
        };
        let (mut reader, mut text, mut all) = (BufReader::new(file), String::new(), Vec::new());
        while reader.read_line(&mut text).map_err(self.failed())? > 0 {
            // A line without an end was being written when the process died: it was never remembered.
            if text.ends_with('\n') {
                let line: Line = serde_json::from_str(&text).map_err(|_| MemoryError::Damaged(all.len() + 1))?;
                all.push(line.text);
            }
            text.clear();
        }
        Ok(all)
    }

    /// The last of them.
    pub fn last(&self) -> Result<Option<String>, MemoryError> {
        Ok(self.last_line(CHECKPOINTS)?.map(|line| line.text))
    }

    fn last_alarm(&self) -> Option<Line> {
        self.last_line(ALARMS).ok().flatten()
    }

    /// Read from the end: the file grows for ever.
    fn last_line(&self, name: &str) -> Result<Option<Line>, MemoryError> {
        let mut file = match File::open(self.folder.join(name)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.failed()(error)),
        };
        let length = file.metadata().map_err(self.failed())?.len();
        file.seek(io::SeekFrom::Start(length.saturating_sub(TAIL))).map_err(self.failed())?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(self.failed())?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let Some(line) = bytes[..whole].split(|byte| *byte == b'\n').rev().find(|line| !line.is_empty()) else {
            return Ok(None);
        };
        serde_json::from_slice(line).map(Some).map_err(|_| MemoryError::DamagedEnd)
    }

    pub fn remember(&self, at: Time, note: &str) -> Result<(), MemoryError> {
        // The same head signed anew is worth a line only when it says more than the last one.
        if self.last()?.is_some_and(|last| body(&last) == body(note)) {
            return Ok(());
        }
        self.add(CHECKPOINTS, Line { at, text: note.to_owned(), checkpoint: None })
    }

    /// Keeps an alarm with its checkpoint. One that lasts is kept once: whoever raises it must not fill the disk.
    pub fn alarm(&self, at: Time, what: &str, checkpoint: Option<String>) -> Result<(), MemoryError> {
        let lasts = |last: Line| last.text == what && at - last.at < chrono::Duration::hours(6);
        if self.last_alarm().is_some_and(lasts) {
            return Ok(());
        }
        let checkpoint = checkpoint.map(|text| text.chars().take(CHECKPOINT_MOST).collect());
        self.add(ALARMS, Line { at, text: what.to_owned(), checkpoint })
    }

    /// When the log was last seen in order.
    pub fn last_look(&self) -> Option<Time> {
        std::fs::read_to_string(self.folder.join(LAST_LOOK)).ok()?.trim().parse().ok()
    }

    /// The alarm that people were told of and not yet that it is over, and when.
    pub(super) fn last_told(&self, way: &str) -> Option<(Time, String)> {
        let text = std::fs::read_to_string(self.folder.join(format!("{LAST_TOLD}-{way}"))).ok()?;
        let (at, what) = text.split_once('\n')?;
        Some((at.parse().ok()?, what.to_owned()))
    }

    /// People were told of this alarm, or that there is none any more. A memory that fails tells them again.
    pub(super) fn told(&self, way: &str, at: Time, alarm: Option<&str>) {
        let file = self.folder.join(format!("{LAST_TOLD}-{way}"));
        let kept = match alarm {
            Some(alarm) => std::fs::write(file, format!("{}\n{alarm}", at.to_rfc3339())),
            None => std::fs::remove_file(file),
        };
        if let Err(error) = kept {
            tracing::error!(error = &error as &dyn std::error::Error, "what was told cannot be remembered");
        }
    }

    pub fn looked(&self, at: Time) -> Result<(), MemoryError> {
        std::fs::write(self.folder.join(LAST_LOOK), at.to_rfc3339()).map_err(self.failed())
    }

    fn add(&self, name: &str, line: Line) -> Result<(), MemoryError> {
        let text = serde_json::to_string(&line).unwrap_or_default();
        let mut options = OpenOptions::new();
        let file = options.read(true).append(true).create(true).mode(0o600).open(self.folder.join(name));
        let written = file.and_then(|mut file| {
            // Two witnesses of one folder take turns; what a dead one left half written is cut off.
            file.lock()?;
            let whole = whole_lines(&mut file)?;
            // Storage that can only be appended to takes no cut, not even one of nothing.
            if whole < file.metadata()?.len() {
                file.set_len(whole)?;
            }
            file.write_all(format!("{text}\n").as_bytes())?;
            file.sync_all()?;
            File::open(&self.folder)?.sync_all()
        });
        written.map_err(self.failed())
    }
}

/// The length of a file up to the end of its last whole line.
fn whole_lines(file: &mut File) -> io::Result<u64> {
    let length = file.metadata()?.len();
    let from = length.saturating_sub(TAIL);
    file.seek(io::SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(bytes.iter().rposition(|byte| *byte == b'\n').map_or(from, |end| from + end as u64 + 1))
}

/// Origin, size and root of a checkpoint.
fn body(note: &str) -> Vec<&str> {
    note.lines().take(3).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(size: u64) -> String {
        format!("portal.example/audit\n{size}\nroot\n\n— x\n")
    }

    #[test]
    fn a_line_that_was_being_written_when_the_process_died_is_forgotten_and_the_rest_is_not() {
        let folder = std::env::temp_dir().join(format!("portal-witness-{}", std::process::id()));
        let memory = Memory::open(&folder).unwrap();
        assert!(memory.is_empty() && Memory::read(&folder).is_err());
        memory.remember(Time::UNIX_EPOCH, &note(1)).unwrap();
        memory.remember(Time::UNIX_EPOCH, &note(2)).unwrap();
        let path = folder.join(CHECKPOINTS);
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, [&whole[..], &whole[..20]].concat()).unwrap();
        assert_eq!(memory.last().unwrap(), Some(note(2)));
        assert_eq!(memory.all().unwrap(), [note(1), note(2)]);
        memory.remember(Time::UNIX_EPOCH, &note(3)).unwrap();
        assert_eq!(Memory::read(&folder).unwrap(), [note(1), note(2), note(3)]);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
