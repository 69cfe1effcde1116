//! The clocks of what Amazon gives: they run out, and people are told before.

use chrono::Duration;
use serde::{Deserialize, Serialize};

use crate::Time;

/// How near the end of a clock is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockLevel {
    Calm,
    /// 30 days are left at most.
    Soon,
    /// It has run out.
    Late,
}

impl ClockLevel {
    pub fn of(ends: Time, now: Time) -> Self {
        match days_left(ends, now) {
            ..=0 => Self::Late,
            1..=30 => Self::Soon,
            _ => Self::Calm,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Calm => "calm",
            Self::Soon => "soon",
            Self::Late => "late",
        }
    }
}

/// Days until then. A day that has begun counts: what was made a moment ago has all of its days, and none is left only at
/// the end.
pub fn days_left(ends: Time, now: Time) -> i64 {
    (ends - now + Duration::days(1) - Duration::microseconds(1)).num_days()
}

/// The 180 days of a client secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecretClock {
    pub made_at: Time,
}

impl SecretClock {
    pub const LIFE: Duration = Duration::days(180);

    pub fn expires_at(self) -> Time {
        self.made_at + Self::LIFE
    }
}

/// The 365 days after which public apps need a new consent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuthorizationClock {
    pub authorized_at: Time,
}

impl AuthorizationClock {
    pub const LIFE: Duration = Duration::days(365);

    pub fn expires_at(self) -> Time {
        self.authorized_at + Self::LIFE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_late_at_its_end_and_not_before() {
        let now = Time::UNIX_EPOCH;
        let at = |left: Duration| (days_left(now + left, now), ClockLevel::of(now + left, now));
        assert_eq!(at(SecretClock::LIFE), (180, ClockLevel::Calm));
        assert_eq!(at(SecretClock::LIFE - Duration::seconds(1)), (180, ClockLevel::Calm));
        assert_eq!(at(Duration::days(30) + Duration::microseconds(1)), (31, ClockLevel::Calm));
        assert_eq!(at(Duration::days(30)), (30, ClockLevel::Soon));
        assert_eq!(at(Duration::microseconds(1)), (1, ClockLevel::Soon));
        assert_eq!(at(Duration::zero()), (0, ClockLevel::Late));
        assert_eq!(at(-Duration::days(90)).1, ClockLevel::Late);
    }

    #[test]
    fn a_secret_lives_180_days_and_an_authorization_365() {
        let start = Time::UNIX_EPOCH;
        assert_eq!(SecretClock { made_at: start }.expires_at() - start, Duration::days(180));
        assert_eq!(AuthorizationClock { authorized_at: start }.expires_at() - start, Duration::days(365));
    }
}
