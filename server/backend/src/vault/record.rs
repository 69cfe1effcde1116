//! The sealing of one value: pure, with everything given.
//!
//! `0x01 | key id 16 | nonce 12 | commitment 32 | ciphertext | tag 16`

use aes_gcm::{Aes256Gcm, KeyInit, aead::AeadInOut};
use hkdf::Hkdf;
use model::ids::DataKeyId;
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{Place, Sealed, VaultError, canonical, wrap::DataKey};

/// Formats open for ever: a new way to seal takes a new number.
const FORMAT: u8 = 1;
const HEAD: usize = 1 + 16 + 12 + 32;
const TAG: usize = 16;

/// What a stored value says of itself. Nothing here is proven.
pub(super) struct Parts<'a> {
    pub(super) key: DataKeyId,
    nonce: &'a [u8; 12],
    commitment: &'a [u8; 32],
    body: &'a [u8],
    tag: &'a [u8; TAG],
}

pub(super) fn parse(sealed: &[u8]) -> Option<Parts<'_>> {
    let rest = sealed.strip_prefix(&[FORMAT])?;
    let (key, rest) = rest.split_first_chunk()?;
    let (nonce, rest) = rest.split_first_chunk()?;
    let (commitment, rest) = rest.split_first_chunk()?;
    let (body, tag) = rest.split_last_chunk()?;
    Some(Parts { key: DataKeyId(Uuid::from_bytes(*key)), nonce, commitment, body, tag })
}

/// `nonce` must be random: the record's key is derived from it too.
pub(super) fn seal(key: &DataKey, nonce: [u8; 12], place: &Place, plain: &SecretString) -> Sealed {
    #[expect(clippy::disallowed_methods, reason = "sealing takes the plain text")]
    let plain = plain.expose_secret().as_bytes();
    let context = context(key.id, place);
    let (cipher, commitment) = derive(key, &nonce, &context);
    // Room for all of it: growing would leave a copy of the plain text behind.
    let mut sealed = Vec::with_capacity(HEAD + plain.len() + TAG);
    sealed.push(FORMAT);
    sealed.extend_from_slice(key.id.0.as_bytes());
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(&commitment);
    sealed.extend_from_slice(plain);
    let body = &mut sealed[HEAD..];
    let tag = cipher
        .encrypt_inout_detached((&nonce).into(), &context, body.into())
        .expect("a secret is shorter than the 64 GiB that GCM seals");
    sealed.extend_from_slice(tag.as_slice());
    Sealed(sealed)
}

pub(super) fn open(key: &DataKey, place: &Place, sealed: &Sealed) -> Result<SecretString, VaultError> {
    let parts = parse(&sealed.0).ok_or(VaultError::Refused)?;
    if parts.key != key.id || place.team != key.team {
        return Err(VaultError::Refused);
    }
    let context = context(key.id, place);
    let (cipher, commitment) = derive(key, parts.nonce, &context);
    // GCM alone lets one ciphertext open under two keys.
    if !bool::from(commitment.as_slice().ct_eq(parts.commitment)) {
        return Err(VaultError::Refused);
    }
    let mut plain = Zeroizing::new(parts.body.to_vec());
    cipher
        .decrypt_inout_detached(parts.nonce.into(), &context, plain.as_mut_slice().into(), parts.tag.into())
        .map_err(|_| VaultError::Refused)?;
    // From a borrowed text: an owned one would be shrunk, which can leave a copy behind.
    std::str::from_utf8(&plain).map(SecretString::from).map_err(|_| VaultError::Refused)
}

/// The cipher of one record, and the commitment to its key.
fn derive(key: &DataKey, nonce: &[u8; 12], context: &[u8]) -> (Aes256Gcm, [u8; 32]) {
    let hkdf = Hkdf::<Sha256>::new(Some(nonce.as_slice()), key.bytes.as_slice());
    let give = |label: &[u8], out: &mut [u8; 32]| {
        hkdf.expand_multi_info(&[&canonical::encode(&[label]), context], out).expect("HKDF gives up to 8,160 bytes");
    };
    let mut record_key = Zeroizing::new([0_u8; 32]);
    let mut commitment = [0; 32];
    give(b"portal record key", &mut record_key);
    give(b"portal record commitment", &mut commitment);
    let record_key: &[u8; 32] = &record_key;
    (Aes256Gcm::new(record_key.into()), commitment)
}

/// Everything that a sealed value is bound to.
fn context(key: DataKeyId, place: &Place) -> Vec<u8> {
    let team = place.team.as_ref().map_or(&[] as &[u8], |team| team.0.as_bytes());
    let (table, field) = (place.table.as_bytes(), place.field.as_bytes());
    canonical::encode(&[&[FORMAT], key.0.as_bytes(), team, table, place.row.as_bytes(), field])
}

#[cfg(test)]
#[path = "record_tests.rs"]
mod tests;
