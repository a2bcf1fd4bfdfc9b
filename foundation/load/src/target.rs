//! What is loaded: a host and a port.

use std::fmt;
use std::net::SocketAddr;

use hyper::Uri;

use crate::Error;

/// A host that speaks HTTP/1.1 in the clear, with its addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    authority: String,
    addresses: Vec<SocketAddr>,
}

impl Target {
    /// Takes the host and port of a URL, and looks its addresses up. A path is not looked at.
    ///
    /// # Errors
    /// [`Error::Url`] for what is no `http` URL, or one with credentials; [`Error::Resolve`] when the host has no
    /// address.
    pub async fn resolve(url: &str) -> Result<Self, Error> {
        let shown = || Error::Url { url: url.rsplit('@').next().unwrap_or_default().to_owned() };
        let uri: Uri = url.parse().map_err(|_| shown())?;
        let host = uri.host().filter(|host| !host.is_empty()).ok_or_else(shown)?;
        let credentials = uri.authority().is_some_and(|authority| authority.as_str().contains('@'));
        if uri.scheme_str() != Some("http") || credentials {
            return Err(shown());
        }
        let port = uri.port_u16().unwrap_or(80);
        let authority = format!("{host}:{port}");
        let plain = host.trim_start_matches('[').trim_end_matches(']');
        let found = tokio::net::lookup_host((plain, port)).await;
        let addresses: Vec<_> = found.map_err(|source| Error::Resolve { host: authority.clone(), source })?.collect();
        if addresses.is_empty() {
            return Err(Error::Resolve { host: authority, source: std::io::ErrorKind::NotFound.into() });
        }
        Ok(Self { authority, addresses })
    }

    /// Whether all of its addresses are of this machine alone.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.addresses.iter().all(|address| address.ip().to_canonical().is_loopback())
    }

    /// Host and port, for the `Host` header.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.authority
    }

    pub(crate) fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}", self.authority)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_target_is_a_plain_http_host() {
        for (url, authority) in [
            ("http://127.0.0.1:3000/x?y", "127.0.0.1:3000"),
            ("http://127.0.0.1", "127.0.0.1:80"),
            ("http://[::1]:8080", "[::1]:8080"),
        ] {
            let target = Target::resolve(url).await.unwrap();
            assert_eq!(target.authority(), authority);
            assert!(target.is_loopback());
        }
        assert!(!Target::resolve("http://192.0.2.1:1").await.unwrap().is_loopback());
        for url in ["", "127.0.0.1:3000", "https://127.0.0.1", "ftp://127.0.0.1", "http://", "/v1/movies"] {
            assert!(matches!(Target::resolve(url).await, Err(Error::Url { .. })), "{url}");
        }
        let error = Target::resolve("http://ada:canary@127.0.0.1").await.unwrap_err();
        assert!(!error.to_string().contains("canary"), "{error}");
    }
}
