//! Requests of other sites change nothing. Server functions have no protection of their own, so this stands before them all.

use axum::{
    Json,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use model::{Problem, ProblemCode};
use url::Url;

use super::Web;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

pub async fn same_origin(State(web): State<Web>, request: Request, next: Next) -> Response {
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD);
    if changes && !is_own(request.headers(), &web.config.public_url) {
        let problem = Problem::of(ProblemCode::CrossSite);
        return (StatusCode::FORBIDDEN, Json(problem)).into_response();
    }
    next.run(request).await
}

/// True when the request surely comes from a page of Portal's own. Browsers that send no `Sec-Fetch-Site` must name the
/// origin; what names neither is no browser that Portal knows.
fn is_own(headers: &HeaderMap, public_url: &str) -> bool {
    match headers.get(SEC_FETCH_SITE) {
        Some(site) => site == "same-origin",
        None => {
            let named = headers.get(header::ORIGIN).and_then(|value| value.to_str().ok());
            let own = Url::parse(public_url).map(|url| url.origin().ascii_serialization());
            named.is_some() && own.ok().as_deref() == named
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_our_own_are_let_through() {
        let own = |pairs: &[(&'static str, &'static str)]| {
            let headers = pairs.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()));
            is_own(&headers.collect(), "https://portal.example.com")
        };
        assert!(own(&[("sec-fetch-site", "same-origin")]));
        assert!(own(&[("origin", "https://portal.example.com")]));
        for foreign in [
            &[][..],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "none")],
            &[("sec-fetch-site", "cross-site"), ("origin", "https://portal.example.com")],
            &[("origin", "null")],
            &[("origin", "https://portal.example.com.evil.example")],
            &[("origin", "http://portal.example.com")],
            &[("referer", "https://portal.example.com/")],
        ] {
            assert!(!own(foreign), "{foreign:?}");
        }
    }
}
