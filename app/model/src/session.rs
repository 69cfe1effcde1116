//! How long a sign-in lasts.

use chrono::Duration;

use crate::Time;

/// A session ends 24 hours after sign-in, whatever happens (A13).
pub const LIFE: Duration = Duration::hours(24);
/// And after one hour without use (A13).
pub const IDLE: Duration = Duration::hours(1);
/// Last use is written at most this often, so that reading pages does not write on every request.
pub const TOUCH_EVERY: Duration = Duration::seconds(60);

/// True while a session is good at `now`.
pub fn alive(signed_in_at: Time, last_seen_at: Time, now: Time) -> bool {
    now - signed_in_at < LIFE && now - last_seen_at < IDLE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_ends_after_an_idle_hour_or_a_day() {
        let start = Time::UNIX_EPOCH;
        let almost = |d: Duration| start + d - Duration::microseconds(1);
        assert!(alive(start, start, almost(IDLE)));
        assert!(!alive(start, start, start + IDLE));
        assert!(alive(start, almost(LIFE), almost(LIFE)));
        assert!(!alive(start, start + LIFE, start + LIFE));
    }
}
