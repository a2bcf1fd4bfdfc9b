//! Where a request comes from, as brakes see it.

use std::net::IpAddr;

/// An IPv4 address; of an IPv6 address the first 64 bits, since a customer holds a whole /64.
pub(crate) struct Source(Vec<u8>);

impl Source {
    /// That of the request at hand. Whatever has no address has one bucket together.
    pub(crate) fn current() -> Self {
        Self::of(changes::origin().address)
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    fn of(address: Option<IpAddr>) -> Self {
        Self(match address.map(|address| address.to_canonical()) {
            None => Vec::new(),
            Some(IpAddr::V4(address)) => address.octets().to_vec(),
            Some(IpAddr::V6(address)) => address.octets()[..8].to_vec(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> Vec<u8> {
        Source::of(Some(text.parse().unwrap())).0
    }

    #[test]
    fn one_customer_of_ipv6_is_one_source() {
        assert_eq!(source("2001:db8::1"), source("2001:db8::ffff:ffff"));
        assert_ne!(source("2001:db8::1"), source("2001:db8:0:1::1"));
        assert_eq!(source("::ffff:192.0.2.1"), source("192.0.2.1"));
        assert_ne!(source("192.0.2.1"), source("192.0.2.2"));
        assert_ne!(source("0.0.0.0"), Source::of(None).0);
    }
}
