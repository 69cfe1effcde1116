//! The text of the keys' file: `name = value`, one a line, `#` before a remark.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use model::Time;
use zeroize::Zeroizing;

use super::{key_file::KeyFile, wrap::Kek};

/// What is wrong with a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fault {
    Line(usize),
    Missing(String),
}

/// Entries by name, with their line numbers, counted from one.
type Entries<'a> = BTreeMap<&'a str, (usize, &'a str)>;

pub(super) fn render(keys: &KeyFile, now: Time) -> Zeroizing<String> {
    // Room for all of it: growing would leave copies of keys behind.
    let mut text = Zeroizing::new(String::with_capacity(1024 + 256 * keys.older.len()));
    text.push_str("# The keys of this Portal. Without them nothing that is sealed in the database opens again.\n");
    text.push_str("# Keep a copy apart from the copies of the database. Mode 0600. Made ");
    text.push_str(&now.format("%Y-%m-%d").to_string());
    text.push_str(".\n");
    if let Some(active) = &keys.active {
        text.push_str(&format!("active = {}\n", active.id));
    }
    for kek in keys.active.iter().chain(&keys.older) {
        line(&mut text, &format!("kek.{}", kek.id), kek.bytes.as_slice());
        if let Some(at) = kek.made_at {
            text.push_str(&format!("made.{} = {}\n", kek.id, at.format("%Y-%m-%dT%H:%M:%SZ")));
        }
    }
    line(&mut text, "pepper", keys.pepper.as_slice());
    line(&mut text, "cookie", keys.cookie.as_slice());
    text
}

fn line(text: &mut String, name: &str, bytes: &[u8]) {
    text.push_str(name);
    text.push_str(" = ");
    STANDARD.encode_string(bytes, text);
    text.push('\n');
}

pub(super) fn parse(text: &str) -> Result<KeyFile, Fault> {
    let mut entries = entries(text)?;
    let active = match entries.remove("active") {
        Some((at, "")) => return Err(Fault::Line(at)),
        Some((_, id)) => {
            let bytes = key(take(&mut entries, &format!("kek.{id}"))?)?;
            Some(Kek { id: id.to_owned(), bytes, made_at: made_at(&mut entries, id)? })
        }
        // A key service wraps, and every key of the file is retired.
        None if !entries.keys().any(|name| name.starts_with("kek.")) => None,
        None => return Err(Fault::Missing("active".to_owned())),
    };
    let pepper = key(take(&mut entries, "pepper")?)?;
    let cookie = key(take(&mut entries, "cookie")?)?;
    let mut older = Vec::new();
    let names: Vec<_> = entries.keys().copied().filter(|name| name.starts_with("kek.")).collect();
    for name in names {
        let (at, value) = take(&mut entries, name)?;
        let id = name.strip_prefix("kek.").filter(|id| !id.is_empty()).ok_or(Fault::Line(at))?;
        older.push(Kek { id: id.to_owned(), bytes: key((at, value))?, made_at: made_at(&mut entries, id)? });
    }
    if let Some((at, _)) = entries.into_values().next() {
        return Err(Fault::Line(at));
    }
    Ok(KeyFile { active, older, pepper, cookie, path: None })
}

/// When a key was made; files from before this was written down do not say it.
fn made_at(entries: &mut Entries<'_>, id: &str) -> Result<Option<Time>, Fault> {
    let Some((at, value)) = entries.remove(format!("made.{id}").as_str()) else { return Ok(None) };
    value.parse().map(Some).map_err(|_| Fault::Line(at))
}

fn entries(text: &str) -> Result<Entries<'_>, Fault> {
    let mut entries = Entries::new();
    for (at, line) in (1..).zip(text.lines().map(str::trim)) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (name, value) = line.split_once('=').ok_or(Fault::Line(at))?;
        // Of two entries with one name nobody knows which is meant.
        if entries.insert(name.trim(), (at, value.trim())).is_some() {
            return Err(Fault::Line(at));
        }
    }
    Ok(entries)
}

fn take<'a>(entries: &mut Entries<'a>, name: &str) -> Result<(usize, &'a str), Fault> {
    entries.remove(name).ok_or_else(|| Fault::Missing(name.to_owned()))
}

fn key<const N: usize>((at, value): (usize, &str)) -> Result<Zeroizing<[u8; N]>, Fault> {
    let bytes = Zeroizing::new(STANDARD.decode(value).map_err(|_| Fault::Line(at))?);
    <[u8; N]>::try_from(bytes.as_slice()).map(Zeroizing::new).map_err(|_| Fault::Line(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time::UNIX_EPOCH;

    fn text() -> String {
        render(&KeyFile::generate(NOW), NOW).to_string()
    }

    fn kek_of<'a>(keys: &'a KeyFile, id: &str) -> Option<&'a Kek> {
        keys.active.iter().chain(&keys.older).find(|kek| kek.id == id)
    }

    fn fault(text: &str) -> Fault {
        parse(text).err().unwrap()
    }

    #[test]
    fn a_retired_key_stays_readable_beside_the_active_one() {
        let mut keys = KeyFile::generate(NOW);
        keys.older.extend(KeyFile::generate(NOW).active);
        let read = parse(&render(&keys, NOW)).unwrap();
        for kek in keys.active.iter().chain(&keys.older) {
            assert_eq!(kek_of(&read, &kek.id).unwrap().bytes, kek.bytes);
        }
        assert!(kek_of(&read, "file_other").is_none());
    }

    #[test]
    fn without_master_keys_the_other_keys_are_left() {
        let keys = KeyFile { active: None, ..KeyFile::generate(NOW) };
        let read = parse(&render(&keys, NOW)).unwrap();
        assert!(read.active.is_none() && read.older.is_empty());
        assert_eq!(read.pepper, keys.pepper);
    }

    #[test]
    fn a_text_that_is_not_whole_names_what_is_missing() {
        for name in ["active", "pepper", "cookie"] {
            let without: String =
                text().lines().filter(|line| !line.starts_with(name)).map(|line| format!("{line}\n")).collect();
            assert_eq!(fault(&without), Fault::Missing(name.to_owned()));
        }
        assert_eq!(fault("active = file_a"), Fault::Missing("kek.file_a".to_owned()));
    }

    #[test]
    fn a_line_that_says_nothing_known_is_named_by_its_number() {
        // Two remarks, then active, the key, when it was made, pepper and cookie: the next line is the eighth.
        for more in [
            "nonsense",
            "made.file_b = 2026-01-01T00:00:00Z",
            "papper = AAAA",
            "kek. = AAAA",
            "kek.file_b = AAAA",
            "kek.file_b = !",
            "pepper = AAAA",
        ] {
            assert_eq!(fault(&format!("{}{more}", text())), Fault::Line(8), "{more}");
        }
    }
}
