//! The quarterly look at who and which key may reach what (E5).

use chrono::Duration;
use serde::{Deserialize, Serialize};

use crate::Time;

/// An access review opens so long after the one before, or after the Team was made.
pub const EVERY: Duration = Duration::days(91);
/// So long people have for it; what nobody confirmed by then is suspended.
pub const WITHIN: Duration = Duration::days(14);
/// People are told again when so many days are left.
pub const REMINDED_AT: [i64; 2] = [7, 1];
/// Letters of a note and of a conclusion.
pub const NOTE_MOST: usize = 400;

/// What is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    Member,
    Gateway,
    GatewayKey,
}

impl Subject {
    pub const ALL: [Subject; 3] = [Subject::Member, Subject::Gateway, Subject::GatewayKey];

    pub fn as_str(self) -> &'static str {
        match self {
            Subject::Member => "user",
            Subject::Gateway => "gateway",
            Subject::GatewayKey => "gateway_key",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == text)
    }

    /// One of them, before its name.
    pub fn one(self) -> &'static str {
        match self {
            Subject::Member => "the member",
            Subject::Gateway => "the gateway",
            Subject::GatewayKey => "a key of the gateway",
        }
    }

    /// Many of them, as a page calls them.
    pub fn title(self) -> &'static str {
        match self {
            Subject::Member => "Members",
            Subject::Gateway => "Gateways",
            Subject::GatewayKey => "Gateway keys",
        }
    }
}

/// What somebody decided of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    Confirmed,
    Removed,
}

impl Decision {
    pub const ALL: [Decision; 2] = [Decision::Confirmed, Decision::Removed];

    pub fn as_str(self) -> &'static str {
        match self {
            Decision::Confirmed => "confirmed",
            Decision::Removed => "removed",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == text)
    }
}

/// When the next one opens. `last`: when the one before opened; when the Team was made, before the first.
pub fn opens_at(last: Time) -> Time {
    last + EVERY
}

/// Of which reminder people are to be told now: the days that are left, fewer than none once a week has passed without a signature;
/// `told`: of which they were told last.
pub fn reminder(due: Time, told: Option<i64>, now: Time) -> Option<i64> {
    let reached = match (now - due).num_weeks() {
        weeks @ 1.. => -7 * weeks,
        _ => REMINDED_AT.into_iter().rev().find(|days| now >= due - Duration::days(*days) && now < due)?,
    };
    told.is_none_or(|told| reached < told).then_some(reached)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_told_again_a_week_and_a_day_before() {
        let due = Time::UNIX_EPOCH + WITHIN;
        let at = |days: i64, told| reminder(due, told, Time::UNIX_EPOCH + Duration::days(days));
        assert_eq!((at(0, None), at(6, None)), (None, None));
        assert_eq!((at(7, None), at(8, Some(7)), at(12, Some(7))), (Some(7), None, None));
        assert_eq!((at(13, Some(7)), at(13, Some(1)), at(13, None)), (Some(1), None, Some(1)));
        assert_eq!(at(14, Some(7)), None, "too late");
        // Every week that it stays unsigned.
        assert_eq!(
            (at(20, Some(1)), at(21, Some(1)), at(27, Some(-7)), at(28, Some(-7))),
            (None, Some(-7), None, Some(-14))
        );
        assert_eq!(opens_at(Time::UNIX_EPOCH), Time::UNIX_EPOCH + Duration::days(91));
    }

    #[test]
    fn words_read_back() {
        assert!(Subject::ALL.into_iter().all(|one| Subject::parse(one.as_str()) == Some(one)));
        assert!(Decision::ALL.into_iter().all(|one| Decision::parse(one.as_str()) == Some(one)));
    }
}
