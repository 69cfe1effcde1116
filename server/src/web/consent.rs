//! Coming back from Amazon's consent page.

use app::{Failure, edge::WayBack};
use axum::{
    extract::{Query, Request, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use backend::{
    Cx,
    connections::{self, Began, NotConnected, Returned},
};
use model::Problem;
use secrecy::SecretString;
use serde::Deserialize;

use super::{
    Web,
    page::{self, Answer},
};

#[derive(Deserialize)]
struct Parameters {
    #[serde(default)]
    state: String,
    selling_partner_id: Option<String>,
    spapi_oauth_code: Option<SecretString>,
}

/// Finishes the consent. What Amazon put into the address is used once and goes into no log and no referer.
pub async fn consent_return(State(web): State<Web>, request: Request) -> Response {
    let Some(cx) = request.extensions().get::<Cx>().cloned() else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    if cx.signed_in().is_none() {
        // The state is bound to the session that began: without it there is nothing to finish.
        return Redirect::to("/sign-in").into_response();
    }
    let parameters = Query::<Parameters>::try_from_uri(request.uri()).map(|Query(parameters)| parameters);
    let Parameters { state, selling_partner_id, spapi_oauth_code: code } =
        parameters.unwrap_or(Parameters { state: String::new(), selling_partner_id: None, spapi_oauth_code: None });
    let mut response = match connections::finish_consent(&cx, Returned { state, selling_partner_id, code }).await {
        Ok((team, connection)) => Redirect::to(&format!("/teams/{team}/connections/{connection}")).into_response(),
        Err(NotConnected { error, began }) => {
            let problem = Problem { instance: Some(cx.request.to_string()), ..Problem::from(&error) };
            let status = StatusCode::from_u16(problem.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            if status.is_server_error() {
                tracing::error!(error = &error as &dyn std::error::Error, "a consent was not finished");
            }
            let answer = Answer {
                failure: Some(Failure(problem)),
                way_back: began.map(way_back),
                to_post: true,
                ..Answer::default()
            };
            let (parts, _) = request.into_parts();
            let mut response = page::render(&web, page::at(parts, "/consent/return"), answer).await;
            *response.status_mut() = status;
            response
        }
    };
    response.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

/// The form where it began, with what was chosen there.
fn way_back(began: Began) -> WayBack {
    let Began { team, connection, name, marketplace } = began;
    WayBack(match connection {
        Some(connection) => format!("/teams/{team}/connections/{connection}"),
        None => {
            let mut typed = url::form_urlencoded::Serializer::new(String::new());
            typed.append_pair("name", name.as_str()).append_pair("marketplace", marketplace.code());
            format!("/teams/{team}/connections/new?{}", typed.finish())
        }
    })
}
