//! Accounts that nobody uses: warned, then disabled (E6).

use chrono::Duration;

use crate::Time;

/// Days without a use of the account after which its person is warned.
pub const WARNED_AFTER: [i64; 2] = [30, 40];
/// And after which it is disabled.
pub const DISABLED_AFTER: i64 = 45;

/// Nobody is disabled sooner after a warning: whoever was not warned in time is warned first.
pub const WARNED_BEFORE: Duration = Duration::days(5);

/// What is due for an account that was used last at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    Nothing,
    /// The person is told, once for each of these days.
    Warning(i64),
    Disabling,
}

/// `warned`: after how many days the person was warned since that last use, and when.
pub fn due(last_use: Time, warned: Option<(i64, Time)>, now: Time) -> Due {
    let idle = now - last_use;
    let is_over = idle >= Duration::days(DISABLED_AFTER);
    if is_over && warned.is_some_and(|(_, at)| now - at >= WARNED_BEFORE) {
        return Due::Disabling;
    }
    let reached = WARNED_AFTER.into_iter().rev().find(|days| idle >= Duration::days(*days));
    match reached {
        Some(days) if warned.is_none_or(|(told, _)| days > told) => Due::Warning(days),
        _ => Due::Nothing,
    }
}

/// When an account that was used last at this time, and whose person is warned now, is disabled.
pub fn disabled_at(last_use: Time, now: Time) -> Time {
    (last_use + Duration::days(DISABLED_AFTER)).max(now + WARNED_BEFORE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warned_at_thirty_and_forty_days_and_disabled_at_forty_five() {
        let start = Time::UNIX_EPOCH;
        let day = |days: i64| start + Duration::days(days);
        let warned = |days: i64| Some((days, day(days)));
        let micro = Duration::microseconds(1);
        assert_eq!(due(start, None, day(30) - micro), Due::Nothing);
        assert_eq!((due(start, None, day(30)), due(start, warned(30), day(30))), (Due::Warning(30), Due::Nothing));
        assert_eq!(
            (due(start, warned(30), day(40) - micro), due(start, warned(30), day(40))),
            (Due::Nothing, Due::Warning(40))
        );
        assert_eq!(
            (due(start, warned(40), day(45) - micro), due(start, warned(40), day(45))),
            (Due::Nothing, Due::Disabling)
        );
        assert_eq!(disabled_at(start, day(40)), day(45));
        // A job that stood still tells what is due now, and disables nobody who was not warned five days before.
        assert_eq!((due(start, None, day(41)), due(start, None, day(99))), (Due::Warning(40), Due::Warning(40)));
        let late = Some((40, day(99)));
        assert_eq!((due(start, late, day(104) - micro), due(start, late, day(104))), (Due::Nothing, Due::Disabling));
        assert_eq!(disabled_at(start, day(99)), day(104));
    }
}
