use chrono::Duration;
use model::{Environment, Problem, ProblemCode, Role, engagement::EngagementError, name::NameError};

use crate::{access::AccessError, error::Outage, mail::MailError};

/// Why a change of a Team's people was refused.
#[derive(Debug, thiserror::Error)]
pub enum TeamError {
    #[error("the last owner stays")]
    LastOwner,
    #[error("the last owner who may touch {} stays one", .0.as_str())]
    LastOwnerOf(Environment),
    #[error("the member was changed meanwhile")]
    ChangedMeanwhile,
    #[error("too many invitations")]
    TooManyInvitations { retry_after: Duration },
    #[error("a role above the own one cannot be given or taken")]
    AboveOwnRole(Role),
    #[error("this person is a member already")]
    AlreadyMember,
    #[error("nobody may touch no environment at all")]
    NoEnvironment,
    /// These would be shut out, or let in with a code alone.
    #[error("the Team requires passkeys, and some have none")]
    WithoutPasskey(Vec<String>),
    #[error("a contractor is no owner")]
    ContractorOwner,
    #[error("nobody is let in for longer than the one who lets them in")]
    LongerThanOwn,
    #[error("of oneself somebody else says it")]
    OwnEngagement,
    #[error(transparent)]
    Engagement(#[from] EngagementError),
    #[error(transparent)]
    Access(#[from] AccessError),
    #[error(transparent)]
    Mail(#[from] MailError),
}

impl From<sea_orm::DbErr> for TeamError {
    fn from(error: sea_orm::DbErr) -> Self {
        TeamError::Access(Outage::from(error).into())
    }
}

impl From<&TeamError> for Problem {
    fn from(error: &TeamError) -> Self {
        match error {
            TeamError::LastOwner => {
                Problem::new(ProblemCode::Conflict, "A Team keeps at least one owner. Make another member owner first.")
            }
            TeamError::LastOwnerOf(environment) => Problem::new(
                ProblemCode::Conflict,
                format!("A Team keeps an owner who may touch {}. Give it to another owner first.", environment.as_str()),
            ),
            TeamError::ChangedMeanwhile => {
                Problem::new(ProblemCode::Conflict, "Somebody changed this member a moment ago. Look again.")
            }
            TeamError::TooManyInvitations { retry_after } => {
                let wait = crate::store::rate_limit::seconds(*retry_after);
                Problem::new(ProblemCode::RateLimited, "Too many invitations were sent.").retry_after(wait)
            }
            TeamError::AboveOwnRole(role) => Problem::new(
                ProblemCode::NotPermitted,
                format!("Only an owner can give or take the role {}.", role.as_str()),
            ),
            TeamError::AlreadyMember => Problem::field("email", "This person is a member already."),
            TeamError::NoEnvironment => Problem::field("environments", "Choose at least one environment."),
            TeamError::WithoutPasskey(who) => Problem::new(
                ProblemCode::NotYet,
                format!("Each of these adds a passkey first, under Your account: {}.", who.join(", ")),
            ),
            TeamError::ContractorOwner => Problem::new(
                ProblemCode::Conflict,
                "An owner is an employee: a contractor's access ends by itself, and a Team keeps an owner.",
            ),
            TeamError::LongerThanOwn => {
                Problem::field("until", "Your own access ends before that: nobody is let in for longer than you are.")
            }
            TeamError::OwnEngagement => {
                Problem::new(ProblemCode::NotPermitted, "For whom you work another owner or admin says.")
            }
            TeamError::Engagement(error) => {
                let field = match error {
                    EngagementError::Company(_) => "company",
                    EngagementError::Past | EngagementError::TooLong => "until",
                };
                Problem::field(field, engagement_words(*error))
            }
            TeamError::Access(error) => error.into(),
            TeamError::Mail(error) => error.into(),
        }
    }
}

fn engagement_words(error: EngagementError) -> &'static str {
    match error {
        EngagementError::Company(NameError::Empty) => "Enter the company that the contractor works for.",
        EngagementError::Company(NameError::TooLong) => "A company's name has at most 60 characters here.",
        EngagementError::Company(NameError::Characters) => "A company's name is one line of ordinary characters.",
        EngagementError::Past => "Enter a day that is to come: the contractor's access ends after it.",
        EngagementError::TooLong => "At most a year ahead. More time can be given then.",
    }
}

impl From<Outage> for TeamError {
    fn from(outage: Outage) -> Self {
        TeamError::Access(outage.into())
    }
}
