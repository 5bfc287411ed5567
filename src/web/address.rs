//! Where a request comes from (GRD-5, GRD-9): its connection's address, or, where a proxy of the operator stands at the other end, the
//! address that this proxy saw.
//!
//! Only `X-Forwarded-For` is read, and only as far as trusted proxies wrote it: what stands left of the first stranger may be anybody's
//! invention. `Forwarded` (RFC 7239) is not read: a proxy that sets one of the two hands the other on as the client wrote it.

use crate::config::Network;
use actix_web::HttpRequest;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// The networks of the operator's own proxies.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies(pub Arc<[Network]>);

impl TrustedProxies {
    fn hold(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(address))
    }

    /// None: the proxies did not say.
    fn client<'a>(&self, peer: IpAddr, forwarded: impl DoubleEndedIterator<Item = &'a str>) -> Option<IpAddr> {
        let mut seen = peer.to_canonical();
        let mut forwarded = forwarded.rev();
        while self.hold(seen) {
            match forwarded.next() {
                Some(before) => seen = parse(before)?,
                None => break,
            }
        }
        Some(seen)
    }
}

/// An address as proxies write it: bare, or with a port.
fn parse(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|with_port| with_port.ip()));
    address.map(|address: IpAddr| address.to_canonical())
}

/// The address of who sent this request. None: it is not known.
pub fn of(request: &HttpRequest) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip();
    let proxies = request.app_data::<TrustedProxies>().filter(|proxies| !proxies.0.is_empty());
    let Some(proxies) = proxies else { return Some(peer.to_canonical()) };
    let headers: Vec<&str> = request.headers().get_all("x-forwarded-for").map(|value| value.to_str().unwrap_or("?")).collect();
    proxies.client(peer, headers.iter().flat_map(|list| list.split(',')).collect::<Vec<_>>().into_iter())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(peer: &str, forwarded: &[&str]) -> Option<String> {
        let proxies = TrustedProxies(["10.0.0.0/8", "::1", "2001:db8::/32"].map(|n| n.parse().unwrap()).into());
        proxies.client(peer.parse().unwrap(), forwarded.iter().copied()).map(|address| address.to_string())
    }

    // SPEC: GRD-5
    #[test]
    fn only_what_trusted_proxies_wrote_is_believed() {
        let is = |address: &str| Some(address.to_owned());
        // A stranger may write what it likes.
        assert_eq!(seen("203.0.113.9", &[]), is("203.0.113.9"));
        assert_eq!(seen("203.0.113.9", &["198.51.100.1", "10.0.0.1"]), is("203.0.113.9"));
        // A proxy says whom it saw; what that one claims to have seen is not believed.
        assert_eq!(seen("10.0.0.1", &["198.51.100.1"]), is("198.51.100.1"));
        assert_eq!(seen("10.0.0.1", &["1.2.3.4", " 198.51.100.1 "]), is("198.51.100.1"));
        assert_eq!(seen("10.0.0.1", &["1.2.3.4", "198.51.100.1:4711", "10.9.9.9"]), is("198.51.100.1"));
        assert_eq!(seen("::1", &["[2001:dead::7]:443"]), is("2001:dead::7"));
        assert_eq!(seen("2001:db8::1", &["[2001:dead::7]"]), is("2001:dead::7"));
        // The same address, however it is written.
        assert_eq!(seen("::ffff:203.0.113.9", &[]), is("203.0.113.9"));
        assert_eq!(seen("::ffff:10.0.0.1", &["::ffff:198.51.100.1"]), is("198.51.100.1"));
        // Nothing but proxies; and one that does not know.
        assert_eq!(seen("10.0.0.1", &[]), is("10.0.0.1"));
        assert_eq!(seen("10.0.0.1", &["10.0.0.3", "10.0.0.2"]), is("10.0.0.3"));
        assert_eq!(seen("10.0.0.1", &["198.51.100.1", "unknown"]), None);
        assert_eq!(seen("10.0.0.1", &[""]), None);
    }
}
