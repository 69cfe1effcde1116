//! The keys' file: what must never be in the database. Mode 0600; whoever has it and the database has everything.

use std::{
    fmt,
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown},
    path::{Path, PathBuf},
};

use model::Time;
use zeroize::Zeroizing;

use super::{key_text, wrap::Kek};
use crate::random;

/// The keys of the installation.
pub struct KeyFile {
    /// Wraps new data keys, unless a key service does; then there may be none.
    pub(super) active: Option<Kek>,
    /// Still unwrap the data keys that they wrapped.
    pub(super) older: Vec<Kek>,
    pub(super) pepper: Zeroizing<[u8; 32]>,
    pub(super) cookie: Zeroizing<[u8; 64]>,
    /// Where they were read; nowhere for keys in memory only.
    pub(super) path: Option<PathBuf>,
}

/// Why there are no keys. Says where, never what was read.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    #[error("the keys' file {} cannot be read", .path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("the keys' file {} has mode {mode:03o}: others than its owner have access; run chmod 600 on it", .path.display())]
    Exposed { path: PathBuf, mode: u32 },
    #[error("line {line} of the keys' file {} is not `name = base64`, or not of a known name and length", .path.display())]
    Malformed { path: PathBuf, line: usize },
    #[error("the keys' file {} has no entry {name}", .path.display())]
    Incomplete { path: PathBuf, name: String },
    #[error("the keys' file {} is there already and is not overwritten", .path.display())]
    Exists { path: PathBuf },
    #[error("the keys' file {} cannot be written", .path.display())]
    Unwritable { path: PathBuf, source: io::Error },
}

impl KeyFile {
    /// New keys, in memory only.
    pub fn generate(now: Time) -> Self {
        Self {
            active: Some(Kek::generate(now)),
            older: Vec::new(),
            pepper: Zeroizing::new(random::bytes()),
            cookie: Zeroizing::new(random::bytes()),
            path: None,
        }
    }

