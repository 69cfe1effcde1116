//! Which addresses lie in the public Internet.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

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

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Addresses that no service of the public Internet has.
    pub const BAD: [&str; 40] = [
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

    #[test]
    fn forty_bad_addresses_are_refused() {
        for address in BAD {
            assert!(!address_allowed(address.parse().unwrap()), "{address}");
        }
        for good in ["52.94.236.248", "176.32.98.166", "2600:9000::1", "2a05:d018::1"] {
            assert!(address_allowed(good.parse().unwrap()), "{good}");
        }
    }
}
