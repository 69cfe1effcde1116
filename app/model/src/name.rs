//! Names that people give to Teams, apps, connections and gateways.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize};

/// One line of 1 to 60 characters, trimmed, without control or direction-changing characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Name(String);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    #[error("Enter a name.")]
    Empty,
    #[error("A name has at most 60 characters.")]
    TooLong,
    #[error("A name is one line of ordinary characters.")]
    Characters,
}

impl Name {
    pub const MOST: usize = 60;

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Control characters, and bidirectional and zero-width ones, which make one text look like another.
pub fn is_hidden(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// A mail program would make a link of it.
pub fn is_link(text: &str) -> bool {
    let text = text.to_lowercase();
    ["://", "www."].iter().any(|mark| text.contains(mark))
}

impl FromStr for Name {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(NameError::Empty);
        }
        if text.chars().count() > Self::MOST {
            return Err(NameError::TooLong);
        }
        if text.chars().any(is_hidden) {
            return Err(NameError::Characters);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_visible_line() {
        assert_eq!("  Northwind EU ".parse::<Name>().unwrap().as_str(), "Northwind EU");
        assert_eq!("".parse::<Name>(), Err(NameError::Empty));
        assert_eq!("é".repeat(60).parse::<Name>().map(|n| n.as_str().chars().count()), Ok(60));
        assert_eq!("é".repeat(61).parse::<Name>(), Err(NameError::TooLong));
        assert_eq!("a\nb".parse::<Name>(), Err(NameError::Characters));
        assert_eq!("abc\u{202e}def".parse::<Name>(), Err(NameError::Characters));
    }
}
