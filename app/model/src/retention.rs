//! How long the log is kept.

use chrono::Months;

use crate::Time;

/// The least that an installation may keep its log (Amazon's policy: at least twelve months).
pub const LEAST_MONTHS: u32 = 12;
/// What it keeps unless its operator says otherwise.
pub const DEFAULT_MONTHS: u32 = 13;
/// Letters of the reason of a legal hold.
pub const REASON_MOST: usize = 300;

/// Events before this moment may be pruned; no log reaches back so far when there is no such moment.
pub fn kept_since(now: Time, months: u32) -> Option<Time> {
    now.checked_sub_months(Months::new(months.max(LEAST_MONTHS)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_pruned_before_it_is_a_year_old() {
        let at = |text: &str| text.parse::<Time>().unwrap();
        let now = at("2027-03-31T12:00:00Z");
        assert_eq!(kept_since(now, 13), Some(at("2026-02-28T12:00:00Z")));
        for months in [0, 1, 11, 12] {
            assert_eq!(kept_since(now, months), Some(at("2026-03-31T12:00:00Z")));
        }
        assert_eq!(kept_since(now, u32::MAX), None);
    }
}
