//! E-mail addresses: the name by which Portal knows a person.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize};

/// An address, trimmed and in lower case, so that one person has one spelling.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct EmailAddress(String);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EmailError {
    #[error("Enter an e-mail address.")]
    Empty,
    #[error("An e-mail address has one @ with a name before it and a domain after it, like ada@example.com.")]
    Shape,
    #[error("This e-mail address is longer than 254 characters.")]
    TooLong,
}

impl EmailAddress {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn domain(&self) -> &str {
        self.0.rsplit('@').next().unwrap_or_default()
    }

    /// The address with most of its name hidden, for places that others may see: `a•••@example.com`.
    pub fn masked(&self) -> String {
        let first = self.0.chars().next().unwrap_or('•');
        format!("{first}•••@{}", self.domain())
    }
}

impl FromStr for EmailAddress {
    type Err = EmailError;

    /// Accepts what mail systems deliver today: an unquoted ASCII or UTF-8 name and a dotted domain (or `localhost`).
    fn from_str(text: &str) -> Result<Self, EmailError> {
        let text = text.trim().to_lowercase();
        if text.is_empty() {
            return Err(EmailError::Empty);
        }
        // RFC 5321, 4.5.3.1: 64 octets of name, 254 octets of path.
        if text.len() > 254 {
            return Err(EmailError::TooLong);
        }
        let (name, domain) = text.split_once('@').ok_or(EmailError::Shape)?;
        let name_ok = !name.is_empty()
            && name.len() <= 64
            && !name.starts_with('.')
            && !name.ends_with('.')
            && !name.contains("..")
            && name.chars().all(|c| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c));
        let label_ok = |label: &str| {
            !label.is_empty()
                && label.len() <= 63
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|c| c.is_alphanumeric() || c == '-')
        };
        let domain_ok = domain.split('.').all(label_ok) && (domain.contains('.') || domain == "localhost");
        if name_ok && domain_ok { Ok(Self(text)) } else { Err(EmailError::Shape) }
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for EmailAddress {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_person_has_one_spelling() {
        let address: EmailAddress = "  Ada.Lovelace@Example.COM ".parse().unwrap();
        assert_eq!(address.as_str(), "ada.lovelace@example.com");
        assert_eq!(address.domain(), "example.com");
        assert_eq!(address.masked(), "a•••@example.com");
    }

    #[test]
    fn what_no_mail_system_delivers_is_refused() {
        for text in [
            "ada",
            "@example.com",
            "ada@",
            "ada@@example.com",
            "a da@example.com",
            "ada@exa mple.com",
            "ada@example",
            "ada@-example.com",
            "ada@example..com",
            ".ada@example.com",
            "ada@example.com\r\nBcc: x@y.z",
        ] {
            assert_eq!(text.parse::<EmailAddress>(), Err(EmailError::Shape), "{text:?}");
        }
        assert_eq!(" ".parse::<EmailAddress>(), Err(EmailError::Empty));
        assert_eq!(format!("{}@example.com", "a".repeat(250)).parse::<EmailAddress>(), Err(EmailError::TooLong));
    }
}
