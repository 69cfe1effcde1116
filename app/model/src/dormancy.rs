//! Accounts that nobody uses: warned, then disabled (E6).

use chrono::Duration;

use crate::Time;

/// Days without a use of the account after which its person is warned.
pub const WARNED_AFTER: [i64; 2] = [30, 40];
/// And after which it is disabled.
pub const DISABLED_AFTER: i64 = 45;

/// What is due for an account that was used last at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    Nothing,
    /// The person is told, once for each of these days.
    Warning(i64),
    Disabling,
}

/// `warned`: after how many days the person was warned already, since that last use.
pub fn due(last_use: Time, warned: i64, now: Time) -> Due {
    let idle = now - last_use;
    if idle >= Duration::days(DISABLED_AFTER) {
        return Due::Disabling;
    }
    let reached = WARNED_AFTER.into_iter().rev().find(|days| idle >= Duration::days(*days));
    match reached {
        Some(days) if days > warned => Due::Warning(days),
        _ => Due::Nothing,
    }
}

/// When an account that was used last at this time is disabled.
pub fn disabled_at(last_use: Time) -> Time {
    last_use + Duration::days(DISABLED_AFTER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warned_at_thirty_and_forty_days_and_disabled_at_forty_five() {
        let start = Time::UNIX_EPOCH;
        let at = |days: i64, warned| due(start, warned, start + Duration::days(days));
        let just_before = |days: i64, warned| due(start, warned, start + Duration::days(days) - Duration::microseconds(1));
        assert_eq!(just_before(30, 0), Due::Nothing);
        assert_eq!((at(30, 0), at(30, 30)), (Due::Warning(30), Due::Nothing));
        assert_eq!((just_before(40, 30), at(40, 30), at(40, 40)), (Due::Nothing, Due::Warning(40), Due::Nothing));
        // A job that stood still tells what is due now, and not what was due before.
        assert_eq!(at(41, 0), Due::Warning(40));
        assert_eq!((just_before(45, 40), at(45, 40), at(45, 0)), (Due::Nothing, Due::Disabling, Due::Disabling));
        assert_eq!(disabled_at(start), start + Duration::days(45));
    }
}