    /// Writes new keys where no file is. They are on the disk when this returns.
    pub fn create(path: &Path, now: Time) -> Result<Self, KeyFileError> {
        let keys = Self { path: Some(path.to_owned()), ..Self::generate(now) };
        let unwritable = |source| KeyFileError::Unwritable { path: path.to_owned(), source };
        let mut file = match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(KeyFileError::Exists { path: path.to_owned() });
            }
            Err(error) => return Err(unwritable(error)),
        };
        let written = file.write_all(key_text::render(&keys, now).as_bytes()).and_then(|()| file.sync_all());
        if let Err(error) = written.and_then(|()| sync_folder(path)) {
            // Half a file would be in the way of the next try.
            let _ = fs::remove_file(path);
            return Err(unwritable(error));
        }
        Ok(keys)
    }

    /// Reads the keys. Refuses a file that its group or the world may touch.
    pub fn load(path: &Path) -> Result<Self, KeyFileError> {
        let unreadable = |source| KeyFileError::Unreadable { path: path.to_owned(), source };
        let mut file = File::open(path).map_err(unreadable)?;
        // Asked of the open file: the path could name another one by now.
        let mode = file.metadata().map_err(unreadable)?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(KeyFileError::Exposed { path: path.to_owned(), mode });
        }
        let mut text = Zeroizing::new(String::new());
        file.read_to_string(&mut text).map_err(unreadable)?;
        let keys = key_text::parse(&text).map_err(|fault| match fault {
            key_text::Fault::Line(line) => KeyFileError::Malformed { path: path.to_owned(), line },
            key_text::Fault::Missing(name) => KeyFileError::Incomplete { path: path.to_owned(), name },
        })?;
        Ok(Self { path: Some(path.to_owned()), ..keys })
    }

    /// Whether there is a master key that could wrap.
    pub fn has_master(&self) -> bool {
        self.active.is_some()
    }

    /// Adds a master key that wraps nothing yet: every machine can know it before anything needs it. The only one of a file is its active
    /// one; such a file stands beside a service that wraps. Answers its id.
    pub fn prepare_master(path: &Path, now: Time) -> Result<String, KeyFileError> {
        let (path, _held) = &held(path)?;
        let mut keys = Self::load(path)?;
        let new = Kek::generate(now);
        let id = new.id.clone();
        match keys.active {
            Some(_) => keys.older.push(new),
            None => keys.active = Some(new),
        }
        keys.replace(path, now).map(|()| id)
    }

    /// Lets the prepared master key wrap from now on, or a new one when none is prepared; the older ones still unwrap. Answers its id,
    /// and whether it is new.
    pub fn rotate_master(path: &Path, now: Time) -> Result<(String, bool), KeyFileError> {
        let (path, _held) = &held(path)?;
        let mut keys = Self::load(path)?;
        let prepared = keys.take_newest_behind_active();
        let is_new = prepared.is_none();
        let next = prepared.unwrap_or_else(|| Kek::generate(now));
        let id = next.id.clone();
        keys.older.extend(keys.active.replace(next));
        keys.replace(path, now).map(|()| (id, is_new))
    }

    /// Takes a master key out of the file, for good. Whether anything still needs it, the caller has looked at.
    pub fn remove_master(path: &Path, id: &str, now: Time) -> Result<(), KeyFileError> {
        let (path, _held) = &held(path)?;
        let mut keys = Self::load(path)?;
        if keys.active.as_ref().is_some_and(|kek| kek.id == id) {
            keys.active = keys.take_newest();
            return keys.replace(path, now);
        }
        let before = keys.older.len();
        keys.older.retain(|kek| kek.id != id);
        if keys.older.len() == before {
            return Err(KeyFileError::Incomplete { path: path.to_owned(), name: format!("kek.{id}") });
        }
        keys.replace(path, now)
    }

    /// A key that was made after the active one is a prepared one.
    fn take_newest_behind_active(&mut self) -> Option<Kek> {
        let active = self.active.as_ref()?;
        self.older.iter().any(|kek| active.is_older_than(kek)).then(|| self.take_newest())?
    }

    fn take_newest(&mut self) -> Option<Kek> {
        let newest = (0..self.older.len()).max_by_key(|n| self.older[*n].born())?;
        Some(self.older.remove(newest))
    }

    /// Writes beside the file, for the same owner, then takes its place: nobody ever reads half of one.
    fn replace(&self, path: &Path, now: Time) -> Result<(), KeyFileError> {
        let unwritable = |source| KeyFileError::Unwritable { path: path.to_owned(), source };
        let old = fs::metadata(path).map_err(unwritable)?;
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}", random::uuid(now).simple()));
        let beside = path.with_file_name(name);
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside).map_err(unwritable)?;
        let written = fchown(&file, Some(old.uid()), Some(old.gid()))
            .and_then(|()| file.write_all(key_text::render(self, now).as_bytes()))
            .and_then(|()| file.sync_all())
            .and_then(|()| fs::rename(&beside, path));
        if let Err(error) = written {
            // Keys lie nowhere that nobody knows of.
            let _ = fs::remove_file(&beside);
            return Err(unwritable(error));
        }
        if let Err(error) = sync_folder(path) {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the keys' file was changed, but may not be on the disk yet"
            );
        }
        Ok(())
    }
}

/// The file itself, not a link to it, and its folder held until it is dropped: of two who change it one waits.
fn held(path: &Path) -> Result<(PathBuf, File), KeyFileError> {
    let unreadable = |source| KeyFileError::Unreadable { path: path.to_owned(), source };
    let file = fs::canonicalize(path).map_err(unreadable)?;
    let folder = File::open(file.parent().unwrap_or(Path::new("/"))).map_err(unreadable)?;
    folder.lock().map_err(unreadable)?;
    Ok((file, folder))
}

/// A new file's name is on the disk only when its folder is.
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

