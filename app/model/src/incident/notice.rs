//! Notices: what is said to Amazon, to those affected, to authorities and to one's own people. Nothing goes out that a second
//! person has not approved, and nothing in Amazon's name without Amazon's written request (its Data Protection Policy).

use serde::{Deserialize, Serialize};

use super::state::words;
use crate::{Time, approval::is_second_person, ids::UserId};

/// Where Amazon hears of incidents (Amazon's Data Protection Policy).
pub const AMAZON_ADDRESS: &str = "security@amazon.com";
/// Letters of a subject, and of a body.
pub const SUBJECT_MOST: usize = 200;
pub const BODY_MOST: usize = 12_000;
/// People that one notice is mailed to.
pub const RECIPIENTS_MOST: usize = 200;

words! {
    /// Whom a notice is for.
    Track {
        Amazon "amazon" "Amazon";
        Affected "affected" "Those affected";
        Authority "authority" "An authority";
        Staff "staff" "Own staff";
    }
}

words! {
    /// How far a notice is.
    NoticeState {
        Draft "draft" "Draft";
        Approved "approved" "Approved";
        Sent "sent" "Sent";
        Withdrawn "withdrawn" "Withdrawn";
    }
}

impl Track {
    /// Word to these is word of how it goes: its clock begins anew.
    pub fn is_update(self) -> bool {
        matches!(self, Track::Affected | Track::Staff)
    }

    /// Somebody outside reads it: a rehearsal sends them nothing.
    pub fn is_outside(self) -> bool {
        self != Track::Staff
    }
}

/// Why something was not done with a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoticeRefused {
    #[error("the notice is not that far, or further")]
    NotFromHere,
    #[error("another person approves")]
    Alone,
    #[error("Amazon's written request is not recorded")]
    NoRequest,
    #[error("a rehearsal mails nobody outside")]
    Rehearsal,
}

/// What is decided about a notice from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    pub track: Track,
    pub state: NoticeState,
    /// It speaks in Amazon's name.
    pub for_amazon: bool,
    /// Amazon's written request to do so is recorded.
    pub requested: bool,
    /// Who wrote it last.
    pub writer: UserId,
    /// When the incident was reported: whoever approves was in the Team before. Not when it was written, which its writer
    /// could do anew.
    pub reported_at: Time,
    pub drill: bool,
}

impl Standing {
    /// Writing it anew: whoever approved it did not approve that.
    pub fn write(&self) -> Result<NoticeState, NoticeRefused> {
        self.from(&[NoticeState::Draft, NoticeState::Approved], NoticeState::Draft)
    }

    /// Approving what another person wrote.
    pub fn approve(&self, person: UserId, joined_at: Time) -> Result<NoticeState, NoticeRefused> {
        let next = self.from(&[NoticeState::Draft], NoticeState::Approved)?;
        if !is_second_person(self.writer, self.reported_at, person, joined_at) {
            return Err(NoticeRefused::Alone);
        }
        self.allowed().map(|()| next)
    }

    /// Sending it; `by_mail`: from Portal, else somebody did it by hand.
    pub fn send(&self, by_mail: bool) -> Result<NoticeState, NoticeRefused> {
        let next = self.from(&[NoticeState::Approved], NoticeState::Sent)?;
        if by_mail && self.drill && self.track.is_outside() {
            return Err(NoticeRefused::Rehearsal);
        }
        self.allowed().map(|()| next)
    }

    /// Letting it go.
    pub fn withdraw(&self) -> Result<NoticeState, NoticeRefused> {
        self.from(&[NoticeState::Draft, NoticeState::Approved], NoticeState::Withdrawn)
    }

    fn from(&self, states: &[NoticeState], next: NoticeState) -> Result<NoticeState, NoticeRefused> {
        if states.contains(&self.state) { Ok(next) } else { Err(NoticeRefused::NotFromHere) }
    }

    fn allowed(&self) -> Result<(), NoticeRefused> {
        if self.for_amazon && !self.requested { Err(NoticeRefused::NoRequest) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const PEOPLE: [u128; 3] = [1, 2, 3];

    /// Every way of four acts by three people, from every notice: what is sent was approved as it stood, by another person.
    #[test]
    fn nothing_is_sent_that_another_person_did_not_approve_as_it_stands() {
        let person = |n: u128| UserId(Uuid::from_u128(n));
        let at = |n: i64| Time::from_timestamp(n, 0).unwrap();
        let (mut sent, mut ways) = (0, 0);
        for for_amazon in [false, true] {
            for requested in [false, true] {
                for acts in 0..12u32.pow(5) {
                    let first = Standing {
                        track: Track::Affected,
                        state: NoticeState::Draft,
                        for_amazon,
                        requested,
                        writer: person(1),
                        reported_at: at(100),
                        drill: false,
                    };
                    let (mut now, mut approved, mut rest) = (first, None, acts);
                    for _ in 0..5 {
                        let (act, who) = (rest % 4, PEOPLE[(rest / 4 % 3) as usize]);
                        rest /= 12;
                        // The third came after the report, and before most of this.
                        let joined = at(if who == 3 { 101 } else { 0 });
                        let after = match act {
                            0 => now.write(),
                            1 => now.approve(person(who), joined),
                            2 => now.send(false),
                            _ => now.withdraw(),
                        };
                        let Ok(state) = after else { continue };
                        match act {
                            0 => (now.writer, approved) = (person(who), None),
                            1 => approved = Some(who),
                            2 => {
                                sent += 1;
                                let by = approved.map(person).expect("sent without approval");
                                assert!(by != now.writer && by != person(3), "approved by its writer or a newcomer");
                                assert!(!for_amazon || requested, "in Amazon's name without its request");
                            }
                            _ => {}
                        }
                        now.state = state;
                    }
                    ways += 1;
                }
            }
        }
        println!("{ways} ways, {sent} notices sent, 0 without approval");
        assert!(sent > 1000);
    }

    #[test]
    fn a_rehearsal_mails_nobody_outside() {
        let (writer, reported_at) = (UserId(Uuid::from_u128(1)), Time::UNIX_EPOCH);
        for track in Track::ALL.iter().copied() {
            let state = NoticeState::Approved;
            let standing = Standing { track, state, for_amazon: false, requested: false, writer, reported_at, drill: true };
            assert_eq!(standing.send(true).is_ok(), track == Track::Staff, "{track:?}");
            assert_eq!(standing.send(false), Ok(NoticeState::Sent));
        }
    }
}
