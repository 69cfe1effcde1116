//! Deciding about a runtime credential: what a gateway may ask, and whether the cached token is good enough.

use chrono::Duration;
use serde::{Deserialize, Serialize};

use crate::Time;

/// Default and greatest `min_ttl_s` of a request, seconds.
pub const MIN_TTL_DEFAULT: u32 = 300;
pub const MIN_TTL_MOST: u32 = 1800;
/// A token is never called fresh with less than this left.
pub const FRESH_FLOOR: Duration = Duration::seconds(300);
/// A still-valid token may be served with at least this left when a refresh is not possible now.
pub const SERVE_FLOOR: Duration = Duration::seconds(60);
/// LWA's answer may lack `expires_in`: then this is assumed, and said (seconds).
pub const ASSUMED_LIFE_S: u32 = 3600;
/// How long a refresher may hold the refresh lease before another takes over.
pub const REFRESH_LEASE: Duration = Duration::seconds(30);
/// How long a loser waits for the winner's token.
pub const REFRESH_WAIT: Duration = Duration::seconds(10);
/// One forced refresh per connection in this time.
pub const FORCE_COOLDOWN: Duration = Duration::seconds(60);
/// At most this many connections in one batch.
pub const BATCH_MOST: usize = 20;
/// Longest purpose, characters.
pub const PURPOSE_MOST: usize = 120;

/// What a gateway asks, with defaults and limits applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ask {
    pub min_ttl: Duration,
    /// True when the asked `min_ttl_s` was above the limit.
    pub clamped: bool,
    pub known_generation: Option<i64>,
    pub rejected_generation: Option<i64>,
}

impl Ask {
    pub fn new(min_ttl_s: Option<u32>, known_generation: Option<i64>, rejected_generation: Option<i64>) -> Self {
        let asked = min_ttl_s.unwrap_or(MIN_TTL_DEFAULT);
        let min_ttl = Duration::seconds(i64::from(asked.min(MIN_TTL_MOST)));
        Self { min_ttl, clamped: asked > MIN_TTL_MOST, known_generation, rejected_generation }
    }
}

/// The token that is stored for a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cached {
    pub generation: i64,
    pub issued_at: Time,
    pub expires_at: Time,
}

/// What to do with an ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The gateway has the current token and it is good: answer without one.
    Unchanged,
    /// The stored token is good enough.
    Serve,
    /// A new token is needed. `forced` when the gateway says that SP-API refused the current one.
    Refresh { forced: bool },
}

/// Decides on a stored token (or none).
pub fn decide(ask: &Ask, cached: Option<&Cached>, now: Time) -> Decision {
    let Some(cached) = cached else { return Decision::Refresh { forced: false } };
    if ask.rejected_generation == Some(cached.generation) {
        return Decision::Refresh { forced: true };
    }
    if cached.expires_at - now < ask.min_ttl.max(FRESH_FLOOR) {
        return Decision::Refresh { forced: false };
    }
    if ask.known_generation == Some(cached.generation) { Decision::Unchanged } else { Decision::Serve }
}

/// Whether a stored token may still be served when a refresh is not possible now.
pub fn still_servable(ask: &Ask, cached: Option<&Cached>, now: Time) -> bool {
    cached.is_some_and(|cached| cached.expires_at - now >= SERVE_FLOOR && ask.rejected_generation != Some(cached.generation))
}

/// When a gateway should come back: the fresh floor before the end, and up to a minute earlier,
/// so that a fleet that started together does not return together. `dice` is any random number.
pub fn refresh_after(expires_at: Time, now: Time, dice: u32) -> Time {
    let jitter = Duration::milliseconds(i64::from(dice % 60_000));
    (expires_at - FRESH_FLOOR - jitter).max(now)
}

/// Something the gateway's people should look at before it stops the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    pub code: WarningCode,
    /// When it happens, if it has a time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Time>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WarningCode {
    LwaClientSecretExpiring,
    LwaClientSecretExpired,
    AuthorizationExpiring,
    GatewayKeyExpiring,
    MinTtlClamped,
    ExpiresInAssumed,
    StaleServed,
}

/// From when each end is announced to gateways.
pub const SECRET_NOTICE: Duration = Duration::days(30);
pub const AUTHORIZATION_NOTICE: Duration = Duration::days(30);
pub const KEY_NOTICE: Duration = Duration::days(14);

