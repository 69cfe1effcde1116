//! Forms about people: for whom they work, where they are reached, what is confirmed of them.

use backend::teams::TeamError;
use model::{
    EmailAddress, Time,
    access_review::Subject,
    engagement::Engagement,
    ids::{GatewayId, GatewayKeyId, UserId},
};
use uuid::Uuid;

use super::{
    super::{fail, refuse},
    day, one,
};
use crate::Failure;

/// For whom somebody who is invited works: what was entered of a contractor is not left out unseen.
pub(crate) fn new_engagement(works_as: &str, company: &str, until: &str, now: Time) -> Result<Engagement, Failure> {
    if works_as.is_empty() || works_as == "employee" {
        if company.trim().is_empty() && until.trim().is_empty() {
            return Ok(Engagement::Employee);
        }
        let words = "You entered a company or a last day: choose contractor, or empty both.";
        return Err(refuse(model::Problem::field("works_as", words)));
    }
    engagement(works_as, company, until, now)
}

/// For whom somebody works: an employee, or a contractor, whose access ends with a day.
pub(crate) fn engagement(works_as: &str, company: &str, until: &str, now: Time) -> Result<Engagement, Failure> {
    match works_as {
        "employee" => Ok(Engagement::Employee),
        "contractor" => {
            let until = day("until", until)?;
            Engagement::contractor(company, until, now).map_err(|error| fail(TeamError::from(error)))
        }
        _ => Err(refuse(model::Problem::field("works_as", "Choose employee or contractor."))),
    }
}

/// What is looked at in an access review, by its id.
pub(crate) fn subject(kind: &str, id: &str) -> Result<(Subject, Uuid), Failure> {
    let kind = one("subject_kind", Subject::parse(kind).ok_or("Choose what it is about."))?;
    let id = match kind {
        Subject::Member => id.parse::<UserId>().map(|id| id.0),
        Subject::Gateway => id.parse::<GatewayId>().map(|id| id.0),
        Subject::GatewayKey => id.parse::<GatewayKeyId>().map(|id| id.0),
    };
    Ok((kind, id.map_err(|_| refuse(model::Problem::of(model::ProblemCode::NotFound)))?))
}

/// Addresses between blanks, commas or line ends.
pub(crate) fn addresses(field: &str, text: &str) -> Result<Vec<EmailAddress>, Failure> {
    let between = |c: char| c.is_whitespace() || c == ',' || c == ';';
    let mut all: Vec<EmailAddress> = Vec::new();
    // By its place: what somebody pasted is not said again.
    for (n, word) in text.split(between).filter(|word| !word.is_empty()).enumerate() {
        let address = word.parse().map_err(|_| format!("The {}. of these is no e-mail address.", n + 1));
        let address = one(field, address)?;
        if !all.contains(&address) {
            all.push(address);
        }
    }
    Ok(all)
}