impl fmt::Debug for KeyFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyFile").field("active", &self.active.as_ref().map(|kek| &kek.id)).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time::UNIX_EPOCH;

    /// A folder of its own, removed at the end.
    struct Folder(PathBuf);

    impl Folder {
        fn new() -> Self {
            let folder = std::env::temp_dir().join(format!("portal-keys-{}", random::uuid(NOW).simple()));
            fs::create_dir(&folder).unwrap();
            Self(folder)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn created_keys_are_read_back_and_never_overwritten() {
        let folder = Folder::new();
        let path = folder.0.join("keys");
        let made = KeyFile::create(&path, NOW).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let read = KeyFile::load(&path).unwrap();
        let active = |keys: &KeyFile| keys.active.as_ref().map(|kek| (kek.id.clone(), kek.bytes.clone())).unwrap();
        assert_eq!(active(&read), active(&made));
        assert_eq!((&read.pepper, &read.cookie), (&made.pepper, &made.cookie));
        assert!(matches!(KeyFile::create(&path, NOW), Err(KeyFileError::Exists { .. })));
    }

    #[test]
    fn a_file_that_others_may_touch_is_refused() {
        let folder = Folder::new();
        let path = folder.0.join("keys");
        KeyFile::create(&path, NOW).unwrap();
        for mode in [0o640, 0o604, 0o620, 0o601, 0o777] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            assert!(matches!(KeyFile::load(&path), Err(KeyFileError::Exposed { mode: found, .. }) if found == mode));
        }
    }

    #[test]
    fn whoever_changes_it_at_once_loses_nothing_and_leaves_links_and_nothing_else() {
        let folder = Folder::new();
        let (path, link) = (folder.0.join("keys.new"), folder.0.join("keys"));
        KeyFile::create(&path, NOW).unwrap();
        std::os::unix::fs::symlink(&path, &link).unwrap();
        let ids: Vec<_> = std::thread::scope(|scope| {
            let all: Vec<_> = (0..8).map(|_| scope.spawn(|| KeyFile::rotate_master(&link, NOW).unwrap().0)).collect();
            all.into_iter().map(|one| one.join().unwrap()).collect()
        });
        let keys = KeyFile::load(&path).unwrap();
        assert_eq!(keys.older.len(), 8);
        let has = |id: &String| keys.active.iter().chain(&keys.older).any(|kek| kek.id == *id);
        assert!(ids.iter().all(has));
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_dir(&folder.0).unwrap().count(), 2);
    }

    #[test]
    fn the_newest_that_is_left_is_active_and_at_last_none() {
        let folder = Folder::new();
        let path = folder.0.join("keys");
        let first = KeyFile::create(&path, NOW).unwrap().active.unwrap().id;
        let [second, third] = [1, 2].map(|n| KeyFile::rotate_master(&path, NOW + chrono::Duration::seconds(n)).unwrap().0);
        let active = || KeyFile::load(&path).unwrap().active.map(|kek| kek.id);
        KeyFile::remove_master(&path, &third, NOW).unwrap();
        assert_eq!(active(), Some(second.clone()));
        KeyFile::remove_master(&path, &first, NOW).unwrap();
        assert_eq!(active(), Some(second.clone()));
        KeyFile::remove_master(&path, &second, NOW).unwrap();
        assert_eq!(active(), None);
        assert!(matches!(KeyFile::remove_master(&path, &second, NOW), Err(KeyFileError::Incomplete { .. })));
        let again = KeyFile::prepare_master(&path, NOW).unwrap();
        assert_eq!(active(), Some(again));
    }

    #[test]
    fn a_prepared_key_wraps_only_after_the_next_rotation() {
        let folder = Folder::new();
        let path = folder.0.join("keys");
        let first = KeyFile::create(&path, NOW).unwrap().active.unwrap().id;
        let active = || KeyFile::load(&path).unwrap().active.map(|kek| kek.id);
        let later = |n| NOW + chrono::Duration::seconds(n);
        let prepared = KeyFile::prepare_master(&path, later(1)).unwrap();
        assert_eq!(active(), Some(first.clone()));
        assert_eq!(KeyFile::rotate_master(&path, later(2)).unwrap(), (prepared.clone(), false));
        assert_eq!(active(), Some(prepared));
        // The one before is no prepared one.
        let (new, is_new) = KeyFile::rotate_master(&path, later(3)).unwrap();
        assert!(is_new && new != first);
        assert_eq!(KeyFile::load(&path).unwrap().older.len(), 2);
    }

    #[test]
    fn a_missing_file_is_unreadable() {
        let folder = Folder::new();
        assert!(matches!(KeyFile::load(&folder.0.join("keys")), Err(KeyFileError::Unreadable { .. })));
    }
}
