//! Hours in which people are left alone, unless it is critical.

use std::{fmt, str::FromStr};

use chrono::{Duration, Timelike};

use super::Severity;
use crate::Time;

/// From one full hour of the day (UTC) until another; over midnight when the first is later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuietHours {
    from: u8,
    until: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Enter two different full hours, like 22-6, or leave it empty.")]
pub struct QuietHoursError;

impl QuietHours {
    /// When something that became known at `now` is told: at once, or at the end of the quiet hours.
    pub fn tell_at(quiet: Option<Self>, severity: Severity, now: Time) -> Time {
        match quiet {
            Some(quiet) if severity < Severity::Critical && quiet.covers(now) => quiet.end_after(now),
            _ => now,
        }
    }

    pub fn covers(self, at: Time) -> bool {
        let hour = at.hour();
        let (from, until) = (u32::from(self.from), u32::from(self.until));
        if from < until { (from..until).contains(&hour) } else { hour >= from || hour < until }
    }

    fn end_after(self, at: Time) -> Time {
        let midnight = at
            - Duration::nanoseconds(i64::from(at.num_seconds_from_midnight()) * 1_000_000_000 + i64::from(at.nanosecond()));
        let today = midnight + Duration::hours(i64::from(self.until));
        if today > at { today } else { today + Duration::days(1) }
    }
}

impl fmt::Display for QuietHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.from, self.until)
    }
}

impl FromStr for QuietHours {
    type Err = QuietHoursError;

    /// `22-6`, also with spaces, minutes of zero and a long dash.
    fn from_str(text: &str) -> Result<Self, QuietHoursError> {
        let (from, until) = text.split_once(['-', '–']).ok_or(QuietHoursError)?;
        let hour = |text: &str| {
            let text = text.trim();
            let hour: u8 = text.strip_suffix(":00").unwrap_or(text).parse().map_err(|_| QuietHoursError)?;
            if hour < 24 { Ok(hour) } else { Err(QuietHoursError) }
        };
        let hours = Self { from: hour(from)?, until: hour(until)? };
        if hours.from == hours.until { Err(QuietHoursError) } else { Ok(hours) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Time {
        text.parse().unwrap()
    }

    #[test]
    fn they_go_over_midnight_and_end_on_the_hour() {
        let night: QuietHours = "22-6".parse().unwrap();
        let quiet = |time: &str| QuietHours::tell_at(Some(night), Severity::Warning, at(time));
        assert_eq!(quiet("2026-11-26T23:30:00.5Z"), at("2026-11-27T06:00:00Z"));
        assert_eq!(quiet("2026-11-27T05:59:59Z"), at("2026-11-27T06:00:00Z"));
        assert_eq!(quiet("2026-11-27T06:00:00Z"), at("2026-11-27T06:00:00Z"));
        assert_eq!(quiet("2026-11-27T21:59:59Z"), at("2026-11-27T21:59:59Z"));
    }

    #[test]
    fn what_is_critical_is_never_held_back() {
        let night: QuietHours = "22-6".parse().unwrap();
        let now = at("2026-11-26T23:30:00Z");
        assert_eq!(QuietHours::tell_at(Some(night), Severity::Critical, now), now);
        assert_eq!(QuietHours::tell_at(None, Severity::Notice, now), now);
    }

    #[test]
    fn they_are_read_as_people_write_them() {
        for (text, hours) in [("22-6", "22-6"), (" 9:00 – 17:00 ", "9-17"), ("0-23", "0-23")] {
            assert_eq!(text.parse::<QuietHours>().unwrap().to_string(), hours);
        }
        for bad in ["", "22", "22-22", "24-6", "22:30-6", "a-b", "-1-3"] {
            assert_eq!(bad.parse::<QuietHours>(), Err(QuietHoursError), "{bad}");
        }
    }
}
