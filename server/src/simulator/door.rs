//! Who is let in: requests to names of this machine, and changes that no foreign page sends.

use axum::{
    extract::Request,
    http::{StatusCode, header::HOST, uri::Authority},
    middleware::Next,
    response::{IntoResponse, Response},
};

/// Keeps out a foreign name that was made to point here (DNS rebinding). Only browsers can be deceived that way, and they
/// always send a `Host`.
pub(super) async fn loopback_only(request: Request, next: Next) -> Response {
    let host = request.headers().get(HOST);
    if host.is_some_and(|host| !host.to_str().is_ok_and(is_loopback)) {
        return (StatusCode::MISDIRECTED_REQUEST, "The simulator answers to 127.0.0.1, localhost and [::1] only.\n")
            .into_response();
    }
    next.run(request).await
}

/// Refuses changes that another site's page sends.
pub(super) async fn same_site(request: Request, next: Next) -> Response {
    let crosses = request.headers().get("sec-fetch-site").is_some_and(|site| site.as_bytes() == b"cross-site");
    if crosses && !request.method().is_safe() {
        return (StatusCode::FORBIDDEN, "Another site cannot change the simulator.\n").into_response();
    }
    next.run(request).await
}

fn is_loopback(host: &str) -> bool {
    host.parse::<Authority>().is_ok_and(|authority| {
        let name = authority.host();
        name == "127.0.0.1" || name == "[::1]" || name.eq_ignore_ascii_case("localhost")
    })
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, http::Request};

    use crate::simulator::stage;

    #[tokio::test]
    async fn foreign_names_and_foreign_pages_are_kept_out() {
        let (_, simulator) = stage::start();
        let ask = async |host: &str, site: &str, method: &str, path: &str| {
            let request = Request::builder().method(method).uri(path).header("host", host).header("sec-fetch-site", site);
            stage::send(&simulator, request.body(Body::empty()).unwrap()).await.status
        };
        for host in ["127.0.0.1:8090", "localhost", "LOCALHOST:1", "[::1]:8090"] {
            assert_eq!(ask(host, "none", "GET", "/healthz").await, 200, "{host}");
        }
        for host in ["amazon.example", "127.0.0.1.evil.example", "localhost@evil.example", "[::2]", "0.0.0.0", ""] {
            assert_eq!(ask(host, "none", "GET", "/healthz").await, 421, "{host}");
        }
        assert_eq!(ask("localhost", "cross-site", "GET", "/").await, 200);
        assert_eq!(ask("localhost", "cross-site", "POST", "/desk/heal").await, 403);
        assert_eq!(ask("localhost", "cross-site", "DELETE", "/simulator/faults").await, 403);
        assert_eq!(ask("localhost", "same-origin", "DELETE", "/simulator/faults").await, 204);
    }
}
