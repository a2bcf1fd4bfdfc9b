//! Who a request comes from, behind proxies or not.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use settings::Network;

/// The client's address: the rightmost one that no trusted proxy vouches against.
///
/// `forwarded` are the values of `X-Forwarded-For`, in the order of the header fields. Every proxy appends the address
/// it was called from, so only the right end was written by proxies of ours; the walk goes from there to the left
/// while the address at hand is a trusted proxy. A value that is no address ends it: what stands left of it was
/// written by nobody we know.
pub(crate) fn client<'v>(
    peer: IpAddr,
    trusted: &[Network],
    forwarded: impl DoubleEndedIterator<Item = &'v str>,
) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut client = peer.to_canonical();
    if trusted.is_empty() {
        return client;
    }
    for value in forwarded.rev().flat_map(|values| values.rsplit(',')) {
        if !is_trusted(client) {
            break;
        }
        let Some(address) = parse(value.trim()) else { break };
        client = address;
    }
    client
}

/// An address, with or without a port, an IPv6 one with or without brackets.
fn parse(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    let address = match bare {
        Some(bare) => bare.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
        None => text.parse::<IpAddr>().ok(),
    };
    address.or_else(|| Some(text.parse::<SocketAddr>().ok()?.ip())).map(|ip| ip.to_canonical())
}

/// The client as the limits see it: an IPv6 customer holds a whole /64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Key {
    Subject(uuid::Uuid),
    V4(Ipv4Addr),
    V6(u64),
}

impl From<IpAddr> for Key {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address),
            IpAddr::V6(address) => Self::V6((address.to_bits() >> 64) as u64),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn networks(texts: &[&str]) -> Vec<Network> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn the_client_is_the_rightmost_address_that_is_no_proxy_of_ours() {
        let trusted = networks(&["10.0.0.0/8", "::1"]);
        let cases: [(&str, &[&str], &str); 9] = [
            ("198.51.100.7", &["203.0.113.9"], "198.51.100.7"),
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &["203.0.113.9"], "203.0.113.9"),
            ("10.0.0.1", &["192.0.2.66, 203.0.113.9, 10.9.9.9"], "203.0.113.9"),
            ("10.0.0.1", &["192.0.2.66", "203.0.113.9 ,10.9.9.9"], "203.0.113.9"),
            ("10.0.0.1", &["203.0.113.9, junk, 10.9.9.9"], "10.9.9.9"),
            ("10.0.0.1", &["10.3.3.3"], "10.3.3.3"),
            ("::1", &["[2001:db8::7]:443"], "2001:db8::7"),
            ("::ffff:10.0.0.1", &["203.0.113.9:81"], "203.0.113.9"),
        ];
        for (peer, forwarded, expected) in cases {
            let found = client(ip(peer), &trusted, forwarded.iter().copied());
            assert_eq!(found, ip(expected), "{peer} {forwarded:?}");
        }
    }

    #[test]
    fn one_client_of_ipv6_is_a_64() {
        assert_eq!(Key::from(ip("2001:db8::1")), Key::from(ip("2001:db8::ffff:1")));
        assert_ne!(Key::from(ip("2001:db8::1")), Key::from(ip("2001:db8:0:1::1")));
        assert_eq!(Key::from(ip("::ffff:192.0.2.1")), Key::from(ip("192.0.2.1")));
    }

    proptest! {
        #[test]
        fn what_a_client_writes_left_of_its_own_address_changes_nothing(
            lies in "[ -~]{0,60}",
            client_bits in any::<u32>(),
            hops in proptest::collection::vec(any::<[u8; 3]>(), 0..4),
        ) {
            let trusted = networks(&["10.0.0.0/8"]);
            let address = IpAddr::from(Ipv4Addr::from_bits(client_bits));
            prop_assume!(!trusted[0].contains(address));
            let mut value = format!("{lies},{address}");
            for [a, b, c] in hops {
                value.push_str(&format!(", 10.{a}.{b}.{c}"));
            }
            prop_assert_eq!(client(ip("10.0.0.1"), &trusted, [value.as_str()].into_iter()), address);
        }

        #[test]
        fn without_a_trusted_proxy_the_header_is_not_read(value in "[ -~]{0,60}", peer in any::<u32>()) {
            let peer = IpAddr::from(Ipv4Addr::from_bits(peer));
            prop_assert_eq!(client(peer, &[], [value.as_str()].into_iter()), peer);
        }
    }
}
