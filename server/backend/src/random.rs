//! The only source of randomness: the operating system's, through a generator that is reseeded from it.

use model::{Time, ids::Id};
use rand::{Rng, RngCore};
use uuid::Uuid;

#[expect(clippy::disallowed_methods, reason = "this is the source of randomness")]
fn rng() -> impl Rng {
    rand::rng()
}

pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rng().fill_bytes(&mut bytes);
    bytes
}

/// Any number, to spread things in time. Not for secrets.
pub fn dice() -> u32 {
    rng().random()
}

/// Eight decimal digits, uniform: `random_range` draws again rather than fold.
pub fn login_code() -> String {
    format!("{:08}", rng().random_range(0..100_000_000_u32))
}

/// A version 7 UUID: sorts by the time it was made.
pub fn uuid(now: Time) -> Uuid {
    let since = now.timestamp_micros().max(0).unsigned_abs();
    uuid::Builder::from_unix_timestamp_millis(since / 1000, &bytes()).into_uuid()
}

/// A new id of any kind.
pub fn id<I: Id>(now: Time) -> I {
    I::from_uuid(uuid(now))
}
