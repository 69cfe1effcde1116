//! Rate limits that hold over all replicas: the generic cell rate algorithm, one row a bucket.

use chrono::Duration;
use model::Time;
use sea_orm::entity::prelude::*;

use super::sql;

/// A limit: `burst` at once, then one `every`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    pub burst: i32,
    pub every: Duration,
}

/// What a bucket gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// At most the number asked for.
    pub granted: i32,
    /// What is left for others now.
    pub remaining: i32,
    /// Until the next one can be taken; zero while some remain.
    pub wait: Duration,
}

impl Taken {
    /// The wait in whole seconds, as `Retry-After` has it.
    pub fn wait_s(&self) -> u32 {
        seconds(self.wait)
    }
}

/// A wait in whole seconds, and one more: whoever comes then is not too early.
pub fn seconds(wait: Duration) -> u32 {
    u32::try_from(wait.num_seconds()).unwrap_or(0) + 1
}

impl Limit {
    /// `full_at` is when the bucket would be full again. Taking one moves it on by an interval; it never lies more than
    /// `burst` intervals ahead. Answers with what was taken and where `full_at` is then.
    fn take(self, full_at: Time, now: Time, wanted: i32) -> (Taken, Time) {
        let every = self.every.num_microseconds().unwrap_or(i64::MAX).max(1);
        let start = full_at.max(now);
        let used = (start - now).num_microseconds().unwrap_or(i64::MAX);
        let free = (every.saturating_mul(i64::from(self.burst)).saturating_sub(used)).max(0) / every;
        let free = i32::try_from(free).unwrap_or(i32::MAX);
        let granted = wanted.min(free);
        let next = start + self.every * granted;
        let remaining = free - granted;
        let wait = if remaining > 0 { Duration::zero() } else { (next - now) - self.every * (self.burst - 1) };
        (Taken { granted, remaining, wait }, next)
    }
}

/// Takes up to `wanted` from `bucket`.
pub async fn take(db: &impl ConnectionTrait, bucket: &str, limit: Limit, wanted: i32, now: Time) -> Result<Taken, DbErr> {
    take_from(db, bucket, limit, wanted, now, None).await.map(|(taken, _)| taken)
}

/// What taking one would give, without taking it.
pub async fn look(db: &impl ConnectionTrait, bucket: &str, limit: Limit, now: Time) -> Result<Taken, DbErr> {
    Ok(limit.take(stands(db, bucket).await?.unwrap_or(now), now, 1).0)
}

/// The same for a caller who believes to know where the bucket stood, and learns where it stands now: a right belief saves
/// the question, a wrong one costs nothing but itself.
pub async fn take_from(
    db: &impl ConnectionTrait,
    bucket: &str,
    limit: Limit,
    wanted: i32,
    now: Time,
    mut believed: Option<Time>,
) -> Result<(Taken, Option<Time>), DbErr> {
    loop {
        let full_at = match believed.take() {
            Some(full_at) => Some(full_at),
            None => stands(db, bucket).await?,
        };
        let (taken, next) = limit.take(full_at.unwrap_or(now), now, wanted);
        if taken.granted == 0 {
            return Ok((taken, full_at));
        }
        // Compare-and-set: on another taker's change, look again.
        let statement = match full_at {
            Some(full_at) => {
                let text = "UPDATE rate_limit SET full_at = $2 WHERE bucket = $1 AND full_at = $3";
                sql(db, text, [bucket.into(), next.into(), full_at.into()])
            }
            None => {
                let text = "INSERT INTO rate_limit (bucket, full_at) VALUES ($1, $2) ON CONFLICT (bucket) DO NOTHING";
                sql(db, text, [bucket.into(), next.into()])
            }
        };
        if db.execute_raw(statement).await?.rows_affected() == 1 {
            return Ok((taken, Some(next)));
        }
    }
}

async fn stands(db: &impl ConnectionTrait, bucket: &str) -> Result<Option<Time>, DbErr> {
    let row = db.query_one_raw(sql(db, "SELECT full_at FROM rate_limit WHERE bucket = $1", [bucket.into()])).await?;
    row.map(|row| row.try_get("", "full_at")).transpose()
}

/// Buckets that are full again say nothing.
pub async fn delete_full(db: &impl ConnectionTrait, now: Time) -> Result<u64, DbErr> {
    Ok(db.execute_raw(sql(db, "DELETE FROM rate_limit WHERE full_at <= $1", [now.into()])).await?.rows_affected())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time::UNIX_EPOCH;
    const FIVE_A_MINUTE: Limit = Limit { burst: 5, every: Duration::seconds(60) };

    #[test]
    fn a_burst_is_given_at_once_and_then_one_an_interval() {
        let (taken, next) = FIVE_A_MINUTE.take(NOW, NOW, 3);
        assert_eq!((taken.granted, taken.remaining, taken.wait), (3, 2, Duration::zero()));
        let (taken, next) = FIVE_A_MINUTE.take(next, NOW, 5);
        assert_eq!((taken.granted, taken.remaining, taken.wait), (2, 0, Duration::seconds(60)));
        let (taken, _) = FIVE_A_MINUTE.take(next, NOW + Duration::seconds(59), 1);
        assert_eq!((taken.granted, taken.wait), (0, Duration::seconds(1)));
        let (taken, _) = FIVE_A_MINUTE.take(next, NOW + Duration::seconds(60), 1);
        assert_eq!(taken.granted, 1);
        let (taken, _) = FIVE_A_MINUTE.take(next, NOW + Duration::seconds(3600), 9);
        assert_eq!(taken.granted, 5);
    }
}
