//! The only source of randomness: the operating system's, through a generator that is reseeded from it.

use std::sync::atomic::{AtomicU64, Ordering};

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
    digits(rng().random_range(0..CODES))
}

/// How many codes there are.
const CODES: u32 = 100_000_000;

fn digits(n: u32) -> String {
    format!("{n:08}")
}

/// A version 7 UUID: sorts by the time it was made, and in this process by the order too, even when the clock goes back
/// (RFC 9562, 6.2, method 1).
pub fn uuid(now: Time) -> Uuid {
    static LAST: AtomicU64 = AtomicU64::new(0);
    let since = now.timestamp_millis().max(0).unsigned_abs() << 12;
    let after = |last: u64| since.max(last + 1);
    let last = LAST.update(Ordering::Relaxed, Ordering::Relaxed, after);
    let mine = after(last);
    let mut rest = bytes::<10>();
    rest[..2].copy_from_slice(&((mine & 0xfff) as u16).to_be_bytes());
    uuid::Builder::from_unix_timestamp_millis(mine >> 12, &rest).into_uuid()
}

/// A new id of any kind.
pub fn id<I: Id>(now: Time) -> I {
    I::from_uuid(uuid(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_million_codes_are_uniform_in_every_place() {
        const DRAWN: usize = 1_000_000;
        let mut counts = [[0_f64; 10]; 8];
        for _ in 0..DRAWN {
            let code = login_code();
            assert_eq!(code.len(), 8);
            for (place, digit) in code.bytes().enumerate() {
                counts[place][usize::from(digit - b'0')] += 1.0;
            }
        }
        let expected = DRAWN as f64 / 10.0;
        for place in counts {
            let chi_square: f64 = place.iter().map(|found| (found - expected).powi(2) / expected).sum();
            // Nine degrees of freedom: beyond 50 lies one honest run in ten million.
            assert!(chi_square < 50.0, "{chi_square}");
        }
    }

    #[test]
    fn the_first_and_the_last_code_can_be_drawn() {
        assert_eq!((digits(0).as_str(), digits(CODES - 1).as_str()), ("00000000", "99999999"));
    }
}
