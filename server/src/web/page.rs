//! Rendering pages, for a visit and as the answer to a form that was posted without JavaScript.

use std::sync::Arc;

use app::{
    App,
    edge::{Assets, CopyOf, Echo, Next, PasskeysOffered, Revealed, WayBack, Words, document, viewer},
};
use axum::{
    Router,
    extract::{Request, State},
    http::Uri,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use backend::{Cx, sessions};
use leptos::{nonce::Nonce, prelude::*, server::ServerActionError};
use leptos_axum::generate_route_list;

use super::{Web, headers::PageNonce, theme};

/// What a page is told beside its address.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    pub failed: Option<ServerActionError>,
    pub failure: Option<app::Failure>,
    pub echo: Option<Echo>,
    pub revealed: Option<Revealed>,
    pub way_back: Option<WayBack>,
    /// The page answers a post: its address is not its own, so it does not hydrate.
    pub to_post: bool,
}

/// Every page of the application, under its own route.
pub fn pages() -> Router<Web> {
    let listings = generate_route_list(App);
    // A consent's return has a handler of its own, which renders its page.
    let own = listings.iter().filter(|listing| listing.path() != "/consent/return");
    own.fold(Router::new(), |router, listing| router.route(listing.path(), get(page)))
}

/// Pages that people see before they sign in.
fn is_sign_in(path: &str) -> bool {
    path == "/sign-in" || path == "/sign-in/code"
}

/// Pages for everybody.
fn is_public(path: &str) -> bool {
    is_sign_in(path) || path == "/gateway-api" || path == "/security"
}

/// Plain forms and text: no WASM is loaded for them.
fn is_plain(path: &str) -> bool {
    is_public(path) || path == "/confirm" || path == "/consent/return"
}

/// A page at its own address.
pub async fn page(State(web): State<Web>, request: Request) -> Response {
    let path = request.uri().path();
    let signed_in = request.extensions().get::<Cx>().is_some_and(|cx| cx.signed_in().is_some());
    if !signed_in && !is_public(path) {
        let here = request.uri().path_and_query().map_or("/", |path| path.as_str());
        let next: String = url::form_urlencoded::byte_serialize(here.as_bytes()).collect();
        return Redirect::to(&format!("/sign-in?next={next}")).into_response();
    }
    if signed_in && is_sign_in(path) {
        return Redirect::to("/").into_response();
    }
    render(&web, request, Answer::default()).await
}

/// An address that only answers posts, visited: after a reload, say.
pub async fn go_home() -> Redirect {
    Redirect::to("/")
}

/// Renders the page of the request's address, whole: no part of it waits for a script.
pub async fn render(web: &Web, request: Request, answer: Answer) -> Response {
    let request = without_errors(request);
    let cx = request.extensions().get::<Cx>().cloned();
    let theme = theme::chosen(request.headers());
    let viewer = match &cx {
        Some(cx) if cx.signed_in().is_some() => match viewer(cx, theme).await {
            Ok(viewer) => Some(viewer),
            Err(error) => return unavailable(cx, &error),
        },
        _ => None,
    };
    let nonce = request.extensions().get::<PageNonce>().cloned();
    let query = request.uri().query().unwrap_or_default();
    let next = url::form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == "next")
        .map(|(_, next)| Next(next.into_owned()));
    let hydrate = viewer.is_some() && !answer.to_post && !is_plain(request.uri().path());
    let assets: Assets = web.site.assets.clone();
    let offered = PasskeysOffered(backend::passkeys::are_offered(&web.portal));
    let copy = web.portal.settings.copy_of.map(|at| CopyOf(at.format("%Y-%m-%d %H:%M UTC").to_string()));
    let contexts = move || {
        copy.clone().into_iter().for_each(provide_context);
        if let Some(cx) = &cx {
            provide_context(cx.clone());
            words(cx).into_iter().for_each(provide_context);
        }
        provide_context(offered);
        if let Some(PageNonce(nonce)) = &nonce {
            provide_context(Nonce::from_value(nonce.as_str()));
        }
        provide_context(theme);
        viewer.clone().into_iter().for_each(provide_context);
        next.clone().into_iter().for_each(provide_context);
        let Answer { failed, failure, echo, revealed, way_back, .. } = answer.clone();
        failed.into_iter().for_each(provide_context);
        failure.into_iter().for_each(provide_context);
        echo.into_iter().for_each(provide_context);
        revealed.into_iter().for_each(provide_context);
        way_back.into_iter().for_each(provide_context);
    };
    let shell = move || document(assets.clone(), theme, hydrate);
    leptos_axum::render_app_async_with_context(contexts, shell)(request).await.into_response()
}

/// Words of a page that a form may bring back.
fn words(cx: &Cx) -> Option<Words> {
    let session = cx.signed_in()?.session;
    let [vouch, hide, show] = [(); 3].map(|()| cx.portal.clone());
    Some(Words {
        vouch: Arc::new(move |words: &str| sessions::vouch(&vouch, session, words)),
        hide: Arc::new(move |words: &str| sessions::hidden(&hide, session, words)),
        show: Arc::new(move |hidden: &str| sessions::shown(&show, session, hidden)),
    })
}

/// Leptos would show an error that an address brings along: nobody but Portal writes on Portal's pages.
fn without_errors(mut request: Request) -> Request {
    let query = request.uri().query().unwrap_or_default();
    if url::form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == "__path" || name == "__err") {
        *request.uri_mut() = request.uri().path().parse().unwrap_or_default();
    }
    request
}

fn unavailable(cx: &Cx, error: &backend::access::AccessError) -> Response {
    tracing::error!(error = error as &dyn std::error::Error, "the page's viewer could not be read");
    let text = format!("Portal's database is not available. Try again in a moment. Request {}", cx.request);
    (axum::http::StatusCode::SERVICE_UNAVAILABLE, text).into_response()
}

/// A request for the page at `path` in place of this one, with the same cookies and headers.
pub fn at(parts: axum::http::request::Parts, path: &str) -> Request {
    let mut request = Request::from_parts(parts, axum::body::Body::empty());
    *request.method_mut() = axum::http::Method::GET;
    *request.uri_mut() = path.parse().unwrap_or_else(|_| Uri::from_static("/"));
    request
}
