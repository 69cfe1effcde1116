//! Words of a page that come back by an address: nobody reads them there, in whatever log it stands, and nobody else writes them.

use aes_gcm::{Aes256Gcm, KeyInit, aead::AeadInOut};
use model::ids::SessionId;

use super::{Vault, mac::keyed};
use crate::random;

const NONCE: usize = 12;
const TAG: usize = 16;

impl Vault {
    /// `nonce 12 | ciphertext | tag 16`, for one session.
    pub fn seal_words(&self, session: SessionId, words: &str) -> Vec<u8> {
        let nonce: [u8; NONCE] = random::bytes();
        let mut body = words.as_bytes().to_vec();
        let tag = self
            .words_cipher(session)
            .encrypt_inout_detached((&nonce).into(), &[], body.as_mut_slice().into())
            .expect("a sentence is within what GCM seals");
        [nonce.as_slice(), &body, tag.as_slice()].concat()
    }

    /// Nothing where this session's vault did not seal them.
    pub fn open_words(&self, session: SessionId, sealed: &[u8]) -> Option<String> {
        let (nonce, rest) = sealed.split_first_chunk::<NONCE>()?;
        let (body, tag) = rest.split_last_chunk::<TAG>()?;
        let mut body = body.to_vec();
        let cipher = self.words_cipher(session);
        cipher.decrypt_inout_detached(nonce.into(), &[], body.as_mut_slice().into(), tag.into()).ok()?;
        String::from_utf8(body).ok()
    }

    fn words_cipher(&self, session: SessionId) -> Aes256Gcm {
        Aes256Gcm::new((&keyed(&self.0.pepper, &[b"portal sealed words", session.0.as_bytes()])).into())
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::vault::KeyFile;

    #[test]
    fn words_open_in_their_session_alone() {
        let vault = Vault::new(KeyFile::generate(model::Time::UNIX_EPOCH));
        let (mine, yours) = (SessionId(Uuid::from_u128(1)), SessionId(Uuid::from_u128(2)));
        let words = "remove the member ada@example.com in the Team 10%ads";
        let sealed = vault.seal_words(mine, words);
        assert_eq!(vault.open_words(mine, &sealed).as_deref(), Some(words));
        assert_ne!(vault.seal_words(mine, words), sealed);
        assert!(!sealed.windows(3).any(|part| part == b"ada"));
        assert_eq!(vault.open_words(yours, &sealed), None);
        for n in 0..sealed.len() {
            let mut other = sealed.clone();
            other[n] ^= 1;
            assert_eq!(vault.open_words(mine, &other), None);
            assert_eq!(vault.open_words(mine, &sealed[..n]), None);
        }
    }
}
