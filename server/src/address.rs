//! The client's address: the peer's, or behind a trusted proxy the one it names.

use std::net::{IpAddr, SocketAddr};

use axum::{
    extract::{ConnectInfo, Request},
    http::HeaderMap,
};
use ipnet::IpNet;

/// The address of whoever made a request. Walks `X-Forwarded-For` from the right for as long as the speaker is trusted.
pub fn client_address(request: &Request, trusted: &[IpNet]) -> Option<IpAddr> {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip().to_canonical());
    peer.map(|peer| behind(peer, request.headers(), trusted))
}

fn behind(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|net| net.contains(&address));
    let named = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let named: Vec<&str> = named.flat_map(|value| value.split(',')).collect();
    let mut speaker = peer;
    // What a client wrote stands left of what the proxies added, and must not change how that is read.
    for text in named.into_iter().rev() {
        match text.trim().parse::<IpAddr>() {
            Ok(address) if is_trusted(speaker) => speaker = address.to_canonical(),
            _ => break,
        }
    }
    speaker
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        let trusted = ["10.0.0.0/8".parse().unwrap()];
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", "198.51.100.9, 203.0.113.7, 10.0.0.2".parse().unwrap());
        let ask = |peer: &str| behind(peer.parse().unwrap(), &headers, &trusted).to_string();
        assert_eq!(ask("10.0.0.1"), "203.0.113.7");
        assert_eq!(ask("192.0.2.1"), "192.0.2.1");
    }

    #[test]
    fn what_a_client_writes_hides_nothing_that_a_proxy_adds() {
        let trusted = ["10.0.0.0/8".parse().unwrap()];
        for (written, known) in
            [("203.0.113.9, x, 198.51.100.7", "198.51.100.7"), ("x", "10.0.0.1"), ("198.51.100.7, x, 10.0.0.2", "10.0.0.2")]
        {
            let headers = HeaderMap::from_iter([("x-forwarded-for".parse().unwrap(), written.parse().unwrap())]);
            assert_eq!(behind("10.0.0.1".parse().unwrap(), &headers, &trusted).to_string(), known, "{written}");
        }
    }
}
