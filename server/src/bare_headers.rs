//! Headers of answers that no person looks at: a browser that is led to one shows nothing of it and runs nothing in it.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

/// Sets them. `https`: Portal's public address is one.
pub fn set(headers: &mut HeaderMap, https: bool) {
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HSTS);
    }
}

/// Two years, for every name below the public one too.
pub const HSTS: HeaderValue = HeaderValue::from_static("max-age=63072000; includeSubDomains");
