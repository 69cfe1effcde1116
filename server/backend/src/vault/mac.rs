//! Keyed hashes of sign-in codes and of refresh tokens. The pepper is not in the database, so a dump of it gives none away.

use hmac::{Hmac, KeyInit, Mac};
use model::ids::{SessionId, TeamId, UserId};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use uuid::Uuid;

use super::{Vault, canonical};

impl Vault {
    /// What is stored of a sign-in code: bound to its challenge and address.
    pub fn login_code_mac(&self, challenge: Uuid, email: &str, code: &str) -> [u8; 32] {
        keyed(&self.0.pepper, &[b"portal login code", challenge.as_bytes(), email.as_bytes(), code.as_bytes()])
    }

    /// By what a Team's grant is known again. In another Team the same refresh token has another one.
    pub fn grant_mac(&self, team: TeamId, refresh_token: &SecretString) -> [u8; 32] {
        #[expect(clippy::disallowed_methods, reason = "only its keyed hash is kept")]
        let token = refresh_token.expose_secret().as_bytes();
        keyed(&self.0.pepper, &[b"portal grant", team.0.as_bytes(), token])
    }

    /// By what an event of the log is known to come from Portal, and not from the database alone.
    pub fn event_mac(&self, leaf: &[u8]) -> [u8; 32] {
        keyed(&self.0.pepper, &[b"portal audit event", leaf])
    }

    /// By what a passkey is known to come from Portal: whoever writes into the database adds none of their own.
    pub fn passkey_mac(&self, user: UserId, credential: &str) -> [u8; 32] {
        keyed(&self.0.pepper, &[b"portal passkey", user.0.as_bytes(), credential.as_bytes()])
    }

    /// By what words of a page are known to be Portal's own, for one session.
    pub fn words_mac(&self, session: SessionId, words: &str) -> [u8; 32] {
        keyed(&self.0.pepper, &[b"portal words", session.0.as_bytes(), words.as_bytes()])
    }

    /// Compares in constant time.
    pub fn matches(&self, mac: [u8; 32], stored: &[u8]) -> bool {
        mac.as_slice().ct_eq(stored).into()
    }
}

pub(super) fn keyed(pepper: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(pepper).expect("HMAC takes a key of any length");
    canonical::each(parts, |bytes| mac.update(bytes));
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::KeyFile;

    const CHALLENGE: Uuid = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_000c);

    #[test]
    fn the_hash_of_a_code_never_changes() {
        let pepper = std::array::from_fn(|i| 64 + i as u8);
        let mac = keyed(&pepper, &[b"portal login code", CHALLENGE.as_bytes(), b"ada@example.com", b"01234567"]);
        let hex: String = mac.iter().map(|byte| format!("{byte:02x}")).collect();
        // Computed with another implementation (Python's `cryptography`).
        assert_eq!(hex, "f2f969d82dd8eca05f764a0d7c3864e4a25b414bff91831e88636046d8b8a4ac");
    }

    #[test]
    fn only_the_same_code_for_the_same_address_and_challenge_matches() {
        let vault = Vault::new(KeyFile::generate(model::Time::UNIX_EPOCH));
        let stored = vault.login_code_mac(CHALLENGE, "ada@example.com", "01234567");
        let others = [
            vault.login_code_mac(Uuid::nil(), "ada@example.com", "01234567"),
            vault.login_code_mac(CHALLENGE, "eve@example.com", "01234567"),
            vault.login_code_mac(CHALLENGE, "ada@example.com", "01234568"),
            vault.login_code_mac(CHALLENGE, "ada@example.com0", "1234567"),
            Vault::new(KeyFile::generate(model::Time::UNIX_EPOCH)).login_code_mac(CHALLENGE, "ada@example.com", "01234567"),
        ];
        assert!(vault.matches(vault.login_code_mac(CHALLENGE, "ada@example.com", "01234567"), &stored));
        assert!(others.into_iter().all(|mac| !vault.matches(mac, &stored)));
        assert!(!vault.matches(stored, &stored[..31]));
        assert!(!vault.matches(stored, &[]));
    }

    #[test]
    fn a_grant_is_known_again_in_its_own_team_alone() {
        let vault = Vault::new(KeyFile::generate(model::Time::UNIX_EPOCH));
        let token = |text: &str| SecretString::from(text.to_owned());
        let (ours, theirs) = (TeamId(CHALLENGE), TeamId(Uuid::nil()));
        let mac = vault.grant_mac(ours, &token("Atzr|one"));
        assert_eq!(mac, vault.grant_mac(ours, &token("Atzr|one")));
        assert_ne!(mac, vault.grant_mac(ours, &token("Atzr|two")));
        assert_ne!(mac, vault.grant_mac(theirs, &token("Atzr|one")));
    }
}
