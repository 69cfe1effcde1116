//! Who is behind a request: the browser's session, resumed on every request so that an end holds from the next one.

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderName, HeaderValue, StatusCode},
    middleware::Next,
    response::{IntoResponse, Response},
};
use backend::{Actor, Cx, cx::SignedIn, sessions};
use model::ids::SessionId;
use tower_sessions::Session;
use tracing::Instrument;

use super::{Web, support};
use crate::{address::client_address, gateway};

pub async fn identify(State(web): State<Web>, mut request: Request, next: Next) -> Response {
    let mut cx = Cx::new(&web.portal, Actor::Anonymous);
    cx.address = client_address(&request, &web.config.trusted_proxies);
    cx.agent = gateway::agent(request.headers());
    let id = cx.request;
    // The route, not the path with its query: a consent's return carries a code.
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned()).unwrap_or_default();
    let span = tracing::info_span!("request", id = %id, method = %request.method(), route);
    async move {
        let by_person = !request.uri().path().starts_with("/live/");
        match person(&cx, request.extensions().get::<Session>(), by_person).await {
            Ok(person) => cx.actor = person.map_or(Actor::Anonymous, Actor::User),
            Err(Unavailable) => return unavailable(id),
        }
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        if support::looks(&mut cx, &method, &path).await.is_err() {
            return unavailable(id);
        }
        request.extensions_mut().insert(cx);
        let mut response = next.run(request).await;
        if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
            response.headers_mut().insert(HeaderName::from_static("x-request-id"), value);
        }
        response
    }
    .instrument(span)
    .await
}

struct Unavailable;

async fn person(cx: &Cx, browser: Option<&Session>, by_person: bool) -> Result<Option<SignedIn>, Unavailable> {
    let Some(browser) = browser else { return Ok(None) };
    let session = browser.get::<SessionId>(app::edge::browser::SESSION).await.map_err(|_| Unavailable)?;
    let Some(session) = session else { return Ok(None) };
    let failed = |error: sea_orm::DbErr| {
        tracing::error!(error = &error as &dyn std::error::Error, "the session could not be read");
        Unavailable
    };
    let person = sessions::resume(&cx.portal, session, cx.address, by_person).await.map_err(failed)?;
    if person.as_ref().is_some_and(|person| person.renew) {
        browser.cycle_id().await.map_err(|_| Unavailable)?;
        sessions::renewed(&cx.portal, session).await.map_err(failed)?;
    }
    Ok(person)
}

/// Without the database nobody is known; an honest answer is better than the sign-in page.
fn unavailable(id: model::ids::RequestId) -> Response {
    let text = format!("Portal's database is not available. Try again in a moment. Request {id}");
    (StatusCode::SERVICE_UNAVAILABLE, text).into_response()
}
