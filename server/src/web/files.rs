//! Static files: the hashed bundle, kept for ever, and the few files that live at fixed names.

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use tower::ServiceExt;
use tower_http::{services::ServeDir, set_header::SetResponseHeaderLayer};

use super::{Site, Web, page};

/// The bundle under `/pkg`. A name that is not there answers 404 and is not kept.
pub fn bundle<S: Clone + Send + Sync + 'static>(site: &Site) -> Router<S> {
    let files =
        ServeDir::new(site.folder.as_ref()).append_index_html_on_directories(false).precompressed_br().precompressed_gzip();
    let keep = SetResponseHeaderLayer::overriding(header::CACHE_CONTROL, |response: &Response| {
        response.status().is_success().then(|| HeaderValue::from_static("public, max-age=31536000, immutable"))
    });
    Router::new().nest_service("/pkg", files).layer(keep)
}

/// A file of `public`, or the page that says that nothing is here.
pub async fn files_or_not_found(State(web): State<Web>, request: Request) -> Response {
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        let files = ServeDir::new(web.site.folder.join("public")).append_index_html_on_directories(false);
        let asked = Request::builder().method(request.method()).uri(request.uri()).body(Body::empty());
        if let Ok(asked) = asked
            && let Ok(found) = files.oneshot(asked).await
            && found.status() == StatusCode::OK
        {
            let mut found = found.into_response();
            found.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=86400"));
            return found;
        }
    }
    let mut response = page::render(&web, request, page::Answer::default()).await;
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}
