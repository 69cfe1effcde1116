//! The gravest acts take two people: one asks, another approves.

use chrono::Duration;
use serde::{Deserialize, Serialize};

use crate::{Environments, Permission, Role, Time, audit::Action, ids::UserId, step_up::DangerousAct};

/// So long a question waits for an answer.
pub const ASKED_FOR: Duration = Duration::days(7);
/// So long what was approved may be done.
pub const GIVEN_FOR: Duration = Duration::hours(24);
/// What left of a log without a second person is added up over this time.
pub const ALONE_WITHIN: Duration = Duration::days(365);
/// Questions that one person may ask of a Team: so many at once, then one an hour.
pub const ASK_BURST: i32 = 4;
pub const ASK_EVERY: Duration = Duration::hours(1);

/// An act that nobody does alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GraveAct {
    ExportLog,
    DeleteTeam,
}

impl GraveAct {
    pub const ALL: [GraveAct; 2] = [GraveAct::ExportLog, GraveAct::DeleteTeam];

    pub fn as_str(self) -> &'static str {
        match self {
            GraveAct::ExportLog => "export_log",
            GraveAct::DeleteTeam => "delete_team",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|act| act.as_str() == text)
    }

    /// The act in words: "to …".
    pub fn words(self) -> &'static str {
        match self {
            GraveAct::ExportLog => "export the whole log",
            GraveAct::DeleteTeam => "delete the Team",
        }
    }

    /// Who may ask for it.
    pub fn asks(self) -> Permission {
        match self {
            GraveAct::ExportLog => Permission::ViewLog,
            GraveAct::DeleteTeam => Permission::ManageTeam,
        }
    }

    /// Who may approve it.
    pub fn approves(self) -> Permission {
        match self {
            GraveAct::ExportLog => Permission::ApproveExport,
            GraveAct::DeleteTeam => Permission::ManageTeam,
        }
    }

    /// Whether such a Member may approve it: what is done to a whole Team is done in both environments.
    pub fn is_open_to(self, role: Role, environments: Environments) -> bool {
        role.may(self.approves()) && (self != GraveAct::DeleteTeam || environments == Environments::BOTH)
    }

    /// What asking and approving need a fresh proof for.
    pub fn proof(self) -> DangerousAct {
        match self {
            GraveAct::ExportLog => DangerousAct::ExportLog,
            GraveAct::DeleteTeam => DangerousAct::DeleteTeam,
        }
    }
}

/// Where a question stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalState {
    Asked,
    Given,
    /// Done, withdrawn, or too late.
    Over,
}

impl ApprovalState {
    pub fn at(asked: Time, given: Option<Time>, ended: Option<Time>, now: Time) -> Self {
        let good_until = given.map_or(asked + ASKED_FOR, |given| given + GIVEN_FOR);
        match (ended.is_some() || now >= good_until, given) {
            (true, _) => ApprovalState::Over,
            (false, None) => ApprovalState::Asked,
            (false, Some(_)) => ApprovalState::Given,
        }
    }
}

/// Events counted by what they weigh: what people and Portal did, and what gateways do all day, so that the many hide none of
/// the few. Padding weighs nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Weight {
    pub acts: u64,
    pub traffic: u64,
}

impl Weight {
    pub fn of(actions: impl IntoIterator<Item = (Action, u64)>) -> Self {
        actions.into_iter().fold(Self::default(), |all, (action, many)| match (action.is_padding(), action.is_traffic()) {
            (true, _) => all,
            (false, true) => Self { traffic: all.traffic.saturating_add(many), ..all },
            (false, false) => Self { acts: all.acts.saturating_add(many), ..all },
        })
    }

    pub fn plus(self, other: Self) -> Self {
        Self { acts: self.acts.saturating_add(other.acts), traffic: self.traffic.saturating_add(other.traffic) }
    }
}

/// Whether an export is one of the whole log: with what left before without a second person, more than half of either kind of
/// events would be out. A filter that lets nearly everything through, or halves one after the other, come to the same.
pub fn is_whole(wanted: Weight, left_before: Weight, all: Weight) -> bool {
    let over = |wanted: u64, before: u64, all: u64| wanted > 0 && wanted.saturating_add(before).saturating_mul(2) > all;
    over(wanted.acts, left_before.acts, all.acts) || over(wanted.traffic, left_before.traffic, all.traffic)
}

/// Whether somebody stands for a second person: another one than the first, and no second address of theirs that came after
/// what the first one did.
pub fn is_second_person(first: UserId, at: Time, person: UserId, joined_at: Time) -> bool {
    person != first && joined_at < at
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn at(seconds: i64) -> Time {
        Time::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn a_second_person_is_another_one_who_was_there_before() {
        let (ada, bob) = (UserId(Uuid::from_u128(1)), UserId(Uuid::from_u128(2)));
        assert!(is_second_person(ada, at(10), bob, at(9)));
        assert!(!is_second_person(ada, at(10), ada, at(9)), "alone");
        assert!(!is_second_person(ada, at(10), bob, at(10)), "came after it");
    }

    #[test]
    fn a_question_waits_a_week_and_an_approval_is_good_for_a_day() {
        let micro = Duration::microseconds(1);
        let state = |given, ended, now| ApprovalState::at(at(0), given, ended, now);
        assert_eq!(state(None, None, at(0) + ASKED_FOR - micro), ApprovalState::Asked);
        assert_eq!(state(None, None, at(0) + ASKED_FOR), ApprovalState::Over);
        assert_eq!(state(Some(at(60)), None, at(60) + GIVEN_FOR - micro), ApprovalState::Given);
        assert_eq!(state(Some(at(60)), None, at(60) + GIVEN_FOR), ApprovalState::Over);
        assert_eq!(state(None, Some(at(1)), at(2)), ApprovalState::Over);
        assert_eq!(state(Some(at(1)), Some(at(2)), at(2)), ApprovalState::Over);
    }

    #[test]
    fn nobody_takes_more_than_half_alone_however_it_is_cut() {
        let of = |acts, traffic| Weight { acts, traffic };
        let none = Weight::default();
        assert!(!is_whole(none, none, none) && !is_whole(none, of(9, 9), of(10, 10)));
        assert!(!is_whole(of(5, 0), none, of(10, 0)) && is_whole(of(6, 0), none, of(10, 0)));
        assert!(is_whole(of(5, 0), of(1, 0), of(10, 0)) && !is_whole(of(2, 0), of(3, 0), of(10, 0)));
        // The few are not hidden among the many, and the many leave alone no more than the few.
        assert!(is_whole(of(6, 0), none, of(10, 90_000)) && is_whole(of(0, 50_000), none, of(10, 90_000)));
        assert!(is_whole(of(u64::MAX, 0), of(u64::MAX, 0), of(10, 0)));
    }

    #[test]
    fn what_anybody_can_make_more_of_weighs_nothing() {
        let all = [(Action::LogRead, 1000), (Action::GatewaySelfRead, 1000), (Action::RoleChanged, 2)];
        assert_eq!(Weight::of(all), Weight { acts: 2, traffic: 0 });
        assert_eq!(Weight::of([(Action::CredentialIssued, 7)]), Weight { acts: 0, traffic: 7 });
    }

    #[test]
    fn an_act_reads_back_and_who_approves_may_ask() {
        for act in GraveAct::ALL {
            assert_eq!(GraveAct::parse(act.as_str()), Some(act));
            assert!(Role::ALL.into_iter().all(|role| !role.may(act.approves()) || role.may(act.asks())));
        }
    }
}
