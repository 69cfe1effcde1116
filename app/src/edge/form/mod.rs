//! Reading forms: text into types, with all that is wrong said at once.

use std::{fmt::Display, str::FromStr};

use backend::Cx;
use chrono::{NaiveDate, NaiveTime};
use model::{
    Environment, Name, Role, Time,
    audit::SafeText,
    gateway::{Networks, Scope, Scopes},
    problem::FieldErrors,
};

use super::refuse;
use crate::Failure;

mod alert;
mod amazon;
mod incident;
mod people;

pub(crate) use alert::*;
pub(crate) use amazon::*;
pub(crate) use incident::*;
pub(crate) use people::*;

/// The parsed field, or the failure that names it.
pub(crate) fn one<T, E: Display>(field: &str, parsed: Result<T, E>) -> Result<T, Failure> {
    parsed.map_err(|error| refuse(model::Problem::field(field, error)))
}

/// Two parsed fields, or the failure that names what is wrong with both.
pub(crate) fn two<A, B, E: Display, F: Display>(
    a: (&str, Result<A, E>),
    b: (&str, Result<B, F>),
) -> Result<(A, B), Failure> {
    let mut errors = FieldErrors::default();
    match (errors.take(a.0, a.1), errors.take(b.0, b.1)) {
        (Some(a), Some(b)) => Ok((a, b)),
        _ => Err(wrong(errors)),
    }
}

fn wrong(errors: FieldErrors) -> Failure {
    refuse(errors.into_problem().unwrap_or_else(|| model::Problem::of(model::ProblemCode::InvalidRequest)))
}

pub(crate) fn role(text: &str) -> Result<Role, &'static str> {
    Role::parse(text).ok_or("Choose one of the roles.")
}

fn environment(text: &str) -> Result<Environment, &'static str> {
    Environment::parse(text).ok_or("Choose production or sandbox.")
}

/// An empty field is a missing one.
fn optional<T: FromStr>(text: &str) -> Result<Option<T>, T::Err> {
    let text = text.trim();
    if text.is_empty() { Ok(None) } else { text.parse().map(Some) }
}

/// A day and a time in UTC, as browsers send them; nothing when the field is empty.
pub(crate) fn time(field: &str, text: &str) -> Result<Option<Time>, Failure> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let parsed = chrono::NaiveDateTime::parse_from_str(text.trim(), "%Y-%m-%dT%H:%M").map(|at| Some(at.and_utc()));
    one(field, parsed.map_err(|_| "Enter a day and a time."))
}

/// The end of a day.
pub(crate) fn day(field: &str, text: &str) -> Result<Time, Failure> {
    let parsed = text.trim().parse::<NaiveDate>().ok().and_then(|day| day.succ_opt());
    let end = parsed.map(|next| next.and_time(NaiveTime::MIN).and_utc());
    one(field, end.ok_or("Enter a day, like 2027-01-31."))
}

/// The same; nothing when the field is empty.
pub(crate) fn maybe_day(field: &str, text: &str) -> Result<Option<Time>, Failure> {
    if text.trim().is_empty() { Ok(None) } else { day(field, text).map(Some) }
}

/// What a page of Portal's own calls the act that is confirmed; nothing when somebody else wrote it, or when what it is about has a
/// name that a mail program would make a link of.
pub(crate) fn act(cx: &Cx, text: &str, proof: &str) -> Option<SafeText> {
    let is_plain = |text: &str| !text.chars().any(model::name::is_hidden);
    let is_ours = backend::sessions::vouches(cx, text, proof);
    (is_ours && !model::name::is_link(text) && is_plain(text)).then(|| SafeText::new(text, 440))
}

pub(crate) fn gateway(
    name: String,
    environment: String,
    scopes: &[String],
    networks: &str,
) -> Result<(Name, Environment, Scopes, Networks), Failure> {
    let mut errors = FieldErrors::default();
    let parsed = (
        errors.take("name", name.parse::<Name>()),
        errors.take("environment", self::environment(&environment)),
        errors.take("networks", networks.parse::<Networks>()),
    );
    let (Some(name), Some(environment), Some(networks)) = parsed else { return Err(wrong(errors)) };
    let scopes = Scopes(scopes.iter().filter_map(|scope| Scope::parse(scope)).collect());
    Ok((name, environment, scopes, networks))
}

/// The ids of things that were ticked.
pub(crate) fn ids<I: FromStr<Err: Display>>(field: &str, ids: &[String]) -> Result<Vec<I>, Failure> {
    one(field, ids.iter().map(|id| id.parse()).collect::<Result<_, _>>())
}
