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
    let named: Vec<IpAddr> = named.flat_map(|value| value.split(',')).map_while(|text| text.trim().parse().ok()).collect();
    let mut speaker = peer;
    for address in named.into_iter().rev() {
        if !is_trusted(speaker) {
            break;
        }
        speaker = address.to_canonical();
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
}
