//! What the tests share: a simulator at a known time, and short ways to ask it.

use axum::{
    body::{Body, to_bytes},
    http::{HeaderMap, Request, header},
};
use backend::Clock;
use chrono::DateTime;
use serde_json::Value;
use tower::ServiceExt;

use super::{Simulator, known::App};

pub(super) struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }
}

/// A Sunday noon in November 2026.
pub(super) fn start() -> (Clock, Simulator) {
    let clock = Clock::manual(DateTime::from_timestamp(1_795_348_800, 0).unwrap());
    (clock.clone(), Simulator::new(clock))
}

pub(super) async fn send(simulator: &Simulator, request: Request<Body>) -> Answer {
    let response = simulator.router().oneshot(request).await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Answer { status, headers, body: to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec() }
}

pub(super) async fn post_form(simulator: &Simulator, path: &str, form: &[(&str, &str)]) -> Answer {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let request = Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    send(simulator, request.body(Body::from(body)).unwrap()).await
}

/// Asks the token endpoint in the name of an app, with the secret that it had at the start.
pub(super) async fn token(simulator: &Simulator, app: &App, grant: &[(&str, &str)]) -> Answer {
    let mut form = vec![("client_id", app.client_id), ("client_secret", app.client_secret)];
    form.extend_from_slice(grant);
    post_form(simulator, "/auth/o2/token", &form).await
}

pub(super) async fn refresh(simulator: &Simulator, app: &App, refresh_token: &str) -> Answer {
    token(simulator, app, &[("grant_type", "refresh_token"), ("refresh_token", refresh_token)]).await
}

pub(super) async fn get(simulator: &Simulator, path: &str, access_token: Option<&str>) -> Answer {
    let mut request = Request::get(path);
    if let Some(token) = access_token {
        request = request.header("x-amz-access-token", token);
    }
    send(simulator, request.body(Body::empty()).unwrap()).await
}
