//! What is followed, and every way in which it could be written down.

use std::collections::{BTreeMap, BTreeSet};

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};

use super::*;

/// What is followed, by name.
#[derive(Default)]
pub struct Cage {
    pub(super) canaries: BTreeMap<String, Vec<u8>>,
    pub(super) used: BTreeSet<String>,
}

impl Cage {
    pub fn add(&mut self, name: &str, secret: impl AsRef<[u8]>) {
        assert!(secret.as_ref().len() >= 8, "{name} is too short to be told from anything else");
        self.canaries.insert(name.to_owned(), secret.as_ref().to_vec());
    }

    /// It was where it belongs.
    pub(super) fn used(&mut self, name: &str) {
        assert!(self.canaries.contains_key(name), "{name} was never planted");
        self.used.insert(name.to_owned());
    }

    pub(super) fn unused(&self) -> Vec<&str> {
        self.canaries.keys().filter(|name| !self.used.contains(*name)).map(String::as_str).collect()
    }

    /// The canaries in these bytes, each with its spelling.
    pub fn found(&self, hay: &[u8]) -> Vec<(String, &'static str)> {
        let hay = text(hay);
        let mut found = Vec::new();
        for (name, secret) in &self.canaries {
            for (spelling, needle) in spellings(secret) {
                if holds(&hay, &text(&needle)) {
                    found.push((name.clone(), spelling));
                }
            }
        }
        found
    }
}

/// Bytes as a text that is searched fast: each byte is a character.
pub(super) fn text(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

/// Whether a needle is there. Digits alone are everywhere: a code is one only between other characters.
pub(super) fn holds(hay: &str, needle: &str) -> bool {
    if !needle.bytes().all(|byte| byte.is_ascii_digit()) {
        return hay.contains(needle);
    }
    let free = |c: Option<char>| c.is_none_or(|c| !c.is_ascii_alphanumeric());
    hay.match_indices(needle)
        .any(|(at, _)| free(hay[..at].chars().next_back()) && free(hay[at + needle.len()..].chars().next()))
}

/// Every way in which a secret could be written down by accident.
pub(super) fn spellings(secret: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    let decimal = secret.iter().map(u8::to_string).collect::<Vec<_>>().join(", ");
    let mut all = vec![
        ("raw", secret.to_vec()),
        ("hexadecimal", hex.clone().into_bytes()),
        ("upper hexadecimal", hex.to_uppercase().into_bytes()),
        ("a list of bytes", decimal.into_bytes()),
    ];
    // Inside of a longer text, base64 begins at any of three places of a group; what its neighbours decide is left out.
    for shift in 0..3 {
        for (name, engine) in [("base64", &STANDARD_NO_PAD), ("base64url", &URL_SAFE_NO_PAD)] {
            let coded = engine.encode([&vec![0; shift], secret].concat());
            let begin = [0, 2, 3][shift];
            let end = (shift + secret.len()) * 8 / 6;
            all.push((name, coded.as_bytes()[begin..end].to_vec()));
        }
    }
    if let Ok(plain) = std::str::from_utf8(secret) {
        let percent: String = url::form_urlencoded::byte_serialize(secret).collect();
        let strict: String = secret
            .iter()
            .map(|byte| if byte.is_ascii_alphanumeric() { char::from(*byte).to_string() } else { format!("%{byte:02X}") })
            .collect();
        let json = serde_json::to_string(plain).unwrap();
        let html = plain.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
        all.extend([
            ("percent", percent.into_bytes()),
            ("percent", strict.to_lowercase().into_bytes()),
            ("percent", strict.into_bytes()),
            ("JSON", json.as_bytes()[1..json.len() - 1].to_vec()),
            ("HTML", html.into_bytes()),
            ("Rust", plain.escape_debug().to_string().into_bytes()),
        ]);
        // A code is written in two groups.
        if secret.len() == 8 && secret.iter().all(u8::is_ascii_digit) {
            all.push(("in groups", format!("{} {}", &plain[..4], &plain[4..]).into_bytes()));
        }
    }
    all.sort_by(|a, b| a.1.cmp(&b.1));
    all.dedup_by(|a, b| a.1 == b.1);
    all
}

#[test]
fn a_leak_is_heard_in_every_spelling() {
    let listening = Listening::start();
    let mut cage = Cage::default();
    cage.add("deliberate", "Atza|IwEBI \"de/liberate+&<leak>\u{e9}\" 0123456789");
    cage.add("kept", "Atza|IwEBI-this-one-is-never-written-0123456789");
    let wanted: BTreeSet<_> = spellings(&cage.canaries["deliberate"]).into_iter().map(|(name, _)| name).collect();
    assert!(wanted.len() >= 8, "{wanted:?}");
    let mut heard = BTreeSet::new();
    for (spelling, leak) in spellings(&cage.canaries["deliberate"]) {
        let leak = String::from_utf8(leak).unwrap();
        tracing::trace!("an event with {leak} in it");
        tracing::trace_span!("a span", leak = %leak).in_scope(|| ());
        let found = cage.found(&listening.heard());
        assert!(found.iter().all(|(name, _)| name == "deliberate"), "{found:?}");
        heard.extend(found.into_iter().map(|(_, spelling)| spelling));
        assert!(heard.contains(spelling), "{spelling}: {leak}");
    }
    // In the middle of something that is encoded as a whole.
    for before in ["", "x", "xy", "xyz"] {
        let whole = STANDARD.encode(format!("{before}{}tail", String::from_utf8_lossy(&cage.canaries["deliberate"])));
        assert!(cage.found(whole.as_bytes()).iter().any(|(_, spelling)| spelling.starts_with("base64")), "{before}");
    }
    let mut code = Cage::default();
    code.add("code", "12345678");
    assert!(code.found(b"id=0123456789 123456780 a12345678").is_empty());
    assert_eq!(code.found(b"your code 12345678.").len(), 1);
    assert_eq!(code.found(b"Subject: 1234 5678 is your Portal code").len(), 1);
}

#[test]
fn a_canary_that_was_never_used_is_told() {
    let mut cage = Cage::default();
    cage.add("used", "0123456789");
    cage.add("forgotten", "9876543210");
    cage.used("used");
    assert_eq!(cage.unused(), ["forgotten"]);
}
