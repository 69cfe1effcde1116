//! Connections outward: what for, to which hosts, at which addresses.

use serde::{Deserialize, Serialize};

/// What Portal connects outward for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    Amazon,
    Sns,
    Webhooks,
    Checkpoints,
    Mail,
    Keys,
    Role,
}

impl Purpose {
    pub const ALL: [Purpose; 7] = [
        Purpose::Amazon,
        Purpose::Sns,
        Purpose::Webhooks,
        Purpose::Checkpoints,
        Purpose::Mail,
        Purpose::Keys,
        Purpose::Role,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Purpose::Amazon => "amazon",
            Purpose::Sns => "sns",
            Purpose::Webhooks => "webhooks",
            Purpose::Checkpoints => "checkpoints",
            Purpose::Mail => "mail",
            Purpose::Keys => "keys",
            Purpose::Role => "role",
        }
    }

    /// As people read it.
    pub fn title(self) -> &'static str {
        match self {
            Purpose::Amazon => "Amazon: LWA, SP-API and the Advertising API",
            Purpose::Sns => "Amazon: certificates and subscriptions of SNS",
            Purpose::Webhooks => "Webhooks of Teams",
            Purpose::Checkpoints => "Signed heads of the log",
            Purpose::Mail => "Mail server",
            Purpose::Keys => "Key service",
            Purpose::Role => "Credentials of the machine's role at AWS",
        }
    }
}

/// At which addresses a listed host may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Addresses {
    /// In the public Internet only.
    Public,
    /// Anywhere: a host of the operator's own, or development.
    Any,
    /// This machine only: development.
    Loopback,
}

impl Addresses {
    /// As people read it.
    pub fn title(self) -> &'static str {
        match self {
            Addresses::Public => "public addresses only",
            Addresses::Any => "any address",
            Addresses::Loopback => "this machine only",
        }
    }
}

/// Why a connection was not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum Denial {
    #[error("the address is not on the list")]
    NotListed,
    #[error("the host has no address that is allowed")]
    Address,
}

impl Denial {
    /// The word that the log keeps.
    pub fn as_str(self) -> &'static str {
        match self {
            Denial::NotListed => "not-listed",
            Denial::Address => "address-not-allowed",
        }
    }
}

/// Whether a pattern lists a host. A star in front stands for one or more labels, a star between dots for exactly one.
pub fn lists(pattern: &str, host: &str) -> bool {
    // A dot at the end says that the name is whole, and changes nothing of it.
    let whole = |name: &str| name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    let (pattern, host) = (whole(pattern), whole(host));
    let (mut wanted, mut labels): (Vec<_>, Vec<_>) = (pattern.split('.').collect(), host.split('.').collect());
    if labels.iter().any(|label| label.is_empty()) {
        return false;
    }
    if wanted.first() == Some(&"*") {
        wanted.remove(0);
        if labels.len() <= wanted.len() {
            return false;
        }
        labels.drain(..labels.len() - wanted.len());
    }
    wanted.len() == labels.len() && wanted.iter().zip(&labels).all(|(want, label)| *want == "*" || want == label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_lists_whole_labels() {
        for (pattern, host) in [
            ("hooks.example.com", "Hooks.example.com"),
            ("*.example.net", "a.example.net"),
            ("*.example.net", "a.b.example.net"),
            ("sns.*.amazonaws.com", "sns.eu-west-1.amazonaws.com"),
            ("mail.example.com.", "mail.example.com"),
            ("mail.example.com", "mail.example.com."),
        ] {
            assert!(lists(pattern, host), "{pattern} {host}");
        }
        for (pattern, host) in [
            ("hooks.example.com", "example.com"),
            ("*.example.net", "example.net"),
            ("*.example.net", "evilexample.net"),
            ("*.example.net", ".example.net"),
            ("example.com", "example.com.evil.example"),
            ("sns.*.amazonaws.com", "sns.a.b.amazonaws.com"),
            ("sns.*.amazonaws.com", "sns.amazonaws.com"),
            ("sns.*.amazonaws.com", "x.sns.eu-west-1.amazonaws.com"),
            ("", "example.com"),
        ] {
            assert!(!lists(pattern, host), "{pattern} {host}");
        }
    }
}
