//! What is due when: Amazon within 24 hours of detection, word to those concerned, the post-mortem.

use chrono::Duration;
use serde::{Deserialize, Serialize};

use super::{
    severity::Severity,
    state::{State, words},
};
use crate::Time;

/// Amazon hears of an incident within this long of its detection (Amazon's Data Protection Policy).
pub const AMAZON_WITHIN: Duration = Duration::hours(24);

words! {
    /// What runs out.
    ClockKind {
        Amazon "amazon" "Tell Amazon";
        Update "update" "Say how it goes";
        PostMortem "post_mortem" "Write the post-mortem";
    }
}

/// What the clocks of an incident run from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Running {
    pub severity: Severity,
    pub state: State,
    pub detected_at: Time,
    pub reported_at: Time,
    /// When somebody said last how it goes.
    pub updated_at: Option<Time>,
    pub recovered_at: Option<Time>,
    /// Amazon was told, or it was decided that it need not be.
    pub amazon_settled: bool,
}

/// One clock of an incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clock {
    pub kind: ClockKind,
    pub due: Time,
    /// When people are told that it runs out, the last when it has.
    pub alarms: Vec<Time>,
}

impl Running {
    /// The clocks that run.
    pub fn clocks(&self) -> Vec<Clock> {
        let mut clocks = Vec::new();
        if self.state.is_over() {
            return clocks;
        }
        if !self.amazon_settled {
            let alarms = [12, 20, 23, 24].map(|hours| self.detected_at + Duration::hours(hours));
            clocks.push(Clock { kind: ClockKind::Amazon, due: self.detected_at + AMAZON_WITHIN, alarms: alarms.to_vec() });
        }
        match self.recovered_at {
            None => {
                let due = self.updated_at.unwrap_or(self.reported_at) + self.severity.update_every();
                // Told again each period, for as long as nobody says anything: a day of hours, a week of days.
                let alarms = (0..24).map(|n| due + self.severity.update_every() * n).collect();
                clocks.push(Clock { kind: ClockKind::Update, due, alarms });
            }
            Some(at) if self.state == State::Recovered => {
                let due = at + Duration::days(self.severity.post_mortem_days());
                clocks.push(Clock { kind: ClockKind::PostMortem, due, alarms: vec![due - Duration::days(1), due] });
            }
            Some(_) => {}
        }
        clocks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn running() -> Running {
        Running {
            severity: Severity::Sev2,
            state: State::Triaged,
            detected_at: Time::UNIX_EPOCH,
            reported_at: Time::UNIX_EPOCH + Duration::hours(2),
            updated_at: None,
            recovered_at: None,
            amazon_settled: false,
        }
    }

    #[test]
    fn amazon_hears_within_24_hours_of_detection_however_late_it_is_reported() {
        let clocks = running().clocks();
        assert_eq!(clocks[0].kind, ClockKind::Amazon);
        assert_eq!(clocks[0].due, Time::UNIX_EPOCH + Duration::hours(24));
        let hours: Vec<_> = clocks[0].alarms.iter().map(|at| (*at - Time::UNIX_EPOCH).num_hours()).collect();
        assert_eq!(hours, [12, 20, 23, 24]);
        let settled = Running { amazon_settled: true, ..running() };
        assert!(settled.clocks().iter().all(|clock| clock.kind != ClockKind::Amazon));
    }

    #[test]
    fn word_is_due_by_severity_until_work_goes_on_and_then_the_post_mortem() {
        let update = running().clocks()[1].clone();
        assert_eq!((update.kind, update.due), (ClockKind::Update, Time::UNIX_EPOCH + Duration::hours(6)));
        let at = Time::UNIX_EPOCH + Duration::hours(30);
        let recovered = Running { state: State::Recovered, recovered_at: Some(at), ..running() };
        let clock = recovered.clocks()[1].clone();
        assert_eq!((clock.kind, clock.due), (ClockKind::PostMortem, at + Duration::days(3)));
        let reviewed = Running { state: State::Reviewed, ..recovered };
        assert_eq!(reviewed.clocks().len(), 1, "Amazon's alone");
        for over in [State::Closed, State::Dismissed, State::Merged] {
            assert!(Running { state: over, ..running() }.clocks().is_empty());
        }
    }
}
