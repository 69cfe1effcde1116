//! The installation's operator looks into a Team as a person of it sees it, to help: asked with a reason, approved by an owner with a
//! code that is good once (E4), over within minutes, and nothing is changed.

use chrono::Duration;
use serde::{Deserialize, Serialize};

use crate::{Time, audit::SafeText};

/// So long a question waits for an owner.
pub const ASKED_FOR: Duration = Duration::hours(24);
/// So long the code is good that an owner's approval makes.
pub const CODE_LIFE: Duration = Duration::minutes(5);
/// Tries for one code.
pub const TRIES: i32 = 5;
/// So long the operator may look.
pub const LENGTH: Duration = Duration::minutes(15);
/// Pages that may be looked at: nobody fills a Team's log.
pub const PAGES_MOST: i32 = 300;
/// Questions of one operator to one Team: so many at once, then one an hour.
pub const ASK_BURST: i32 = 3;
pub const ASK_EVERY: Duration = Duration::hours(1);
/// Questions to one Team, of whomever; and of one operator, to whichever Team.
pub const ASK_BURST_ALL: i32 = 10;
pub const ASK_EVERY_ALL: Duration = Duration::hours(2);
/// Letters of a reason.
pub const REASON_LEAST: usize = 10;
pub const REASON_MOST: usize = 400;

/// Where a question stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImpersonationState {
    /// Waits for an owner.
    Asked,
    /// Waits for the code.
    Approved,
    /// The operator looks.
    Live,
    /// Ended, declined, or too late.
    Over,
}

/// The moments of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moments {
    pub asked: Time,
    pub approved: Option<Time>,
    pub begun: Option<Time>,
    pub ended: Option<Time>,
}

impl Moments {
    /// When it is over by itself, as it stands.
    pub fn good_until(&self) -> Time {
        match (self.begun, self.approved) {
            (Some(begun), _) => begun + LENGTH,
            (None, Some(approved)) => approved + CODE_LIFE,
            (None, None) => self.asked + ASKED_FOR,
        }
    }

    pub fn state(&self, now: Time) -> ImpersonationState {
        match (self.ended.is_some() || now >= self.good_until(), self.begun, self.approved) {
            (true, ..) => ImpersonationState::Over,
            (false, Some(_), _) => ImpersonationState::Live,
            (false, None, Some(_)) => ImpersonationState::Approved,
            (false, None, None) => ImpersonationState::Asked,
        }
    }
}

/// A reason as it is kept; nothing when it is too short, too long, or what owners should not get by a mail of Portal's: an address to
/// follow, or something that looks like a secret.
pub fn reason(text: &str) -> Option<SafeText> {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ").replace(['"', '“', '”'], "'");
    let fits = (REASON_LEAST..=REASON_MOST).contains(&line.chars().count());
    let safe = SafeText::new(&line, REASON_MOST);
    (fits && safe.as_str() == line && !line.contains("://")).then_some(safe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_has_its_own_end() {
        let at = |minutes| Time::UNIX_EPOCH + Duration::minutes(minutes);
        let micro = Duration::microseconds(1);
        let asked = Moments { asked: at(0), approved: None, begun: None, ended: None };
        let approved = Moments { approved: Some(at(60)), ..asked };
        let begun = Moments { begun: Some(at(64)), ..approved };
        for (moments, state, until) in [
            (asked, ImpersonationState::Asked, at(24 * 60)),
            (approved, ImpersonationState::Approved, at(65)),
            (begun, ImpersonationState::Live, at(79)),
        ] {
            assert_eq!(moments.state(until - micro), state);
            assert_eq!(moments.state(until), ImpersonationState::Over);
            assert_eq!(Moments { ended: Some(at(64)), ..moments }.state(at(64)), ImpersonationState::Over);
        }
    }

    #[test]
    fn a_reason_says_something() {
        assert_eq!(reason(" Ticket 4711:\n no \"leases\" ").unwrap().as_str(), "Ticket 4711: no 'leases'");
        let long = "word ".repeat(81);
        for unfit in
            ["", "   ", "because", "a\n\n\n\n\n\n\n\nb", "Look at https://evil.example", "Atzr|IwEBIExampleOfAToken", &long]
        {
            assert_eq!(reason(unfit), None, "{unfit:?}");
        }
    }
}
