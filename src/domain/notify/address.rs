//! Which internet addresses the server never asks on a shop's behalf: whatever is not the public internet (RELIABILITY section 5).
//! Pure classification; who connects asks it about the very address it connects to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Why an address is none that a shop may make the server ask. None: it is a public one.
pub fn why_not(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(v4) => v4_why_not(v4),
        IpAddr::V6(v6) => v6_why_not(v6),
    }
}

fn v4_why_not(address: Ipv4Addr) -> Option<&'static str> {
    let [a, b, c, _] = address.octets();
    match (a, b, c) {
        (0, ..) => Some("an address of this network"),
        (127, ..) => Some("an address of this machine"),
        (10, ..) | (192, 168, _) => Some("a private address"),
        (172, 16..=31, _) => Some("a private address"),
        (100, 64..=127, _) => Some("an address of a provider's own network"),
        // The cloud's metadata service among them.
        (169, 254, _) => Some("a link-local address"),
        (192, 0, 0) | (198, 18..=19, _) | (192, 88, 99) => Some("an address of a special network"),
        (192, 0, 2) | (198, 51, 100) | (203, 0, 113) => Some("an address of the documentation"),
        (224..=239, ..) => Some("a multicast address"),
        (240.., ..) => Some("a reserved address"),
        _ => None,
    }
}

fn v6_why_not(address: Ipv6Addr) -> Option<&'static str> {
    // The older forms of an IPv4 address in an IPv6 one are judged by what they lead to.
    if let Some(v4) = address.to_ipv4() {
        return v4_why_not(v4).or(Some("an IPv4 address in disguise"));
    }
    let [a, b, c, d, ..] = address.segments();
    match (a, b) {
        (0x0064, 0xff9b) => Some("an address of a translator (NAT64)"),
        (0x2002, _) => Some("an address of a tunnel (6to4)"),
        (0x2001, 0x0000) => Some("an address of a tunnel (Teredo)"),
        (0x2001, 0x0db8) | (0x3fff, 0x0000..=0x0fff) => Some("an address of the documentation"),
        (0x2001, 0x0001..=0x01ff) => Some("an address of a special network"),
        (0x0100, 0) if c == 0 && d == 0 => Some("an address that leads nowhere"),
        (0xfc00..=0xfdff, _) => Some("a private address"),
        (0xfe80..=0xfebf, _) => Some("a link-local address"),
        (0xfec0..=0xfeff, _) => Some("a private address"),
        (0xff00.., _) => Some("a multicast address"),
        (0x2000..=0x3fff, _) => None,
        _ => Some("an address that is not of the public internet"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // SPEC: NTF-1
    #[test]
    fn only_the_public_internet_is_asked() {
        let closed = [
            "0.0.0.0",
            "0.1.2.3",
            "127.0.0.1",
            "127.255.255.254",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "100.100.100.200",
            "100.127.255.255",
            "192.0.0.192",
            "192.0.2.1",
            "198.51.100.1",
            "203.0.113.9",
            "198.18.0.1",
            "198.19.255.255",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "::ffff:8.8.8.8",
            "::127.0.0.1",
            "::8.8.8.8",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "2002:7f00:1::",
            "2001::1",
            "2001:db8::1",
            "3fff::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "febf::1",
            "fec0::1",
            "ff02::1",
            "100::1",
            "4000::1",
            "2001:10::1",
        ];
        for address in closed {
            assert!(why_not(address.parse().unwrap()).is_some(), "{address}");
        }
        let open =
            ["8.8.8.8", "1.1.1.1", "172.15.0.1", "172.32.0.1", "100.63.0.1", "100.128.0.1", "192.167.0.1", "223.5.5.5", "2400:3200::1"];
        for address in open {
            assert_eq!(why_not(address.parse().unwrap()), None, "{address}");
        }
    }
}
