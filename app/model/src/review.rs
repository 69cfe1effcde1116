//! Reviews of the log: a person looks through a period, and signs that they did.

use chrono::{Duration, NaiveTime};

use crate::Time;

/// A Review opens for so many days.
pub const PERIOD: Duration = Duration::days(14);
/// Days after which an unsigned Review is late, where a Team sets nothing else.
pub const LATE_DAYS: i32 = 3;
/// Events that are drawn by lot, to be looked at.
pub const SAMPLE: usize = 5;
/// Events of a kind that a Review shows, the newest.
pub const LISTED: u64 = 100;
/// The longest note, in characters.
pub const NOTE_MOST: usize = 2_000;

/// The periods that are over at `now` and for which no Review was opened, the oldest first. `since`: where the last one ended,
/// or when the Team began. Periods begin at midnight, UTC.
pub fn periods(since: Time, now: Time) -> Vec<(Time, Time)> {
    let mut from = since.date_naive().and_time(NaiveTime::MIN).and_utc();
    let mut periods = Vec::new();
    while from + PERIOD <= now {
        periods.push((from, from + PERIOD));
        from += PERIOD;
    }
    periods
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Time {
        text.parse().unwrap()
    }

    #[test]
    fn every_period_of_fourteen_days_is_looked_through_once() {
        let began = at("2026-11-02T15:20:00Z");
        assert_eq!(periods(began, at("2026-11-15T23:59:59Z")), []);
        let first = (at("2026-11-02T00:00:00Z"), at("2026-11-16T00:00:00Z"));
        assert_eq!(periods(began, first.1), [first]);
        assert_eq!(periods(first.1, at("2026-11-29T23:00:00Z")), []);
        // Portal stood still for a month: no period is left out.
        let late = periods(began, at("2026-12-15T00:00:00Z"));
        assert_eq!(late.len(), 3);
        assert!(late.windows(2).all(|pair| pair[0].1 == pair[1].0));
    }
}
