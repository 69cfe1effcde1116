//! The route table.

use std::sync::Arc;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware,
    routing::{any, get, post},
};
use backend::{Portal, credentials::Credentials};
use tower_http::compression::CompressionLayer;

use crate::{
    config::Config,
    gateway::{self, Edge, batch, feedback, issue, lwa, openapi, own, status},
    metrics,
    web::{self, Site, Web},
};

/// The route for services. Nothing here reads a cookie.
pub fn gateway(config: &Config, credentials: Credentials) -> Router {
    let edge = Edge { clock: credentials.portal.clock.clone(), trusted_proxies: config.trusted_proxies.clone().into() };
    Router::new()
        .route("/api/gateway/v1/teams/{team}/connections/{connection}/credentials", post(issue::issue))
        .route("/api/gateway/v1/teams/{team}/credentials:batch", post(batch::batch))
        .route("/api/gateway/v1/teams/{team}/connections/{connection}/feedback", post(feedback::feedback))
        .route("/api/gateway/v1/teams/{team}/connections/{connection}", get(status::status))
        .route("/api/gateway/v1/self", get(own::own))
        .route("/api/gateway/v1/lwa/token", post(lwa::token))
        .route("/api/gateway/v1/openapi.json", get(openapi::document))
        .route("/api/gateway/v1/{*rest}", any(gateway::not_found))
        .method_not_allowed_fallback(gateway::method_not_allowed)
        .layer(DefaultBodyLimit::max(gateway::BODY_LIMIT))
        .layer(middleware::from_fn_with_state(edge, gateway::edge))
        .layer(middleware::from_fn(metrics::track))
        .with_state(credentials)
}

/// Pages and server functions.
pub fn web(config: &Arc<Config>, portal: &Portal, site: Site) -> Router {
    let state = Web { config: config.clone(), portal: portal.clone(), site };
    let mut router = web::pages()
        .route("/act/{function}", post(web::server_functions).get(web::go_home))
        .route("/theme", post(web::theme).get(web::go_home));
    if portal.mailer.is_folder() {
        router = router.route("/dev/mailbox", get(web::mailbox)).route("/dev/mailbox/{file}", get(web::mail));
    }
    router
        .route("/consent/return", get(web::consent_return))
        .fallback(web::files_or_not_found)
        .layer(middleware::from_fn_with_state(state.clone(), web::identify))
        .layer(web::browser_sessions(&state))
        .layer(middleware::from_fn_with_state(state.clone(), web::same_origin))
        .layer(CompressionLayer::new())
        .merge(web::bundle(&state.site))
        .layer(middleware::from_fn_with_state(state.clone(), web::headers))
        .layer(middleware::from_fn(metrics::track))
        .with_state(state)
}
