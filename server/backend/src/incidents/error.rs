use model::{
    Problem, ProblemCode,
    incident::{NoticeRefused, StepRefused, Unready},
};

use crate::{access::AccessError, error::Outage};

/// Why an incident was not reported or changed.
#[derive(Debug, thiserror::Error)]
pub enum IncidentError {
    #[error("{0} is missing")]
    Missing(&'static str),
    #[error("{0} is too long")]
    TooLong(&'static str, usize),
    /// It would be read by everybody who may see the incident, and mailed.
    #[error("{0} seems to hold a secret")]
    Secret(&'static str),
    #[error("this time cannot be")]
    Time,
    #[error(transparent)]
    Step(#[from] StepRefused),
    #[error(transparent)]
    Notice(#[from] NoticeRefused),
    #[error("nobody is named")]
    NoRecipient,
    #[error("too many people are named")]
    TooManyRecipients,
    #[error(transparent)]
    Unready(#[from] Unready),
    #[error("the time of detection cannot be")]
    Detected,
    #[error("too many reports")]
    TooMany(u32),
    #[error("no other owner would be left")]
    LastOwner,
    #[error("it changed meanwhile")]
    Changed,
    #[error("the incident is over")]
    Over,
    #[error("another person must do this")]
    Alone,
    #[error("nobody locks themselves out")]
    OneSelf,
    #[error("this cannot be done to that")]
    NoTarget,
    #[error("the evidence is not what was taken in")]
    Damaged,
    #[error("it began after it was detected")]
    Beginning,
    #[error("the hours cannot be")]
    Hours,
    #[error("that time is over")]
    Past,
    #[error("that day is over")]
    PastDay,
    #[error("they do not see the incident")]
    NotSeen,
    /// Counted from one.
    #[error("address {0} is not one of those who may hear")]
    NotStaff(usize),
    #[error("another person could approve a notice")]
    NotAlone,
    #[error("who approved it may not any more")]
    ApproverGone,
    #[error("the words are not those that were approved")]
    OtherWords,
    #[error("it was sent before it was approved")]
    SentBefore,
    #[error("these two do not go together")]
    NotTogether,
    #[error("there are enough tasks")]
    TooManyTasks,
    #[error("the task is there already")]
    TaskThere,
    #[error("there are enough action items")]
    TooManyItems,
    #[error("the event of the bundle is pruned")]
    SealGone,
    #[error("the log is not signed that far yet")]
    NotSealedYet,
    #[error("the file is too large")]
    TooLarge,
    #[error("the locker is full")]
    LockerFull,
    #[error("there is too much for one file")]
    BundleFull,
    #[error(transparent)]
    Access(#[from] AccessError),
}

impl From<sea_orm::DbErr> for IncidentError {
    fn from(error: sea_orm::DbErr) -> Self {
        IncidentError::Access(error.into())
    }
}

impl From<Outage> for IncidentError {
    fn from(outage: Outage) -> Self {
        IncidentError::Access(outage.into())
    }
}

impl From<&IncidentError> for Problem {
    fn from(error: &IncidentError) -> Self {
        let conflict = |words: &str| Problem::new(ProblemCode::Conflict, words.to_owned());
        let first = |words: &str| Problem::new(ProblemCode::NotYet, words.to_owned());
        match error {
            IncidentError::Missing(field) => Problem::field(field, "Write a few words here."),
            IncidentError::TooLong(field, most) => Problem::field(field, format!("At most {most} letters.")),
            IncidentError::Secret(field) => {
                Problem::field(field, "This seems to hold a secret. Say which one it is, without the secret itself.")
            }
            IncidentError::Time => Problem::field("at", "Enter a time that is not in the future, as day and time in UTC."),
            IncidentError::Step(StepRefused::NotFromHere) => conflict("The incident has moved on meanwhile."),
            IncidentError::Step(StepRefused::TooEarly) => {
                Problem::field("at", "This is before the step before it was taken.")
            }
            IncidentError::Step(StepRefused::Future) => Problem::field("at", "This is in the future."),
            IncidentError::Notice(NoticeRefused::NotFromHere) => conflict("The notice has moved on meanwhile."),
            IncidentError::Notice(NoticeRefused::Alone) => Problem::new(
                ProblemCode::NotPermitted,
                "A notice is approved by another person than the one who wrote it last, who was in the Team before."
                    .to_owned(),
            ),
            IncidentError::Notice(NoticeRefused::NoRequest) => Problem::field(
                "request",
                "It speaks in Amazon's name: write down Amazon's written request for that, or speak in your own name.",
            ),
            IncidentError::Notice(NoticeRefused::Rehearsal) => {
                first("This is a drill: nothing is mailed to anybody outside. Mark it as sent by hand.")
            }
            IncidentError::NoRecipient => Problem::field("recipients", "Say whom it goes to, or mark it as sent by hand."),
            IncidentError::TooManyRecipients => Problem::field("recipients", "At most 200 addresses."),
            IncidentError::Unready(unready) => Problem::new(ProblemCode::NotYet, unready.to_string()),
            IncidentError::Detected => Problem::field("detected", "Enter a time that is not in the future, in UTC."),
            IncidentError::TooMany(wait) => {
                Problem::new(ProblemCode::RateLimited, "Many incidents were reported just now. Wait a moment.".to_owned())
                    .retry_after(*wait)
            }
            IncidentError::LastOwner => Problem::field("target", "No other owner would be left who can do anything."),
            IncidentError::Changed => conflict("The incident changed meanwhile. Load the page again."),
            IncidentError::Over => conflict("The incident is over: nothing of it changes any more."),
            IncidentError::Alone => Problem::new(
                ProblemCode::SecondPerson,
                "A lock is lifted by another person than the one who ordered it, who was in the Team before.".to_owned(),
            ),
            IncidentError::OneSelf => Problem::field("target", "You cannot lock yourself out."),
            IncidentError::NoTarget => Problem::field("target", "Choose what it is to be done to."),
            IncidentError::Beginning => Problem::field("began", "Enter a time that is not after its detection, in UTC."),
            IncidentError::Hours => Problem::field("hours", "Enter hours, at least 1 and at most 2160 (90 days)."),
            IncidentError::Past => Problem::field("due", "Enter a time that is to come, in UTC."),
            IncidentError::PastDay => Problem::field("due_on", "Enter a day that is to come."),
            IncidentError::NotSeen => {
                Problem::field("user", "They are locked out, or do not see this incident: give them a duty in it first.")
            }
            IncidentError::NotStaff(place) => Problem::new(
                ProblemCode::NotYet,
                format!(
                    "Address {place} of the notice is of no member of the Team who may hear of this: take it out, and have the \
                     notice approved."
                ),
            ),
            IncidentError::NotAlone => Problem::new(
                ProblemCode::SecondPerson,
                "Another person of the Team can approve a notice: write one, and let them approve it.".to_owned(),
            ),
            IncidentError::ApproverGone => {
                first("Whoever approved it may not any more: change the words, and have them approved.")
            }
            IncidentError::OtherWords => {
                first("These words are not those that were approved: somebody changed the database. Do not send them.")
            }
            IncidentError::SentBefore => {
                Problem::field("at", "That was before it was approved: what goes out is approved first.")
            }
            IncidentError::NotTogether => Problem::field(
                "into",
                "It goes into none that is over; a drill goes into a drill, a restricted incident into a restricted one: restrict the other first.",
            ),
            IncidentError::TooManyTasks => first("There are 60 tasks: settle some, or put several into one."),
            IncidentError::TaskThere => Problem::field("title", "The playbook has this task already."),
            IncidentError::TooManyItems => first("There are 50 already: put several into one."),
            IncidentError::SealGone => {
                first("The event that seals it is pruned from the log: bind the incident together again.")
            }
            IncidentError::NotSealedYet => first("The log is signed within a minute: take the copy then."),
            IncidentError::TooLarge => Problem::field("file", "A file has at most 10 MiB: take a part of it, or pack it."),
            IncidentError::BundleFull => {
                first("There are more than 256 MiB of evidence: too much for one file. Take copies of the pieces.")
            }
            IncidentError::LockerFull => first("The files of one incident have at most 200 MiB together."),
            IncidentError::Damaged => first("This evidence is damaged: it is not what was taken in."),
            IncidentError::Access(error) => error.into(),
        }
    }
}
