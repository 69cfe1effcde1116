//! Reading forms: text into types, with all that is wrong said at once.

use std::{fmt::Display, str::FromStr};

use backend::{
    Cx, TeamScope,
    connections::{NewConnection, NewGrant},
    incidents::Report,
    lwa_apps::NewLwaApp,
    store::{
        alert_setting::{Delivery, Setting},
        incident::AboutTarget,
    },
    teams::TeamError,
};
use chrono::{NaiveDate, NaiveTime};
use model::{
    EmailAddress, Environment, Name, Role, Time,
    access_review::Subject,
    alert::{QuietHours, Rule, Severity},
    amazon::{Api, ApplicationId, LwaClientId, Marketplace, Region, check_client_secret, check_refresh_token},
    audit::SafeText,
    engagement::Engagement,
    gateway::{Networks, Scope, Scopes},
    ids::{GatewayId, GatewayKeyId, LwaAppId, UserId},
    incident::{self, Kind, Phase, Reach, TargetKind},
    problem::FieldErrors,
};
use secrecy::SecretString;
use uuid::Uuid;

use super::refuse;
use crate::Failure;

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

/// Without a choice, the Selling Partner API.
fn api(text: &str) -> Result<Api, &'static str> {
    if text.is_empty() { Ok(Api::SellingPartner) } else { Api::parse(text).ok_or("Choose one of Amazon's interfaces.") }
}

fn app(text: &str) -> Result<LwaAppId, &'static str> {
    text.parse().map_err(|_| "Choose one of the Team's LWA apps.")
}

fn marketplace(text: &str) -> Result<Marketplace, &'static str> {
    if text.trim().is_empty() {
        return Err("Enter a marketplace: its country, like Germany or DE.");
    }
    Marketplace::find(text).ok_or("There is no such marketplace. Type its country, like Germany or DE.")
}

/// An empty field is a missing one.
fn optional<T: FromStr>(text: &str) -> Result<Option<T>, T::Err> {
    let text = text.trim();
    if text.is_empty() { Ok(None) } else { text.parse().map(Some) }
}

const NOON: NaiveTime = NaiveTime::from_hms_opt(12, 0, 0).expect("noon is a time");

/// A day at noon UTC, today's at the present; without a day, now.
fn made_on(text: &str, now: Time) -> Result<Time, &'static str> {
    if text.trim().is_empty() {
        return Ok(now);
    }
    let day: NaiveDate = text.trim().parse().map_err(|_| "Enter a day, like 2026-05-16.")?;
    if day == now.date_naive() { Ok(now) } else { Ok(day.and_time(NOON).and_utc()) }
}

/// A day and a time in UTC, as browsers send them; nothing when the field is empty.
pub(crate) fn time(field: &str, text: &str) -> Result<Option<Time>, Failure> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let parsed = chrono::NaiveDateTime::parse_from_str(text.trim(), "%Y-%m-%dT%H:%M").map(|at| Some(at.and_utc()));
    one(field, parsed.map_err(|_| "Enter a day and a time."))
}

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
            Engagement::contractor(company, until, now).map_err(|error| super::fail(TeamError::from(error)))
        }
        _ => Err(refuse(model::Problem::field("works_as", "Choose employee or contractor."))),
    }
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

/// What seems to have happened.
pub(crate) fn incident_kind(text: &str) -> Result<Kind, Failure> {
    one("kind", Kind::parse(text).ok_or("Choose what seems to have happened."))
}

/// What a task is for.
pub(crate) fn phase(text: &str) -> Result<Phase, Failure> {
    one("phase", Phase::parse(text).ok_or("Choose what the task is for."))
}

/// The id of what a measure is done to, of the kind that it is done to.
pub(crate) fn target_id(kind: TargetKind, text: &str) -> Result<Uuid, Failure> {
    one("target", kind.read_id(text))
}

/// What somebody reports, and what it was noticed at: a thing of the Team by its id.
pub(crate) async fn report(
    cx: &Cx,
    scope: &TeamScope,
    kind: &str,
    title: String,
    detected: &str,
    about: &str,
    severity: Option<incident::Severity>,
    restricted: bool,
) -> Result<Report, Failure> {
    let kind = incident_kind(kind)?;
    let detected_at = time("detected", detected)?;
    // What is gone by now, or never was, keeps nobody from reporting.
    let about = backend::incidents::any_target(cx, scope, about).await.map_err(super::fail)?.into_iter().collect();
    Ok(Report { detected_at, severity, restricted, about, ..Report::of(kind, title) })
}

/// How grave it seems by the matrix, when somebody knows what could be reached.
pub(crate) fn seeming(reach: &str, confirmed: bool) -> Result<Option<incident::Severity>, Failure> {
    if reach.is_empty() {
        return Ok(None);
    }
    let reach = one("reach", Reach::parse(reach).ok_or("Choose what could be reached."))?;
    Ok(Some(incident::Severity::of(reach, confirmed)))
}

/// A thing of the Team by its id, which must be there.
pub(crate) async fn any_target(cx: &Cx, scope: &TeamScope, text: &str) -> Result<AboutTarget, Failure> {
    let found = backend::incidents::any_target(cx, scope, text).await.map_err(super::fail)?;
    found.ok_or_else(|| refuse(model::Problem::of(model::ProblemCode::NotFound)))
}

