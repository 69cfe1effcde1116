//! Signed heads of the tree: C2SP tlog-checkpoint in a C2SP signed-note, by an Ed25519 key that is not in the database.

use std::{
    fs::OpenOptions,
    io::{self, Read, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use ed25519_dalek::SigningKey;
use model::Time;
use signed_note::{Note, StandardSigner, StandardVerifier, VerifierList, key_id, new_ed25519_verifier_key};
use tlog_tiles::{Checkpoint, Hash};
use zeroize::Zeroizing;

use crate::random;

/// Why a checkpoint is not made, or not believed.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    #[error("the checkpoint key {} cannot be read", .0.display())]
    Unreadable(PathBuf, #[source] io::Error),
    #[error("the checkpoint key {} has mode {mode:03o}: others than its owner have access; run chmod 600 on it", .path.display())]
    Exposed { path: PathBuf, mode: u32 },
    #[error("the checkpoint key {} is there already and is not overwritten", .0.display())]
    Exists(PathBuf),
    #[error("the checkpoint key {} cannot be written", .0.display())]
    Unwritable(PathBuf, #[source] io::Error),
    #[error("this is not a checkpoint key")]
    Malformed,
    #[error("this is not a checkpoint signed by {0}")]
    NotSigned(String),
}

/// The key that signs heads of the tree. Only the process that sequences has it.
#[derive(Clone)]
pub struct CheckpointKey {
    name: String,
    signer: StandardSigner,
    verifier: String,
}

impl std::fmt::Debug for CheckpointKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("CheckpointKey").field(&self.verifier).finish()
    }
}

impl CheckpointKey {
    /// A new key of this name (the log's origin: no spaces, no plus), in memory only.
    pub fn generate(name: &str) -> Self {
        let seed = Zeroizing::new(random::bytes::<32>());
        let text = signer_text(name, &seed);
        Self::parse(&text).expect("a generated key is well formed")
    }

    fn parse(text: &str) -> Result<Self, CheckpointError> {
        let text = text.trim();
        let signer = StandardSigner::new(text).map_err(|_| CheckpointError::Malformed)?;
        let mut parts = text.splitn(5, '+');
        let (name, key) = (parts.nth(2), parts.nth(1));
        let (name, key) = name.zip(key).ok_or(CheckpointError::Malformed)?;
        let bytes = Zeroizing::new(STANDARD.decode(key).map_err(|_| CheckpointError::Malformed)?);
        let seed = bytes.get(1..).and_then(|seed| <[u8; 32]>::try_from(seed).ok()).ok_or(CheckpointError::Malformed)?;
        let public = SigningKey::from_bytes(&seed).verifying_key();
        Ok(Self { name: name.to_owned(), signer, verifier: new_ed25519_verifier_key(name, &public) })
    }

    /// Writes a new key where no file is.
    pub fn create(path: &Path, name: &str) -> Result<Self, CheckpointError> {
        let seed = Zeroizing::new(random::bytes::<32>());
        let text = signer_text(name, &seed);
        let mut file = match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(CheckpointError::Exists(path.to_owned()));
            }
            Err(error) => return Err(CheckpointError::Unwritable(path.to_owned(), error)),
        };
        let written = file.write_all(text.as_bytes()).and_then(|()| file.write_all(b"\n")).and_then(|()| file.sync_all());
        written.map_err(|error| CheckpointError::Unwritable(path.to_owned(), error))?;
        Self::parse(&text)
    }

    /// Reads a key that nobody else may read.
    pub fn load(path: &Path) -> Result<Self, CheckpointError> {
        let unreadable = |error| CheckpointError::Unreadable(path.to_owned(), error);
        let mut file = std::fs::File::open(path).map_err(unreadable)?;
        let mode = file.metadata().map_err(unreadable)?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(CheckpointError::Exposed { path: path.to_owned(), mode });
        }
        let mut text = Zeroizing::new(String::with_capacity(512));
        file.read_to_string(&mut text).map_err(unreadable)?;
        Self::parse(&text)
    }

    /// The log's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What others verify with: `<name>+<key id>+<public key>` (C2SP signed-note).
    pub fn verifier(&self) -> &str {
        &self.verifier
    }

    /// The signed head of a tree, with the time in an extension line.
    pub fn sign(&self, size: u64, root: Hash, now: Time) -> Result<String, CheckpointError> {
        let extension = format!("at {}\n", now.format("%Y-%m-%dT%H:%M:%SZ"));
        let head = Checkpoint::new(&self.name, size, root, &extension).map_err(|_| CheckpointError::Malformed)?;
        let mut note = Note::new(&head.to_bytes(), &[]).map_err(|_| CheckpointError::Malformed)?;
        self.add_signature(&mut note)?;
        String::from_utf8(note.to_bytes()).map_err(|_| CheckpointError::Malformed)
    }
}

impl CheckpointKey {
    /// Adds this key's signature to a note.
    pub(super) fn add_signature(&self, note: &mut Note) -> Result<(), CheckpointError> {
        note.add_sigs(&[&self.signer]).map_err(|_| CheckpointError::Malformed)
    }

    /// Adds this key's signature to a checkpoint of another log: a witness has seen it.
    pub fn cosign(&self, text: &str) -> Result<String, CheckpointError> {
        let mut note = Note::from_bytes(text.as_bytes()).map_err(|_| CheckpointError::Malformed)?;
        self.add_signature(&mut note)?;
        String::from_utf8(note.to_bytes()).map_err(|_| CheckpointError::Malformed)
    }
}

fn signer_text(name: &str, seed: &[u8; 32]) -> Zeroizing<String> {
    let public = SigningKey::from_bytes(seed).verifying_key();
    let id = key_id(name, &[&[1u8], public.to_bytes().as_slice()].concat());
    let private = Zeroizing::new([&[1u8], seed.as_slice()].concat());
    Zeroizing::new(format!("PRIVATE+KEY+{name}+{id:08x}+{}", STANDARD.encode(&*private)))
}

/// A note that the key of this verifier has signed, beside others perhaps.
pub fn signed_by(text: &str, verifier: &str) -> Result<Note, CheckpointError> {
    let name = verifier.split('+').next().unwrap_or_default();
    let refused = || CheckpointError::NotSigned(name.to_owned());
    let known = StandardVerifier::new(verifier).map_err(|_| CheckpointError::Malformed)?;
    let note = Note::from_bytes(text.as_bytes()).map_err(|_| refused())?;
    note.verify(&VerifierList::new(vec![Box::new(known)])).map_err(|_| refused())?;
    Ok(note)
}

/// What a signed head says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    pub size: u64,
    pub root: [u8; 32],
    /// When it was signed, as it says.
    pub at: Option<Time>,
}

/// Reads a checkpoint and believes it when the log of this verifier key has signed it.
pub fn read_note(text: &str, verifier: &str) -> Result<Head, CheckpointError> {
    let name = verifier.split('+').next().unwrap_or_default();
    let refused = || CheckpointError::NotSigned(name.to_owned());
    let note = signed_by(text, verifier)?;
    let head = Checkpoint::from_bytes(note.text()).map_err(|_| refused())?;
    if head.origin() != name {
        return Err(refused());
    }
    let at = head.extension().lines().find_map(|line| line.strip_prefix("at "));
    let at = at.and_then(|at| chrono::DateTime::parse_from_rfc3339(at).ok()).map(|at| at.to_utc());
    Ok(Head { size: head.size(), root: head.hash().0, at })
}
