//! Who a request comes from, behind proxies or not.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

/// A range of addresses, such as `10.0.0.0/8` or `fd00::/8`; a bare address is a range of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

/// A text that is no [`Network`].
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("must be an address, or an address and the length of its prefix, such as 10.0.0.0/8")]
pub struct ParseNetworkError;

impl Network {
    /// Whether the range holds `address`. An IPv4 address written as IPv6 is the IPv4 address.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let shift = 32 - u32::from(self.prefix);
                (own.to_bits() ^ other.to_bits()).checked_shr(shift).unwrap_or(0) == 0
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let shift = 128 - u32::from(self.prefix);
                (own.to_bits() ^ other.to_bits()).checked_shr(shift).unwrap_or(0) == 0
            }
            _ => false,
        }
    }
}

impl FromStr for Network {
    type Err = ParseNetworkError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| ParseNetworkError)?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            Some(prefix) => prefix.parse().map_err(|_| ParseNetworkError)?,
            None => longest,
        };
        if prefix > longest {
            return Err(ParseNetworkError);
        }
        Ok(Self { address, prefix })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

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
    fn a_network_holds_its_addresses_and_no_other() {
        let network: Network = "10.1.0.0/16".parse().unwrap();
        assert!(network.contains(ip("10.1.255.255")));
        assert!(network.contains(ip("::ffff:10.1.0.1")));
        assert!(!network.contains(ip("10.2.0.0")));
        assert!("0.0.0.0/0".parse::<Network>().unwrap().contains(ip("203.0.113.9")));
        assert!("fd00::/8".parse::<Network>().unwrap().contains(ip("fdff::1")));
        assert!(!"fd00::1".parse::<Network>().unwrap().contains(ip("fd00::2")));
        for text in ["", "10.0.0.0/33", "::/129", "10.0.0/8", "10.0.0.0/", "10.0.0.0/-1", "x/8"] {
            assert_eq!(text.parse::<Network>(), Err(ParseNetworkError), "{text}");
        }
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
