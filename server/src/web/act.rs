//! Server functions: called by the bundle, or by a plain form. A plain form gets a page back, with what went wrong and what
//! was typed; it goes through no address and no store.

use app::edge::{Reveal, echo_of, local_path};
use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use backend::Cx;
use base64::{Engine, engine::general_purpose::URL_SAFE};
use leptos::{prelude::*, server::ServerActionError};
use leptos_axum::handle_server_fns_with_context;
use model::Problem;

use super::{
    Web,
    page::{self, Answer},
    theme,
};

/// Bytes of a form, at most.
const FORM_LIMIT: usize = 64 * 1024;
/// Where people write at length: a post-mortem of 40,000 letters, each of them nine bytes as browsers send them.
const LONG_FORMS: [&str; 2] = ["/act/write_post_mortem", "/act/write_notice"];
const LONG_FORM_LIMIT: usize = 512 * 1024;

pub async fn server_functions(State(web): State<Web>, request: Request) -> Response {
    let plain = accepts_html(request.headers());
    let (mut parts, body) = request.into_parts();
    let limit = if LONG_FORMS.contains(&parts.uri.path()) { LONG_FORM_LIMIT } else { FORM_LIMIT };
    let Ok(body) = to_bytes(body, limit).await else {
        return (StatusCode::PAYLOAD_TOO_LARGE, "This form is too large.").into_response();
    };
    let asked = parts.clone();
    // Leptos answers a plain form by a redirect with the error in the address; so it is asked as by a script.
    parts.headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    let reveal = Reveal::default();
    let response = call(Request::from_parts(parts, Body::from(body.clone())), reveal.clone()).await;
    if plain { as_page(&web, asked, &body, reveal, response).await } else { response }
}

fn accepts_html(headers: &HeaderMap) -> bool {
    headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).is_some_and(|accept| accept.contains("text/html"))
}

async fn call(request: Request, reveal: Reveal) -> Response {
    let cx = request.extensions().get::<Cx>().cloned();
    let theme = theme::chosen(request.headers());
    let contexts = move || {
        if let Some(cx) = &cx {
            provide_context(cx.clone());
        }
        provide_context(theme);
        provide_context(reveal.clone());
    };
    with_own_status(handle_server_fns_with_context(contexts, request).await.into_response()).await
}

/// Of a form that cannot be read at all nothing of Portal's own has set the status: Leptos takes it for Portal's fault.
async fn with_own_status(response: Response) -> Response {
    if response.status() != StatusCode::INTERNAL_SERVER_ERROR || !response.headers().contains_key("serverfnerror") {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let body = to_bytes(body, FORM_LIMIT).await.unwrap_or_default();
    let status =
        serde_json::from_slice::<Problem>(&body).ok().and_then(|problem| StatusCode::from_u16(problem.code.status()).ok());
    parts.status = status.unwrap_or(parts.status);
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(body))
}

async fn as_page(web: &Web, asked: Parts, body: &Bytes, reveal: Reveal, response: Response) -> Response {
    let from = page_of(&asked.headers, body);
    let failed = response.headers().contains_key("serverfnerror");
    if let Some(location) = response.headers().get(header::LOCATION).filter(|_| !failed) {
        let location = location.to_str().unwrap_or("/").to_owned();
        return Redirect::to(&location).into_response();
    }
    let revealed = reveal.take();
    if !failed && revealed.is_none() && response.status().is_success() {
        return Redirect::to(&from).into_response();
    }
    let status = response.status();
    if !failed && !status.is_success() {
        let mut nowhere =
            page::render(web, page::at(asked, "/act/nowhere"), Answer { to_post: true, ..Answer::default() }).await;
        *nowhere.status_mut() = StatusCode::NOT_FOUND;
        return nowhere;
    }
    let function = asked.uri.path().to_owned();
    let problem = to_bytes(response.into_body(), FORM_LIMIT).await.unwrap_or_default();
    let answer = Answer {
        failed: failed.then(|| ServerActionError::new(&function, &URL_SAFE.encode(&problem))),
        echo: failed.then(|| echo_of(body)),
        revealed,
        to_post: true,
        ..Answer::default()
    };
    let mut response = page::render(web, page::at(asked, &from), answer).await;
    if failed {
        *response.status_mut() = status;
    }
    response
}

/// The page that the form stood on: as the form says, since the page may itself have answered a post; else the referer's.
fn page_of(headers: &HeaderMap, body: &[u8]) -> String {
    let named = url::form_urlencoded::parse(body).find(|(name, _)| name == "page").map(|(_, value)| value.into_owned());
    let referer = || {
        let referer = url::Url::parse(headers.get(header::REFERER)?.to_str().ok()?).ok()?;
        Some(referer.query().map_or_else(|| referer.path().to_owned(), |query| format!("{}?{query}", referer.path())))
    };
    let page = local_path(&named.or_else(referer).unwrap_or_default());
    if page.starts_with("/act/") { "/".to_owned() } else { page }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_is_shown_on_the_page_of_the_form_and_nowhere_else() {
        let headers = |referer: &str| HeaderMap::from_iter([(header::REFERER, referer.parse().unwrap())]);
        assert_eq!(page_of(&headers("https://portal.example/teams/t/log?actor=x"), b"team=t"), "/teams/t/log?actor=x");
        assert_eq!(
            page_of(&headers("https://portal.example/act/sign_in"), b"page=%2Fsign-in%2Fcode&code=1"),
            "/sign-in/code"
        );
        assert_eq!(page_of(&headers("https://portal.example/act/sign_in"), b"code=1"), "/");
        assert_eq!(page_of(&HeaderMap::new(), b"page=https%3A%2F%2Fevil.example"), "/");
        assert_eq!(page_of(&HeaderMap::new(), b"page=%2F%2Fevil.example"), "/");
    }
}
