//! Keyed hashes of sign-in codes. The pepper is not in the database, so a dump of it gives no code away.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use uuid::Uuid;

use super::{Vault, canonical};

impl Vault {
    /// What is stored of a sign-in code: bound to its challenge and address.
    pub fn login_code_mac(&self, challenge: Uuid, email: &str, code: &str) -> [u8; 32] {
        login_code(&self.0.keys.pepper, challenge, email, code)
    }

    /// Compares in constant time.
    pub fn matches(&self, mac: [u8; 32], stored: &[u8]) -> bool {
        mac.as_slice().ct_eq(stored).into()
    }
}

fn login_code(pepper: &[u8; 32], challenge: Uuid, email: &str, code: &str) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(pepper).expect("HMAC takes a key of any length");
    let parts: [&[u8]; 4] = [b"portal login code", challenge.as_bytes(), email.as_bytes(), code.as_bytes()];
    canonical::each(&parts, |bytes| mac.update(bytes));
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
        let mac = login_code(&pepper, CHALLENGE, "ada@example.com", "01234567");
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
}