pub(crate) fn new_lwa_app(
    now: Time,
    name: String,
    api: &str,
    environment: String,
    client_id: String,
    client_secret: String,
    application_id: String,
    is_draft: bool,
    secret_made_on: String,
) -> Result<NewLwaApp, Failure> {
    let mut errors = FieldErrors::default();
    let parsed = (
        errors.take("name", name.parse::<Name>()),
        errors.take("api", self::api(api)),
        errors.take("environment", self::environment(&environment)),
        errors.take("client_id", client_id.parse::<LwaClientId>()),
        errors.take("client_secret", check_client_secret(&client_secret)),
        errors.take("application_id", optional::<ApplicationId>(&application_id)),
        errors.take("secret_made_on", made_on(&secret_made_on, now)),
    );
    let (Some(name), Some(api), Some(environment), Some(client_id), Some(()), Some(application_id), Some(secret_made_at)) =
        parsed
    else {
        return Err(wrong(errors));
    };
    let client_secret = SecretString::from(client_secret.trim());
    Ok(NewLwaApp { name, api, environment, client_id, client_secret, application_id, is_draft, secret_made_at })
}

pub(crate) fn changed_lwa_app(name: &str, application_id: &str) -> Result<(Name, Option<ApplicationId>), Failure> {
    two(("name", name.parse()), ("application_id", optional::<ApplicationId>(application_id)))
}

pub(crate) fn client_secret(
    now: Time,
    client_secret: String,
    secret_made_on: String,
) -> Result<(SecretString, Time), Failure> {
    let checked = check_client_secret(&client_secret);
    let ((), made_at) = two(("client_secret", checked), ("secret_made_on", made_on(&secret_made_on, now)))?;
    Ok((SecretString::from(client_secret.trim()), made_at))
}

pub(crate) fn refresh_token(refresh_token: String) -> Result<SecretString, Failure> {
    one("refresh_token", check_refresh_token(&refresh_token))?;
    Ok(SecretString::from(refresh_token.trim()))
}

pub(crate) fn new_connection(
    name: String,
    lwa_app: String,
    seller_id: String,
    marketplace: String,
    refresh_token: String,
) -> Result<NewConnection, Failure> {
    let mut errors = FieldErrors::default();
    let parsed = (
        errors.take("name", name.parse::<Name>()),
        errors.take("lwa_app", app(&lwa_app)),
        errors.take("seller_id", seller_id.parse()),
        errors.take("marketplace", self::marketplace(&marketplace)),
        errors.take("refresh_token", check_refresh_token(&refresh_token)),
    );
    let (Some(name), Some(lwa_app), Some(seller_id), Some(marketplace), Some(())) = parsed else {
        return Err(wrong(errors));
    };
    Ok(NewConnection { name, lwa_app, seller_id, marketplace, refresh_token: SecretString::from(refresh_token.trim()) })
}

pub(crate) fn new_grant(
    now: Time,
    lwa_app: &str,
    region: &str,
    refresh_token: String,
    consented_on: &str,
) -> Result<NewGrant, Failure> {
    let mut errors = FieldErrors::default();
    let parsed = (
        errors.take("lwa_app", app(lwa_app)),
        errors.take("region", Region::parse(region).ok_or("Choose the region of the account.")),
        errors.take("refresh_token", check_refresh_token(&refresh_token)),
        errors.take("consented_on", made_on(consented_on, now)),
    );
    let (Some(lwa_app), Some(region), Some(()), Some(authorized_at)) = parsed else { return Err(wrong(errors)) };
    Ok(NewGrant { lwa_app, region, refresh_token: SecretString::from(refresh_token.trim()), authorized_at })
}

pub(crate) fn consent(name: String, lwa_app: String, marketplace: String) -> Result<(Name, LwaAppId, Marketplace), Failure> {
    let mut errors = FieldErrors::default();
    let parsed = (
        errors.take("name", name.parse::<Name>()),
        errors.take("lwa_app", app(&lwa_app)),
        errors.take("marketplace", self::marketplace(&marketplace)),
    );
    let (Some(name), Some(app), Some(marketplace)) = parsed else { return Err(wrong(errors)) };
    Ok((name, app, marketplace))
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

/// An empty threshold is the default one.
pub(crate) fn alert_rule(rule: &str, threshold: &str, off: bool) -> Result<(Rule, Setting), Failure> {
    let threshold = optional::<i32>(threshold).map_err(|_| "Enter a whole number, or leave it empty.");
    let rule = Rule::parse(rule).ok_or("There is no such rule.");
    let (rule, threshold) = two(("rule", rule), ("threshold", threshold))?;
    Ok((rule, Setting { threshold, off }))
}

pub(crate) fn alert_delivery(mail_from: &str, quiet: &str) -> Result<Delivery, Failure> {
    let mail_from = Severity::parse(mail_from).ok_or("Choose one of the severities.");
    let (mail_from, quiet) = two(("mail_from", mail_from), ("quiet", optional::<QuietHours>(quiet)))?;
    Ok(Delivery { mail_from, quiet })
}

/// The ids of things that were ticked.
pub(crate) fn ids<I: FromStr<Err: Display>>(field: &str, ids: &[String]) -> Result<Vec<I>, Failure> {
    one(field, ids.iter().map(|id| id.parse()).collect::<Result<_, _>>())
}
