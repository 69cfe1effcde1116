//! What is kept of an incident, and who had it in hand.

use serde::{Deserialize, Serialize};

use super::state::words;

/// Bytes of one file that is taken in, at most.
pub const FILE_MOST: usize = 10 << 20;
/// Bytes of everything that is taken in in one incident, at most.
pub const LOCKER_MOST: i64 = 200 << 20;
/// Letters of a file's name.
const NAME_MOST: usize = 100;

words! {
    /// One kind of evidence.
    EvidenceKind {
        Snapshot "snapshot" "How things stood";
        Log "log" "The log, with proofs";
        File "file" "A file";
        Bundle "bundle" "The whole incident";
    }
}

words! {
    /// What was done with it.
    CustodyAct {
        Taken "taken" "took it in";
        Copied "copied" "took a copy";
        Bundled "bundled" "bound it together with the whole incident";
        Checked "checked" "found it as it was taken in";
        Damaged "damaged" "found it damaged";
    }
}

/// A file's name as it is kept: the last part of a path, and nothing in it that a header or a file system reads as more than a
/// letter. Nothing when no letter is left.
pub fn file_name(text: &str) -> Option<String> {
    let last = text.rsplit(['/', '\\']).next().unwrap_or_default();
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ' ' | '(' | ')');
    let kept: String = last.chars().map(|c| if fits(c) { c } else { '_' }).collect();
    let kept = kept.trim().trim_start_matches('.');
    let kept: String = kept.chars().take(NAME_MOST).collect();
    kept.chars().any(char::is_alphanumeric).then_some(kept)
}

/// What a file is said to be, for people to read; it is never shown as that. Bytes, when nothing sensible is said.
pub fn media_type(text: &str) -> String {
    let fits = |part: &str| {
        let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+');
        !part.is_empty() && part.len() <= 60 && part.chars().all(word)
    };
    match text.trim().to_ascii_lowercase().split_once('/') {
        Some((kind, sub)) if fits(kind) && fits(sub) => format!("{kind}/{sub}"),
        _ => "application/octet-stream".to_owned(),
    }
}

/// A number of bytes, as people read it.
pub fn size_words(bytes: i64) -> String {
    let scaled = |unit: i64| bytes as f64 / unit as f64;
    match bytes {
        ..1024 => format!("{bytes} bytes"),
        1024..0x10_0000 => format!("{:.1} KiB", scaled(1 << 10)),
        _ => format!("{:.1} MiB", scaled(1 << 20)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_file_leads_nowhere_and_ends_no_header() {
        let kept = |text| file_name(text).unwrap_or_default();
        assert_eq!(kept("mail.eml"), "mail.eml");
        assert_eq!(kept("C:\\Users\\ada\\mail 1 (copy).eml"), "mail 1 (copy).eml");
        assert_eq!(kept("../../etc/passwd"), "passwd");
        assert_eq!(kept("a\"; filename=\"b\r\nX: y.exe"), "a__ filename=_b__X_ y.exe".replace('=', "_"));
        assert_eq!(kept(".bashrc"), "bashrc");
        assert_eq!(kept("Überweisung.pdf"), "Überweisung.pdf");
        assert_eq!(kept(&"x".repeat(300)).len(), NAME_MOST);
        for none in ["", "..", "/", "...", "\u{0}\u{1}", "  "] {
            assert_eq!(file_name(none), None, "{none:?}");
        }
    }

    #[test]
    fn bytes_are_read_in_units() {
        assert_eq!([7, 1536, 10 << 20].map(size_words), ["7 bytes", "1.5 KiB", "10.0 MiB"]);
    }

    #[test]
    fn what_a_file_is_said_to_be_is_a_type_or_bytes() {
        assert_eq!(media_type("Image/PNG"), "image/png");
        assert_eq!(media_type("application/vnd.ms-excel"), "application/vnd.ms-excel");
        for other in ["", "image", "text/html; charset=x", "a/b/c", "<b>/x", "x/"] {
            assert_eq!(media_type(other), "application/octet-stream", "{other:?}");
        }
    }
}
