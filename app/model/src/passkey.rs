//! Passkeys: the second, stronger factor. What was proved in a session, and what it is good for.

use chrono::Duration;

use crate::{Role, Time, step_up};

/// How long a person may take to show a passkey.
pub const CEREMONY_LIFE: Duration = Duration::minutes(5);
/// Passkeys that one person has at most.
pub const PASSKEYS_MOST: usize = 10;
/// Ceremonies that one network may begin, or one person: so many at once, then one every few seconds.
pub const BEGIN_BURST: i32 = 10;
pub const BEGIN_EVERY: Duration = Duration::seconds(10);

/// When the person of a session proved who they are, beyond signing in with a code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Proofs {
    /// The last fresh proof, by a code or by a passkey.
    pub stepped_up_at: Option<Time>,
    /// The last fresh proof that was a passkey: a code after it takes nothing of it.
    pub by_passkey_at: Option<Time>,
    /// When a passkey was shown last, at sign-in or afterwards.
    pub passkey_at: Option<Time>,
}

impl Proofs {
    /// For how long a fresh proof is at hand.
    pub fn left(self, now: Time) -> Option<Duration> {
        step_up::left(self.stepped_up_at, now)
    }

    /// For how long one is at hand that was a passkey: an e-mail alone does not come so far.
    pub fn left_by_passkey(self, now: Time) -> Option<Duration> {
        step_up::left(self.by_passkey_at, now)
    }

    /// A fresh proof is at hand.
    pub fn cover(self, now: Time) -> bool {
        self.left(now).is_some()
    }

    /// One is at hand that was a passkey.
    pub fn cover_by_passkey(self, now: Time) -> bool {
        self.left_by_passkey(now).is_some()
    }

    /// The session is more than an e-mail account away from whoever holds it.
    pub fn are_strong(self) -> bool {
        self.passkey_at.is_some()
    }
}

/// Of whom a Team that requires passkeys requires one.
pub fn is_required_of(role: Role) -> bool {
    matches!(role, Role::Owner | Role::Admin)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Option<Time> {
        Some(Time::UNIX_EPOCH + Duration::minutes(minutes))
    }

    #[test]
    fn a_code_covers_what_any_proof_covers_and_a_passkey_covers_more() {
        let now = at(20).unwrap();
        let of = |stepped_up_at, by_passkey_at, passkey_at| Proofs { stepped_up_at, by_passkey_at, passkey_at };
        let by_code = of(at(15), None, None);
        assert!(by_code.cover(now) && !by_code.cover_by_passkey(now) && !by_code.are_strong());
        let by_passkey = of(at(15), at(15), at(15));
        assert!(by_passkey.cover(now) && by_passkey.cover_by_passkey(now) && by_passkey.are_strong());
        // Signed in with a passkey, then confirmed with a code, whatever the clocks of two machines say.
        let code = of(at(15), None, at(16));
        assert!(code.cover(now) && !code.cover_by_passkey(now) && code.are_strong());
        // A code after a passkey takes nothing away.
        assert!(of(at(19), at(15), at(15)).cover_by_passkey(now));
        // A sign-in is no fresh proof.
        assert!(!of(None, None, at(19)).cover(now) && !of(None, None, at(19)).cover_by_passkey(now));
        assert!(!of(at(9), at(9), at(9)).cover_by_passkey(now));
    }

    #[test]
    fn it_is_required_of_those_who_change_who_may_what() {
        let required: Vec<_> = Role::ALL.into_iter().filter(|role| is_required_of(*role)).collect();
        assert_eq!(required, [Role::Owner, Role::Admin]);
    }
}
