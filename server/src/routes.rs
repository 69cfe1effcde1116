//! The route table.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::{DefaultBodyLimit, Request},
    middleware::{self, Next},
    response::Response,
    routing::{any, get, post},
};
use backend::{Portal, credentials::Credentials};
use model::notification::BODY_MOST;
use tower_http::{compression::CompressionLayer, timeout::TimeoutBody};

use crate::{
    config::Config,
    gateway::{self, Edge, batch, feedback, issue, lwa, notification, openapi, own, status},
    metrics,
    web::{self, Live, Site, Web},
};

/// A client that stops in the middle of a body is not waited for.
const BODY_PATIENCE: Duration = Duration::from_secs(15);

async fn hurry(request: Request, next: Next) -> Response {
    next.run(request.map(|body| Body::new(TimeoutBody::new(BODY_PATIENCE, body)))).await
}

/// The route for services. Nothing here reads a cookie. `alone`: on a listener that serves nothing else.
pub fn gateway(config: &Config, credentials: Credentials, alone: bool) -> Router {
    let edge = Edge {
        clock: credentials.portal.clock.clone(),
        trusted_proxies: config.trusted_proxies.clone().into(),
        https: config.is_https(),
    };
    let routes = if alone { Router::new().fallback(gateway::not_found) } else { Router::new() };
    routes
        .route("/api/gateway/v1/teams/{team}/connections/{connection}/credentials", post(issue::issue))
        .route("/api/gateway/v1/teams/{team}/credentials:batch", post(batch::batch))
        .route("/api/gateway/v1/teams/{team}/connections/{connection}/feedback", post(feedback::feedback))
        .route("/api/gateway/v1/teams/{team}/connections/{connection}", get(status::status))
        .route("/api/gateway/v1/self", get(own::own))
        .route("/api/gateway/v1/lwa/token", post(lwa::token))
        .route("/api/gateway/v1/openapi.json", get(openapi::document))
        .route(
            "/api/notifications/v1/connections/{connection}",
            post(notification::notification).layer(DefaultBodyLimit::max(BODY_MOST)),
        )
        .route("/api/notifications/v1/{*rest}", any(gateway::not_found))
        .route("/api/gateway/v1", any(gateway::not_found))
        .route("/api/gateway/v1/", any(gateway::not_found))
        .route("/api/gateway/v1/{*rest}", any(gateway::not_found))
        .method_not_allowed_fallback(gateway::method_not_allowed)
        .layer(DefaultBodyLimit::max(gateway::BODY_LIMIT))
        .layer(middleware::from_fn(hurry))
        .layer(middleware::from_fn_with_state(edge, gateway::edge))
        .layer(middleware::from_fn(metrics::track))
        .with_state(credentials)
}

/// Pages and server functions.
pub fn web(config: &Arc<Config>, portal: &Portal, site: Site, live: Live) -> Router {
    let state = Web { config: config.clone(), portal: portal.clone(), site, live };
    let mut router = web::pages()
        .route("/act/{function}", post(web::server_functions).get(web::go_home))
        .route("/live/teams/{team}/connections/{connection}/leases", get(web::connection_leases))
        .route("/live/teams/{team}/gateways/{gateway}/leases", get(web::gateway_leases))
        .route("/live/teams/{team}/incidents/{incident}/timeline", get(web::incident_timeline))
        .route("/live/teams/{team}/incidents/{incident}/holders", get(web::incident_holders))
        .route("/live/teams/{team}/log", get(web::log))
        .route("/teams/{team}/log/{event}/proof", get(web::proof))
        .route("/teams/{team}/log/export", post(web::log_export))
        .route("/teams/{team}/members/reviews/{access_review}/export", post(web::access_review_export))
        .route("/teams/{team}/promises/export", post(web::promises_export))
        .route(
            "/teams/{team}/incidents/{incident}/evidence",
            post(web::upload_evidence).layer(DefaultBodyLimit::max(web::UPLOAD_LIMIT)),
        )
        .route("/teams/{team}/incidents/{incident}/evidence/{evidence}", post(web::copy_evidence))
        .route("/theme", post(web::theme).get(web::go_home));
    if portal.mailer.is_folder() {
        router = router.route("/dev/mailbox", get(web::mailbox)).route("/dev/mailbox/{file}", get(web::mail));
    }
    router
        .route("/consent/return", get(web::consent_return))
        .fallback(web::files_or_not_found)
        .layer(middleware::from_fn_with_state(state.clone(), web::identify))
        .layer(web::browser_sessions(&state))
        .layer(middleware::from_fn(web::keeps_newer_cookies))
        .layer(middleware::from_fn_with_state(state.clone(), web::same_origin))
        .layer(CompressionLayer::new())
        .merge(web::bundle(&state.site))
        .layer(middleware::from_fn(hurry))
        .layer(middleware::from_fn_with_state(state.clone(), web::headers))
        .layer(middleware::from_fn(metrics::track))
        .with_state(state)
}
