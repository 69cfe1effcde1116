//! One spelling for a list of parts: before each its length, so that no two lists read alike.

/// Gives `take` the length of each part (eight bytes, big-endian) and then the part.
pub(super) fn each(parts: &[&[u8]], mut take: impl FnMut(&[u8])) {
    for part in parts {
        take(&(part.len() as u64).to_be_bytes());
        take(part);
    }
}

pub(super) fn encode(parts: &[&[u8]]) -> Vec<u8> {
    let mut encoded = Vec::with_capacity(parts.iter().map(|part| 8 + part.len()).sum());
    each(parts, |bytes| encoded.extend_from_slice(bytes));
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moving_a_boundary_changes_the_spelling() {
        assert_ne!(encode(&[b"ab", b"c"]), encode(&[b"a", b"bc"]));
        assert_ne!(encode(&[b"", b"a"]), encode(&[b"a", b""]));
        assert_ne!(encode(&[b"a"]), encode(&[b"a", b""]));
    }
}
