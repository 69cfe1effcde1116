//! The plain hash, for secrets that are long and random already.

use sha2::{Digest, Sha256};

/// SHA-256. Not for codes or anything else that can be guessed: those are for the keyed hash.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}
