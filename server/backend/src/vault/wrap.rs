//! Data keys, and the key-encryption key that wraps them.

use aes_gcm::{Aes256Gcm, KeyInit, aead::AeadInOut};
use model::{
    Time,
    ids::{DataKeyId, TeamId},
};
use zeroize::Zeroizing;

use super::{Sealed, VaultError, canonical, made_at, service::Bound};
use crate::{random, store::data_key::WrappedKey};

/// Stored first, so that a later way to wrap can be told from this one.
const FORMAT: u8 = 1;

/// The key that seals the records of one Team, or of the installation.
pub(super) struct DataKey {
    pub(super) id: DataKeyId,
    pub(super) team: Option<TeamId>,
    pub(super) version: i32,
    /// The key-encryption key that it was opened with.
    pub(super) kek_id: String,
    pub(super) bytes: Zeroizing<[u8; 32]>,
}

/// A key-encryption key, from the keys' file.
pub(super) struct Kek {
    pub(super) id: String,
    pub(super) bytes: Zeroizing<[u8; 32]>,
    /// Files from before this was written down do not say it.
    pub(super) made_at: Option<Time>,
}

impl DataKey {
    pub(super) fn of(row: &WrappedKey, bytes: Zeroizing<[u8; 32]>) -> Self {
        Self { id: row.id, team: row.team, version: row.version, kek_id: row.kek_id.clone(), bytes }
    }

    /// Whether the row still says what it said when the key was opened.
    pub(super) fn is_of(&self, row: &WrappedKey) -> bool {
        (self.id, self.team, self.version, &self.kek_id) == (row.id, row.team, row.version, &row.kek_id)
    }
}

impl Kek {
    pub(super) fn generate(now: Time) -> Self {
        let id = format!("file_{}", random::uuid(now).simple());
        Self { id, bytes: Zeroizing::new(random::bytes()), made_at: Some(now) }
    }

    /// `0x01 | nonce 12 | ciphertext 32 | tag 16`.
    pub(super) fn wrap(&self, bytes: &Zeroizing<[u8; 32]>, bound: Bound, nonce: [u8; 12]) -> Sealed {
        let context = context(&self.id, bound.key, bound.team, bound.version);
        let mut body = bytes.clone();
        let tag = self
            .cipher()
            .encrypt_inout_detached((&nonce).into(), &context, body.as_mut_slice().into())
            .expect("32 bytes are within what GCM seals");
        Sealed([[FORMAT].as_slice(), nonce.as_slice(), body.as_slice(), tag.as_slice()].concat())
    }

    /// Refuses a key that was wrapped for another id, team or version, or by another key.
    pub(super) fn unwrap_key(&self, row: &WrappedKey) -> Result<DataKey, VaultError> {
        let (nonce, body, tag) = parse(&row.wrapped.0).ok_or(VaultError::Refused)?;
        let context = context(&self.id, row.id, row.team, row.version);
        let mut bytes = Zeroizing::new(*body);
        self.cipher()
            .decrypt_inout_detached(nonce.into(), &context, bytes.as_mut_slice().into(), tag.into())
            .map_err(|_| VaultError::Refused)?;
        Ok(DataKey::of(row, bytes))
    }

    /// When it was made, as far as that is known.
    pub(super) fn born(&self) -> Option<Time> {
        self.made_at.or_else(|| made_at(&self.id))
    }

    /// Another key, and made before that one. The file knows seconds.
    pub(super) fn is_older_than(&self, other: &Kek) -> bool {
        let second = |kek: &Kek| kek.born().map(|at| at.timestamp());
        self.id != other.id && second(self) < second(other)
    }

    fn cipher(&self) -> Aes256Gcm {
        let bytes: &[u8; 32] = &self.bytes;
        Aes256Gcm::new(bytes.into())
    }
}

fn parse(wrapped: &[u8]) -> Option<(&[u8; 12], &[u8; 32], &[u8; 16])> {
    let rest = wrapped.strip_prefix(&[FORMAT])?;
    let (nonce, rest) = rest.split_first_chunk()?;
    let (body, rest) = rest.split_first_chunk()?;
    Some((nonce, body, rest.try_into().ok()?))
}

fn context(kek: &str, key: DataKeyId, team: Option<TeamId>, version: i32) -> Vec<u8> {
    let team = team.as_ref().map_or(&[] as &[u8], |team| team.0.as_bytes());
    let version = version.to_be_bytes();
    canonical::encode(&[b"portal data key", &[FORMAT], kek.as_bytes(), key.0.as_bytes(), team, &version])
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const KEY: DataKeyId = DataKeyId(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_000a));
    const TEAM: TeamId = TeamId(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_000b));
    const NONCE: [u8; 12] = [0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xab];

    fn kek() -> Kek {
        Kek { id: "file_golden".to_owned(), bytes: Zeroizing::new(std::array::from_fn(|i| 32 + i as u8)), made_at: None }
    }

    fn row() -> WrappedKey {
        let bytes = Zeroizing::new(std::array::from_fn(|i| i as u8));
        let wrapped = kek().wrap(&bytes, Bound { key: KEY, team: Some(TEAM), version: 7 }, NONCE);
        let created_at = model::Time::UNIX_EPOCH;
        WrappedKey { id: KEY, team: Some(TEAM), version: 7, kek_id: kek().id, wrapped, created_at }
    }

    #[test]
    fn a_wrapped_key_never_changes() {
        let hex: String = row().wrapped.0.iter().map(|byte| format!("{byte:02x}")).collect();
        // Computed with another implementation (Python's `cryptography`).
        assert_eq!(
            hex,
            "01a0a1a2a3a4a5a6a7a8a9aaab7e3da637c0d286ada921a7b12a5078a9816ed31428a13035178bd1e2cf7bb1e7554c6fd2f70fb53ed0\
             93706e634b0ac1"
        );
        assert_eq!(*kek().unwrap_key(&row()).unwrap().bytes, std::array::from_fn(|i| i as u8));
    }

    #[test]
    fn a_wrapped_key_that_is_moved_altered_or_cut_is_refused() {
        let refused = |kek: &Kek, row: &WrappedKey| matches!(kek.unwrap_key(row), Err(VaultError::Refused));
        assert!(refused(&kek(), &WrappedKey { id: DataKeyId(Uuid::nil()), ..row() }));
        assert!(refused(&kek(), &WrappedKey { team: None, ..row() }));
        assert!(refused(&kek(), &WrappedKey { version: 8, ..row() }));
        assert!(refused(&Kek { id: "file_other".to_owned(), ..kek() }, &row()));
        assert!(refused(&Kek { bytes: Zeroizing::new([0; 32]), ..kek() }, &row()));
        let whole = row().wrapped.0;
        for bit in 0..whole.len() * 8 {
            let mut flipped = whole.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(refused(&kek(), &WrappedKey { wrapped: Sealed(flipped), ..row() }), "bit {bit}");
        }
        for length in 0..whole.len() {
            assert!(refused(&kek(), &WrappedKey { wrapped: Sealed(whole[..length].to_vec()), ..row() }), "length {length}");
        }
    }
}
