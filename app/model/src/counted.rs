use std::fmt::Display;

/// So many of something, in words: `1 Team`, `2 Teams`.
pub fn counted(n: impl Display, what: &str) -> String {
    let n = n.to_string();
    if n == "1" { format!("1 {what}") } else { format!("{n} {what}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_not_many() {
        assert_eq!((counted(0, "Team"), counted(1_u64, "Team")), ("0 Teams".to_owned(), "1 Team".to_owned()));
        assert_eq!(counted(21, "data key"), "21 data keys");
    }
}
