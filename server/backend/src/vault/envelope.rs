//! The sealing of a backup: a key of its own, which the master key in use wraps; pieces in order, each with its number.

use aes_gcm::{Aes256Gcm, KeyInit, aead::AeadInOut};
use model::{Time, ids::DataKeyId};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{
    Sealed, Vault, VaultError,
    service::{Bound, While},
};
use crate::{random, store::data_key::WrappedKey};

const TAG: usize = 16;

/// The key of one backup.
pub struct Envelope(Zeroizing<[u8; 32]>);

/// The same, wrapped: what stands in the backup's head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrappedEnvelope {
    pub id: Uuid,
    /// The master key that wraps it.
    pub kek_id: String,
    pub wrapped: Vec<u8>,
}

/// As a data key of nobody, and of a version that no data key has: neither opens in the other's place.
fn bound(id: Uuid) -> Bound {
    Bound { key: DataKeyId(id), team: None, version: 0 }
}

impl Vault {
    /// A new key, for one backup.
    pub async fn new_envelope(&self, now: Time) -> Result<(Envelope, WrappedEnvelope), VaultError> {
        let (id, bytes) = (random::uuid(now), Zeroizing::new(random::bytes()));
        let WrappedKey { kek_id, wrapped, .. } = self.wrap(&bytes, bound(id), now, While::NothingIsHeld).await?;
        Ok((Envelope(bytes), WrappedEnvelope { id, kek_id, wrapped: wrapped.0 }))
    }

    /// The key of a backup. Fails without the master key that wrapped it.
    pub async fn open_envelope(&self, of: &WrappedEnvelope) -> Result<Envelope, VaultError> {
        let Bound { key: id, team, version } = bound(of.id);
        let (kek_id, wrapped) = (of.kek_id.clone(), Sealed(of.wrapped.clone()));
        let row = WrappedKey { id, team, version, kek_id, wrapped, created_at: Time::UNIX_EPOCH };
        Ok(Envelope(self.unwrap(&row, While::NothingIsHeld).await?.bytes))
    }
}

impl Envelope {
    /// Seals a piece. `context`: the same for all of them. The key seals each number once.
    pub fn seal(&self, number: u64, is_last: bool, context: &[u8], plain: &[u8]) -> Vec<u8> {
        let mut body = Vec::with_capacity(plain.len() + TAG);
        body.extend_from_slice(plain);
        let tag = self
            .cipher()
            .encrypt_inout_detached((&nonce(number, is_last)).into(), context, body.as_mut_slice().into())
            .expect("a piece is shorter than the 64 GiB that GCM seals");
        body.extend_from_slice(tag.as_slice());
        body
    }

    /// Opens a piece in its own place alone.
    pub fn open(&self, number: u64, is_last: bool, context: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let (body, tag) = sealed.split_last_chunk::<TAG>().ok_or(VaultError::Refused)?;
        let mut plain = Zeroizing::new(body.to_vec());
        self.cipher()
            .decrypt_inout_detached((&nonce(number, is_last)).into(), context, plain.as_mut_slice().into(), tag.into())
            .map_err(|_| VaultError::Refused)?;
        Ok(plain)
    }

    fn cipher(&self) -> Aes256Gcm {
        let bytes: &[u8; 32] = &self.0;
        Aes256Gcm::new(bytes.into())
    }
}

fn nonce(number: u64, is_last: bool) -> [u8; 12] {
    let mut nonce = [0; 12];
    nonce[..8].copy_from_slice(&number.to_be_bytes());
    nonce[8] = u8::from(is_last);
    nonce
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_opens_in_its_own_place_alone() {
        let envelope = Envelope(Zeroizing::new(std::array::from_fn(|n| n as u8)));
        let sealed = envelope.seal(7, false, b"head", b"rows");
        assert_eq!(envelope.open(7, false, b"head", &sealed).unwrap().as_slice(), b"rows");
        for (number, is_last, context) in [(8, false, b"head"), (7, true, b"head"), (7, false, b"haed")] {
            assert!(matches!(envelope.open(number, is_last, context, &sealed), Err(VaultError::Refused)));
        }
        for bit in 0..sealed.len() * 8 {
            let mut flipped = sealed.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(envelope.open(7, false, b"head", &flipped).is_err(), "bit {bit}");
        }
        assert!(envelope.open(7, false, b"head", &sealed[..15]).is_err());
    }
}
