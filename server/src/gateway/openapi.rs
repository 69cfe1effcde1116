//! The OpenAPI document, generated from the handlers.

use axum::Json;
use utoipa::{
    Modify, OpenApi,
    openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
};

use super::{batch, feedback, issue, lwa, own, status};

#[derive(OpenApi)]
#[openapi(
    info(title = "Portal gateway API", description = "Runtime credentials for the gateways of a Team. Every answer is `no-store`."),
    paths(issue::issue, batch::batch, feedback::feedback, status::status, own::own, lwa::token),
    modifiers(&GatewayKey),
    tags(
        (name = "credentials", description = "Short-lived access tokens"), (name = "connections", description = "State and feedback"),
        (name = "gateway", description = "The caller itself"),
    ),
)]
struct Document;

struct GatewayKey;

impl Modify for GatewayKey {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("ptl_gw_<key id>_<secret>").build();
        document.components.get_or_insert_default().add_security_scheme("gateway_key", SecurityScheme::Http(scheme));
    }
}

/// The document itself.
pub async fn document() -> Json<utoipa::openapi::OpenApi> {
    Json(Document::openapi())
}
