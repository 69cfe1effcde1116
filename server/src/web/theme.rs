//! Light or dark: kept in a cookie, so that the server renders the right one and nothing flashes.

use app::edge::{Theme, local_path};
use axum::{
    Form,
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use tower_sessions::cookie::{Cookie, SameSite, time::Duration};

use super::Web;

const COOKIE: &str = "theme";
/// Over TLS nobody else's page may set it.
const HOST_COOKIE: &str = "__Host-theme";

/// The chosen theme of a request.
pub fn chosen(headers: &HeaderMap) -> Theme {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut found = cookies.flat_map(Cookie::split_parse).filter_map(Result::ok);
    found
        .find(|cookie| [COOKIE, HOST_COOKIE].contains(&cookie.name()))
        .map_or(Theme::System, |cookie| Theme::parse(cookie.value()))
}

#[derive(Deserialize)]
pub struct Choice {
    theme: String,
    #[serde(default)]
    page: String,
}

/// Keeps the choice and goes back to the page.
pub async fn theme(State(web): State<Web>, Form(choice): Form<Choice>) -> Response {
    let name = if web.is_https() { HOST_COOKIE } else { COOKIE };
    let cookie = Cookie::build((name, Theme::parse(&choice.theme).as_str()))
        .path("/")
        .http_only(true)
        .secure(web.is_https())
        .same_site(SameSite::Lax)
        .max_age(Duration::days(365));
    ([(header::SET_COOKIE, cookie.to_string())], Redirect::to(&local_path(&choice.page))).into_response()
}
