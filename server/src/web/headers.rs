//! What every answer of the web edge carries: a content security policy with a nonce of its own, and its relatives.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use backend::random;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use model::amazon::Marketplace;

use super::Web;
use crate::bare_headers::HSTS;

/// The nonce of this response; pages hand it to their scripts.
#[derive(Clone, Debug)]
pub struct PageNonce(pub String);

pub async fn headers(State(web): State<Web>, mut request: Request, next: Next) -> Response {
    let nonce = URL_SAFE_NO_PAD.encode(random::bytes::<16>());
    request.extensions_mut().insert(PageNonce(nonce.clone()));
    let path = request.uri().path();
    // The browser checks where a form's answer leads to as well, and these lead to Amazon's consent page.
    let consents = path.starts_with("/act/") || path.contains("/connections");
    let policy = policy(&nonce, &if consents { consent_origins(&web) } else { String::new() });
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    fixed(headers);
    secure_cookies(headers);
    let absent = |headers: &HeaderMap, name: &HeaderName| !headers.contains_key(name);
    if absent(headers, &header::CONTENT_SECURITY_POLICY)
        && let Ok(policy) = HeaderValue::from_str(&policy)
    {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    if absent(headers, &header::REFERRER_POLICY) {
        headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    }
    if absent(headers, &header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if web.is_https() {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HSTS);
    }
    response
}

fn policy(nonce: &str, more_form_actions: &str) -> String {
    format!(
        "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self' 'nonce-{nonce}'; \
         img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'{more_form_actions}; base-uri 'none'; \
         frame-ancestors 'none'; object-src 'none'; manifest-src 'self'; trusted-types default; require-trusted-types-for 'script'"
    )
}

/// Every origin that may show a consent page.
fn consent_origins(web: &Web) -> String {
    if let Some(simulator) = &web.config.amazon.simulator_url {
        return format!(" {}", simulator.origin().ascii_serialization());
    }
    let mut origins: Vec<_> = Marketplace::all().map(Marketplace::seller_central).collect();
    origins.sort_unstable();
    origins.dedup();
    origins.iter().map(|origin| format!(" {origin}")).collect()
}

/// A browser ignores a `__Host-` cookie without `Secure`, and tower-sessions leaves that out when it takes one away.
fn secure_cookies(headers: &mut HeaderMap) {
    let cookies: Vec<_> =
        headers.get_all(header::SET_COOKIE).iter().filter_map(|value| Some(value.to_str().ok()?.to_owned())).collect();
    headers.remove(header::SET_COOKIE);
    for mut cookie in cookies {
        if cookie.starts_with("__Host-") && !cookie.to_ascii_lowercase().contains("; secure") {
            cookie += "; Secure";
        }
        if let Ok(value) = HeaderValue::from_str(&cookie) {
            headers.append(header::SET_COOKIE, value);
        }
    }
}

fn fixed(headers: &mut HeaderMap) {
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()"),
    ] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
}
