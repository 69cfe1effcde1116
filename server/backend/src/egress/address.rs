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
mod tests {
    use super::*;

    /// Addresses that no service of the public Internet has.
    const BAD: &str = include_str!("testdata/bad-addresses.txt");

    #[test]
    fn forty_bad_addresses_are_refused() {
        assert_eq!(BAD.lines().count(), 40);
        for address in BAD.lines() {
            assert!(!address_allowed(address.parse().unwrap()), "{address}");
        }
        for good in ["52.94.236.248", "176.32.98.166", "2600:9000::1", "2a05:d018::1"] {
            assert!(address_allowed(good.parse().unwrap()), "{good}");
        }
    }
}
