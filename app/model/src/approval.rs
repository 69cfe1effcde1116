//! The gravest acts take two people: one asks, another approves.

use chrono::Duration;
use serde::{Deserialize, Serialize};

use crate::{Environments, Permission, Role, Time, ids::UserId, step_up::DangerousAct};

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

/// Whether an export is one of the whole log: with what left before without a second person, more than half of its acts would be
/// out. A filter that lets nearly everything through, or halves one after the other, come to the same; the many events of gateways
/// hide none of the few.
pub fn is_whole(wanted: u64, left_before: u64, all: u64) -> bool {
    wanted > 0 && wanted.saturating_add(left_before).saturating_mul(2) > all
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
    use crate::audit::Action;

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
        assert!(!is_whole(0, 0, 0) && !is_whole(0, 9, 10));
        assert!(!is_whole(5, 0, 10) && is_whole(6, 0, 10));
        assert!(is_whole(5, 1, 10) && !is_whole(2, 3, 10));
        assert!(is_whole(u64::MAX, u64::MAX, 10));
    }

    #[test]
    fn what_anybody_can_make_more_of_is_no_act() {
        for action in [Action::LogRead, Action::AccessRefused, Action::GatewaySelfRead, Action::CredentialIssued] {
            assert!(!action.is_act(), "{action:?}");
        }
        assert!(Action::RoleChanged.is_act() && Action::LogExported.is_act() && Action::GatewayKeyCreated.is_act());
    }

    #[test]
    fn an_act_reads_back_and_who_approves_may_ask() {
        for act in GraveAct::ALL {
            assert_eq!(GraveAct::parse(act.as_str()), Some(act));
            assert!(Role::ALL.into_iter().all(|role| !role.may(act.approves()) || role.may(act.asks())));
        }
    }
}
