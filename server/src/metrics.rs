//! Prometheus metrics, health and readiness, on a listener of their own.

use std::time::{Duration, Instant};

use axum::{
    Router,
    extract::{MatchedPath, Request, State},
    http::{Method, StatusCode},
    middleware::{Next, map_response},
    response::Response,
    routing::get,
};
use backend::Portal;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use crate::bare_headers;

/// Installs the recorder of this process; a second call (in tests) goes without. Samples are folded every few seconds, so
/// that they do not pile up where nobody scrapes.
pub fn install() -> Option<PrometheusHandle> {
    let handle = PrometheusBuilder::new().install_recorder().ok()?;
    let upkeep = handle.clone();
    tokio::spawn(async move {
        let mut turns = tokio::time::interval(Duration::from_secs(5));
        loop {
            turns.tick().await;
            upkeep.run_upkeep();
        }
    });
    Some(handle)
}

/// `/metrics`, `/healthz`, `/readyz`.
pub fn router(portal: Portal, handle: Option<PrometheusHandle>) -> Router {
    let metrics = move || std::future::ready(handle.as_ref().map(PrometheusHandle::render).unwrap_or_default());
    Router::new().route("/metrics", get(metrics)).merge(health(portal, false))
}

/// The process is alive; the database answers.
pub fn health(portal: Portal, https: bool) -> Router {
    let bare = move |mut response: Response| {
        bare_headers::set(response.headers_mut(), https);
        std::future::ready(response)
    };
    let routes = Router::new().route("/healthz", get(async || "ok\n")).route("/readyz", get(ready));
    routes.with_state(portal).layer(map_response(bare))
}

async fn ready(State(portal): State<Portal>) -> (StatusCode, &'static str) {
    match portal.db.ping().await {
        Ok(()) => (StatusCode::OK, "ready\n"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n"),
    }
}

/// Anybody may send any word as a method: those that nobody knows are one.
fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// Counts and times requests by route. Ids in paths are not labels: there would be one series each.
pub async fn track(request: Request, next: Next) -> Response {
    let route =
        request.extensions().get::<MatchedPath>().map_or_else(|| "other".to_owned(), |path| path.as_str().to_owned());
    let method = method(request.method());
    let started = Instant::now();
    let response = next.run(request).await;
    let status = response.status().as_u16().to_string();
    metrics::counter!("portal_http_requests_total", "method" => method, "route" => route.clone(), "status" => status)
        .increment(1);
    metrics::histogram!("portal_http_request_seconds", "route" => route).record(started.elapsed().as_secs_f64());
    response
}
