//! Whom a member works for, and until when they come in.

use chrono::Duration;
use serde::{Deserialize, Serialize};

use crate::{Name, Role, Time, name::NameError};

/// No contractor is let in for longer at once: a year, with a leap day and the last day of access.
pub const LONGEST: Duration = Duration::days(367);
/// So long before the end people are told of it.
pub const TOLD_BEFORE: Duration = Duration::days(7);

/// Whom a member works for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Engagement {
    /// The Team's own, for as long as nobody says otherwise.
    #[default]
    Employee,
    /// Somebody of another company: their access ends by itself.
    Contractor { company: Name, until: Time },
}

/// Why an engagement cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EngagementError {
    #[error("the company's name cannot be: {0}")]
    Company(NameError),
    #[error("that day is over")]
    Past,
    #[error("no contractor is let in for more than a year at once")]
    TooLong,
}

impl Engagement {
    /// A contractor of `company` until `until`.
    pub fn contractor(company: &str, until: Time, now: Time) -> Result<Self, EngagementError> {
        let company = company.parse().map_err(EngagementError::Company)?;
        if until <= now {
            return Err(EngagementError::Past);
        }
        if until - now > LONGEST {
            return Err(EngagementError::TooLong);
        }
        Ok(Engagement::Contractor { company, until })
    }

    /// The word in tables, forms and the log.
    pub fn as_str(&self) -> &'static str {
        match self {
            Engagement::Employee => "employee",
            Engagement::Contractor { .. } => "contractor",
        }
    }

    /// When access ends by itself.
    pub fn ends_at(&self) -> Option<Time> {
        match self {
            Engagement::Employee => None,
            Engagement::Contractor { until, .. } => Some(*until),
        }
    }

    pub fn is_over(&self, now: Time) -> bool {
        self.ends_at().is_some_and(|until| until <= now)
    }

    /// Nobody owns a Team for a while only: its last owner would leave it by itself.
    pub fn fits(&self, role: Role) -> bool {
        role != Role::Owner || *self == Engagement::Employee
    }

    /// Nobody lets another one in for longer than they are in themselves.
    pub fn may_give(&self, other: &Engagement) -> bool {
        match (self.ends_at(), other.ends_at()) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(own), Some(other)) => other <= own,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time::UNIX_EPOCH;

    fn until(days: i64) -> Engagement {
        Engagement::contractor("  Lighthouse Keepers ", NOW + Duration::days(days), NOW).unwrap()
    }

    #[test]
    fn a_contractor_has_a_company_and_an_end_within_a_year() {
        assert!(matches!(until(1), Engagement::Contractor { company, .. } if company.as_str() == "Lighthouse Keepers"));
        let of = |company: &str, days| Engagement::contractor(company, NOW + Duration::days(days), NOW).unwrap_err();
        assert_eq!(of("\t ", 1), EngagementError::Company(NameError::Empty));
        assert_eq!(of("a\u{202e}b", 1), EngagementError::Company(NameError::Characters));
        assert_eq!(of("Keepers", 0), EngagementError::Past);
        assert_eq!(of("Keepers", 368), EngagementError::TooLong);
        assert!(Engagement::contractor("Keepers", NOW + LONGEST, NOW).is_ok());
    }

    #[test]
    fn it_is_over_at_its_end() {
        assert!(!until(1).is_over(NOW + Duration::days(1) - Duration::microseconds(1)));
        assert!(until(1).is_over(NOW + Duration::days(1)));
        assert!(!Engagement::Employee.is_over(NOW + Duration::days(99_999)));
    }

    #[test]
    fn nobody_gives_more_than_they_have_and_no_contractor_owns() {
        assert!(Engagement::Employee.may_give(&until(9)) && Engagement::Employee.may_give(&Engagement::Employee));
        assert!(until(9).may_give(&until(9)) && until(9).may_give(&until(8)));
        assert!(!until(9).may_give(&until(10)) && !until(9).may_give(&Engagement::Employee));
        assert!(Role::ALL.iter().all(|role| until(9).fits(*role) == (*role != Role::Owner)));
        assert!(Role::ALL.iter().all(|role| Engagement::Employee.fits(*role)));
    }
}