/// The warnings that follow from clocks.
pub fn clock_warnings(
    secret_expires_at: Time,
    authorization_expires_at: Option<Time>,
    key_expires_at: Time,
    now: Time,
) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let mut near = |code, at: Time, notice: Duration| {
        if at - now <= notice {
            warnings.push(Warning { code, at: Some(at) });
        }
    };
    if secret_expires_at <= now {
        near(WarningCode::LwaClientSecretExpired, secret_expires_at, SECRET_NOTICE);
    } else {
        near(WarningCode::LwaClientSecretExpiring, secret_expires_at, SECRET_NOTICE);
    }
    if let Some(at) = authorization_expires_at {
        near(WarningCode::AuthorizationExpiring, at, AUTHORIZATION_NOTICE);
    }
    near(WarningCode::GatewayKeyExpiring, key_expires_at, KEY_NOTICE);
    warnings
}

/// How long to leave LWA alone after the `failures`-th transient failure in a row; `dice` spreads replicas.
pub fn backoff(failures: u32, dice: u32) -> Duration {
    let base = 1_000_i64 << failures.saturating_sub(1).min(6);
    Duration::milliseconds(base.min(60_000) + i64::from(dice) % (base / 2).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time::UNIX_EPOCH;

    fn cached(generation: i64, left_s: i64) -> Cached {
        Cached { generation, issued_at: NOW, expires_at: NOW + Duration::seconds(left_s) }
    }

    #[test]
    fn a_token_is_served_while_it_outlives_the_wish_and_the_floor() {
        let ask = |min| Ask::new(min, None, None);
        assert_eq!(decide(&ask(None), None, NOW), Decision::Refresh { forced: false });
        assert_eq!(decide(&ask(None), Some(&cached(1, 300)), NOW), Decision::Serve);
        assert_eq!(decide(&ask(None), Some(&cached(1, 299)), NOW), Decision::Refresh { forced: false });
        assert_eq!(decide(&ask(Some(10)), Some(&cached(1, 299)), NOW), Decision::Refresh { forced: false });
        assert_eq!(decide(&ask(Some(900)), Some(&cached(1, 899)), NOW), Decision::Refresh { forced: false });
        assert_eq!(decide(&ask(Some(99_999)), Some(&cached(1, 1800)), NOW), Decision::Serve);
        assert!(ask(Some(1801)).clamped && !ask(Some(1800)).clamped);
    }

    #[test]
    fn a_known_generation_is_answered_without_a_token_only_while_it_is_good() {
        let ask = Ask::new(None, Some(7), None);
        assert_eq!(decide(&ask, Some(&cached(7, 3000)), NOW), Decision::Unchanged);
        assert_eq!(decide(&ask, Some(&cached(8, 3000)), NOW), Decision::Serve);
        assert_eq!(decide(&ask, Some(&cached(7, 100)), NOW), Decision::Refresh { forced: false });
    }

    #[test]
    fn a_rejected_generation_refreshes_only_while_it_is_the_current_one() {
        let ask = Ask::new(None, None, Some(7));
        assert_eq!(decide(&ask, Some(&cached(7, 3000)), NOW), Decision::Refresh { forced: true });
        assert_eq!(decide(&ask, Some(&cached(8, 3000)), NOW), Decision::Serve);
        assert!(!still_servable(&ask, Some(&cached(7, 3000)), NOW));
        assert!(still_servable(&ask, Some(&cached(8, 60)), NOW));
        assert!(!still_servable(&ask, Some(&cached(8, 59)), NOW));
    }

    #[test]
    fn the_return_is_spread_over_a_minute_and_never_in_the_past() {
        let end = NOW + Duration::seconds(3600);
        assert_eq!(refresh_after(end, NOW, 0), NOW + Duration::seconds(3300));
        assert_eq!(refresh_after(end, NOW, 59_999), NOW + Duration::milliseconds(3_240_001));
        assert_eq!(refresh_after(NOW + Duration::seconds(100), NOW, 0), NOW);
    }

    #[test]
    fn backoff_grows_to_a_minute_and_a_half_at_most() {
        assert_eq!(backoff(1, 0), Duration::seconds(1));
        assert_eq!(backoff(3, 0), Duration::seconds(4));
        assert_eq!(backoff(100, 0), Duration::seconds(60));
        assert!(backoff(100, u32::MAX) < Duration::seconds(93));
    }

    #[test]
    fn ends_are_announced_in_time() {
        let far = NOW + Duration::days(400);
        assert!(clock_warnings(far, Some(far), far, NOW).is_empty());
        let codes = |w: Vec<Warning>| w.into_iter().map(|w| w.code).collect::<Vec<_>>();
        assert_eq!(
            codes(clock_warnings(NOW, None, NOW + KEY_NOTICE, NOW)),
            [WarningCode::LwaClientSecretExpired, WarningCode::GatewayKeyExpiring]
        );
        assert_eq!(
            codes(clock_warnings(NOW + SECRET_NOTICE, Some(NOW + AUTHORIZATION_NOTICE), far, NOW)),
            [WarningCode::LwaClientSecretExpiring, WarningCode::AuthorizationExpiring]
        );
    }
}
