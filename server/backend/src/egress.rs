//! The hosts that Portal may talk to at Amazon, and the check of the address at connect time, which holds for every
//! connection outward.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use reqwest::{
    Client,
    dns::{Addrs, Name, Resolve, Resolving},
    redirect::Policy,
};
use url::{Host, Url};

/// Amazon's hosts: LWA and the SP-API endpoints of three regions, production and sandbox.
const HOSTS: [&str; 7] = [
    "api.amazon.com",
    "sellingpartnerapi-na.amazon.com",
    "sellingpartnerapi-eu.amazon.com",
    "sellingpartnerapi-fe.amazon.com",
    "sandbox.sellingpartnerapi-na.amazon.com",
    "sandbox.sellingpartnerapi-eu.amazon.com",
    "sandbox.sellingpartnerapi-fe.amazon.com",
];

/// HTTPS to a listed name on its usual port. Literal addresses never reach the resolver, so they are refused here.
pub(crate) fn host_allowed(url: &Url) -> bool {
    let listed = matches!(url.host(), Some(Host::Domain(host)) if HOSTS.contains(&host));
    url.scheme() == "https" && listed && url.port().is_none() && url.username().is_empty() && url.password().is_none()
}

/// Whether a resolved address lies in the public Internet.
pub fn address_allowed(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4_allowed(v4),
        IpAddr::V6(v6) => v6_allowed(v6),
    }
}

fn v4_allowed(v4: Ipv4Addr) -> bool {
    let [a, b, c, _] = v4.octets();
    // RFC 6890 and the registries it points to.
    let special = v4.is_private()
        || v4.is_loopback()
        || v4.is_link_local()
        || v4.is_multicast()
        || v4.is_broadcast()
        || v4.is_documentation()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (b == 18 || b == 19));
    !special
}

fn v6_allowed(v6: Ipv6Addr) -> bool {
    let s = v6.segments();
    // Only global unicast (2000::/3), without the parts of it that lead elsewhere: documentation, 6to4 and Teredo.
    let global = s[0] & 0xe000 == 0x2000;
    let elsewhere = match s[0] {
        0x2001 => s[1] == 0x0db8 || s[1] < 0x0200,
        0x2002 => true,
        0x3fff => s[1] < 0x1000,
        _ => false,
    };
    global && !elsewhere
}

/// Resolves through the system and lets only public addresses pass.
struct Guard;

#[derive(Debug, thiserror::Error)]
#[error("the name resolves to no allowed address")]
struct NoAllowedAddress;

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<SocketAddr> = found.filter(|socket| address_allowed(socket.ip())).collect();
            if allowed.is_empty() {
                tracing::warn!(host = name.as_str(), "egress refused: no allowed address");
                return Err(NoAllowedAddress.into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

/// A client that follows no redirect and no proxy of the environment. `real`: over TLS and to public addresses only.
pub(crate) fn client(real: bool, connect: Duration, whole: Duration) -> Client {
    #[expect(clippy::disallowed_methods, reason = "this is the client that the lists of hosts and addresses guard")]
    let mut builder = Client::builder()
        .connect_timeout(connect)
        .timeout(whole)
        .redirect(Policy::none())
        .no_proxy()
        .https_only(real)
        .user_agent(concat!("Portal/", env!("CARGO_PKG_VERSION")));
    if real {
        builder = builder.dns_resolver(Arc::new(Guard));
    }
    #[expect(clippy::expect_used, reason = "fails only without a TLS backend, which is compiled in")]
    builder.build().expect("an HTTP client")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forty_bad_addresses_are_refused() {
        let bad = [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "10.255.255.255",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.1.2.3",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.0.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:10.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::a00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:a00:1::1",
            "3fff::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ];
        assert_eq!(bad.len(), 40);
        for address in bad {
            assert!(!address_allowed(address.parse().unwrap()), "{address}");
        }
        for good in ["52.94.236.248", "176.32.98.166", "2600:9000::1", "2a05:d018::1"] {
            assert!(address_allowed(good.parse().unwrap()), "{good}");
        }
    }

    #[test]
    fn only_listed_names_over_https_are_reached() {
        let allowed = |url: &str| host_allowed(&Url::parse(url).unwrap());
        assert!(allowed("https://api.amazon.com/auth/o2/token"));
        assert!(allowed("https://sandbox.sellingpartnerapi-fe.amazon.com/x"));
        for bad in [
            "http://api.amazon.com/",
            "https://api.amazon.com:8443/",
            "https://api.amazon.com.evil.example/",
            "https://127.0.0.1/",
            "https://[::1]/",
            "https://user@api.amazon.com/",
            "https://evil.example/?api.amazon.com",
        ] {
            assert!(!allowed(bad), "{bad}");
        }
    }
}
