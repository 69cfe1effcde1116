//! Gateways and their keys: the machine clients of a Team.

use std::str::FromStr;

use chrono::Duration;
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::{Time, ids::GatewayKeyId};

/// What a Gateway may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Scope {
    #[serde(rename = "connection:status")]
    ConnectionStatus,
    #[serde(rename = "credential:issue")]
    CredentialIssue,
    #[serde(rename = "credential:force")]
    CredentialForce,
    #[serde(rename = "feedback:write")]
    FeedbackWrite,
}

impl Scope {
    pub const ALL: [Scope; 4] =
        [Scope::ConnectionStatus, Scope::CredentialIssue, Scope::CredentialForce, Scope::FeedbackWrite];

    pub fn as_str(self) -> &'static str {
        match self {
            Scope::ConnectionStatus => "connection:status",
            Scope::CredentialIssue => "credential:issue",
            Scope::CredentialForce => "credential:force",
            Scope::FeedbackWrite => "feedback:write",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str() == text)
    }

    pub fn purpose(self) -> &'static str {
        match self {
            Scope::ConnectionStatus => "Read the state of a connection, without a secret",
            Scope::CredentialIssue => "Fetch runtime credentials",
            Scope::CredentialForce => "Ask for a new token when SP-API refused the current one",
            Scope::FeedbackWrite => "Report what SP-API answered",
        }
    }
}

/// A set of scopes; stored and shown as a space-separated list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scopes(pub Vec<Scope>);

impl Scopes {
    pub fn contain(&self, scope: Scope) -> bool {
        self.0.contains(&scope)
    }

    pub fn to_text(&self) -> String {
        self.0.iter().map(|s| s.as_str()).collect::<Vec<_>>().join(" ")
    }

    /// Unknown words are left out: a scope that no longer exists grants nothing.
    pub fn from_text(text: &str) -> Self {
        Self(Scope::ALL.into_iter().filter(|s| text.split(' ').any(|word| word == s.as_str())).collect())
    }
}

/// Networks a Gateway may call from; an empty list allows every address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Networks(pub Vec<IpNet>);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Entry {entry} is not a network. Write one per line, like 203.0.113.0/24 or 2001:db8::/32.")]
pub struct NetworkError {
    /// Counted from one. What stands there is not repeated: it may be a secret in the wrong place.
    pub entry: usize,
}

impl Networks {
    pub fn allow(&self, address: Option<std::net::IpAddr>) -> bool {
        self.0.is_empty() || address.is_some_and(|address| self.0.iter().any(|net| net.contains(&address.to_canonical())))
    }

    /// Whether an address is allowed here that those do not allow.
    pub fn is_wider_than(&self, those: &Networks) -> bool {
        let allowed = |net: &IpNet| those.0.iter().any(|other| other.contains(net));
        !those.0.is_empty() && (self.0.is_empty() || !self.0.iter().all(allowed))
    }

    pub fn to_text(&self) -> String {
        self.0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }
}

impl FromStr for Networks {
    type Err = NetworkError;

