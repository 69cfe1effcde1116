//! An LWA app's two client-secret slots. The clocks are in `amazon`.

use chrono::Duration;
use serde::{Deserialize, Serialize};

use crate::{
    Time,
    amazon::{ClockLevel, SecretClock},
};

/// The code under which an app is marked when a gateway reports that SP-API calls its client secret expired.
pub const CLIENT_SECRET_EXPIRED: &str = "client_secret_expired";

/// The old secret still works this long after a rotation (Amazon's documentation of credential rotation).
pub const OLD_SECRET_LIFE: Duration = Duration::days(7);

/// What the second slot holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "slot")]
pub enum OtherSecret {
    Empty,
    /// Stored and proved, waiting to be promoted.
    Next {
        made_at: Time,
    },
    /// Kept after a rotation, used when Amazon does not know the new one yet.
    Old {
        until: Time,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RotationError {
    #[error("There is no next secret to promote. Store and prove one first.")]
    NoNext,
    #[error("A next secret is stored already. Promote it or drop it first.")]
    NextStands,
}

impl OtherSecret {
    /// May a next secret be stored? An old one makes place: Amazon itself has forgotten it by the time a newer one exists.
    pub fn stage(self, made_at: Time) -> Result<OtherSecret, RotationError> {
        match self {
            OtherSecret::Next { .. } => Err(RotationError::NextStands),
            OtherSecret::Empty | OtherSecret::Old { .. } => Ok(OtherSecret::Next { made_at }),
        }
    }

    /// The next secret becomes the current one; the current one is kept as the old one.
    pub fn promote(self, now: Time) -> Result<OtherSecret, RotationError> {
        match self {
            OtherSecret::Next { .. } => Ok(OtherSecret::Old { until: now + OLD_SECRET_LIFE }),
            OtherSecret::Empty | OtherSecret::Old { .. } => Err(RotationError::NoNext),
        }
    }

    /// Whether the slot may be tried when Amazon refuses the current secret.
    pub fn usable(self, now: Time) -> bool {
        match self {
            OtherSecret::Empty => false,
            OtherSecret::Next { .. } => true,
            OtherSecret::Old { until } => now < until,
        }
    }
}

/// How an app stands: the gravest thing that can be said of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// LWA refuses its client id and secret: its connections get no new access tokens.
    Refused,
    /// A gateway reports that SP-API calls its client secret expired; LWA may still answer.
    ReportedExpired,
    SecretEnded,
    SecretEndsSoon,
    InOrder,
}

impl Standing {
    /// `rejected`: the code with which the app is marked.
    pub fn of(rejected: Option<&str>, clock: SecretClock, now: Time) -> Self {
        match (rejected, ClockLevel::of(clock.expires_at(), now)) {
            (Some(CLIENT_SECRET_EXPIRED), _) => Self::ReportedExpired,
            (Some(_), _) => Self::Refused,
            (None, ClockLevel::Late) => Self::SecretEnded,
            (None, ClockLevel::Soon) => Self::SecretEndsSoon,
            (None, ClockLevel::Calm) => Self::InOrder,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_amazon_says_counts_for_more_than_the_clock() {
        let made_at = Time::UNIX_EPOCH;
        let stands = |rejected, days| Standing::of(rejected, SecretClock { made_at }, made_at + Duration::days(days));
        assert_eq!(stands(None, 0), Standing::InOrder);
        assert_eq!(stands(None, 150), Standing::SecretEndsSoon);
        assert_eq!(stands(None, 180), Standing::SecretEnded);
        assert_eq!(stands(Some("invalid_client"), 180), Standing::Refused);
        assert_eq!(stands(Some(CLIENT_SECRET_EXPIRED), 0), Standing::ReportedExpired);
    }

    #[test]
    fn a_rotation_goes_through_next_and_leaves_the_old_one_for_seven_days() {
        let now = Time::UNIX_EPOCH;
        let next = OtherSecret::Empty.stage(now).unwrap();
        assert_eq!(next.stage(now), Err(RotationError::NextStands));
        let old = next.promote(now).unwrap();
        assert!(old.usable(now + OLD_SECRET_LIFE - Duration::seconds(1)));
        assert!(!old.usable(now + OLD_SECRET_LIFE));
        assert_eq!(old.promote(now), Err(RotationError::NoNext));
        assert!(old.stage(now).is_ok());
    }
}
