//! Forms about LWA apps, connections, and grants.

use backend::{
    connections::{NewConnection, NewGrant},
    lwa_apps::NewLwaApp,
};
use chrono::{NaiveDate, NaiveTime};
use model::{
    Name, Time,
    amazon::{Api, ApplicationId, LwaClientId, Marketplace, Region, check_client_secret, check_refresh_token},
    ids::LwaAppId,
    problem::FieldErrors,
};
use secrecy::SecretString;

use super::{environment, one, optional, two, wrong};
use crate::Failure;

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

const NOON: NaiveTime = NaiveTime::from_hms_opt(12, 0, 0).expect("noon is a time");

/// A day at noon UTC, today's at the present; without a day, now.
fn made_on(text: &str, now: Time) -> Result<Time, &'static str> {
    if text.trim().is_empty() {
        return Ok(now);
    }
    let day: NaiveDate = text.trim().parse().map_err(|_| "Enter a day, like 2026-05-16.")?;
    if day == now.date_naive() { Ok(now) } else { Ok(day.and_time(NOON).and_utc()) }
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