    /// One network or address a line (commas and spaces separate too).
    fn from_str(text: &str) -> Result<Self, NetworkError> {
        text.split([',', ' ', '\n', '\r', '\t'])
            .filter(|word| !word.is_empty())
            .enumerate()
            .map(|(before, word)| {
                let address = || word.parse::<std::net::IpAddr>().map(IpNet::from);
                word.parse::<IpNet>()
                    .map(|net| net.trunc())
                    .or_else(|_| address())
                    .map_err(|_| NetworkError { entry: before + 1 })
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

/// Default life of a key, and when its end is announced (days before).
pub const KEY_LIFE: Duration = Duration::days(90);
pub const KEY_LIVES_DAYS: [i64; 4] = [7, 30, 90, 365];
pub const KEY_WARNING_DAYS: [i32; 3] = [1, 7, 14];
/// Two keys may live at once, so that rotation has no gap.
pub const LIVE_KEYS: usize = 2;

/// The announcement of a key's end that is due: of how many days before it. `told`: of how many the last one was.
pub fn key_warning(expires_at: Time, told: Option<i32>, now: Time) -> Option<i32> {
    let left = expires_at - now;
    if left <= Duration::zero() {
        return None;
    }
    let reached = KEY_WARNING_DAYS.into_iter().find(|days| left <= Duration::days(i64::from(*days)))?;
    told.is_none_or(|told| told > reached).then_some(reached)
}

/// Where a key is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyPhase {
    Live,
    Expired,
    Revoked,
}

/// The phase at `now`; a revoked key stays revoked.
pub fn key_phase(expires_at: Time, revoked_at: Option<Time>, now: Time) -> KeyPhase {
    match revoked_at {
        Some(_) => KeyPhase::Revoked,
        None if now >= expires_at => KeyPhase::Expired,
        None => KeyPhase::Live,
    }
}

/// A key that nothing has used for so long is pointed out.
pub const KEY_UNUSED: Duration = Duration::days(30);

/// Whole days since the last use, or since it was made, once they are [`KEY_UNUSED`] or more.
pub fn key_unused_days(created_at: Time, last_used_at: Option<Time>, now: Time) -> Option<i64> {
    let idle = now - last_used_at.unwrap_or(created_at);
    (idle >= KEY_UNUSED).then(|| idle.num_days())
}

/// The prefix by which secret scanners find a leaked key.
pub const KEY_PREFIX: &str = "ptl_gw_";

/// Splits `ptl_gw_<key id>_<secret>`; the secret part is 43 characters of base64url (256 bits).
/// Borrows, so that no copy of the secret is made.
pub fn split_key(bearer: &str) -> Option<(GatewayKeyId, &str)> {
    let rest = bearer.strip_prefix(KEY_PREFIX)?;
    let (id, secret) = rest.split_once('_')?;
    let uuid = uuid::Uuid::try_parse(id).ok().filter(|_| id.len() == 32)?;
    let shape = secret.len() == 43 && secret.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    shape.then_some((GatewayKeyId(uuid), secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_key_is_announced_two_weeks_a_week_and_a_day_before() {
        let end = Time::UNIX_EPOCH + Duration::days(90);
        let mut told = None;
        let mut days = Vec::new();
        for hour in 0..91 * 24 {
            if let Some(due) = key_warning(end, told, Time::UNIX_EPOCH + Duration::hours(hour)) {
                days.push((due, 90 - hour / 24));
                told = Some(due);
            }
        }
        assert_eq!(days, [(14, 14), (7, 7), (1, 1)]);
        // Portal stood still for a while: one announcement, not three.
        assert_eq!(key_warning(end, None, end - Duration::hours(5)), Some(1));
        assert_eq!(key_warning(end, Some(1), end - Duration::hours(5)), None);
        assert_eq!(key_warning(end, None, end), None);
    }

    #[test]
    fn a_key_is_pointed_out_after_thirty_days_without_a_use() {
        let made = Time::UNIX_EPOCH;
        let days = |days| made + Duration::days(days);
        assert_eq!(key_unused_days(made, None, days(30) - Duration::seconds(1)), None);
        assert_eq!(key_unused_days(made, None, days(30)), Some(30));
        assert_eq!(key_unused_days(made, Some(days(20)), days(49)), None);
        assert_eq!(key_unused_days(made, Some(days(20)), days(63)), Some(43));
    }

    #[test]
    fn networks_are_read_as_people_write_them() {
        let networks: Networks = "203.0.113.7\n10.1.2.3/8, 2001:db8::/32".parse().unwrap();
        assert_eq!(networks.to_text(), "203.0.113.7/32\n10.0.0.0/8\n2001:db8::/32");
        assert!(networks.allow("203.0.113.7".parse().ok()));
        assert!(networks.allow("::ffff:203.0.113.7".parse().ok()));
        assert!(!networks.allow("203.0.113.8".parse().ok()));
        assert!(!networks.allow(None));
        assert!(Networks::default().allow(None));
        assert_eq!("10.0.0.0/8 office".parse::<Networks>(), Err(NetworkError { entry: 2 }));
    }

    #[test]
    fn a_key_splits_into_its_id_and_its_secret() {
        let secret = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJ_-12345";
        let id = "01900000000070008000000000000001";
        assert_eq!(
            split_key(&format!("ptl_gw_{id}_{secret}")).map(|(k, s)| (k.0.simple().to_string(), s)),
            Some((id.to_owned(), secret))
        );
        for bad in [
            String::new(),
            format!("ptl_gw_{id}"),
            format!("ptl_gw_{id}_short"),
            format!("ptl_gx_{id}_{secret}"),
            format!("ptl_gw_{id}_{secret}="),
            format!("ptl_gw__{secret}"),
        ] {
            assert!(split_key(&bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_key_is_live_until_it_expires_or_is_revoked() {
        let now = Time::UNIX_EPOCH;
        assert_eq!(key_phase(now + KEY_LIFE, None, now), KeyPhase::Live);
        assert_eq!(key_phase(now, None, now), KeyPhase::Expired);
        assert_eq!(key_phase(now, Some(now), now), KeyPhase::Revoked);
    }
}
