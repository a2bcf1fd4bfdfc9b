//! Addresses on the web.

use url::Url;

/// An address of the web: `http` or `https`, with a host, without a user or a password.
///
/// It is kept as it was written. Whoever fetches one has to see to it that it leads nowhere within: that a text is an
/// address says nothing of where it leads.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HttpUrl(String);

/// The text is no address that can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be an address of the web, such as https://example.com/about")]
pub struct HttpUrlError;

impl HttpUrl {
    /// The longest one, in characters.
    pub const MAX: usize = 2000;

    /// What every address looks like (ECMA-262). [`HttpUrl::parse`] takes no other, and of these not the ones whose port or
    /// number of a host there can't be.
    pub const PATTERN: &str = r"^https?://([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(:[0-9]{1,4})?([/?]([!$&-;=?-Z_a-z~]|%[0-9A-Fa-f]{2})*)?(#([!$&-;=?-Z_a-z~]|%[0-9A-Fa-f]{2})*)?$";

    /// Reads untrusted text: the characters of RFC 3986 and no other, which the URL Standard would take away or encode.
    ///
    /// # Errors
    /// The text has another form.
    pub fn parse(text: &str) -> Result<Self, HttpUrlError> {
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).ok_or(HttpUrlError)?;
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, tail) = rest.split_at(end);
        let (host, port) = authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port)));
        let good = text.len() <= Self::MAX
            && host.split('.').all(is_label)
            // A host that ends with a number is an address of the network, and no name.
            && host.rsplit('.').next().is_some_and(|last| last.starts_with(|c: char| c.is_ascii_alphabetic()))
            && port.is_none_or(|port| (1..=4).contains(&port.len()) && port.bytes().all(|b| b.is_ascii_digit()))
            && is_written(tail)
            && Url::parse(text).is_ok_and(|url| url.has_host());
        if good { Ok(Self(text.to_owned())) } else { Err(HttpUrlError) }
    }

    /// Takes a stored address.
    pub fn restore(text: String) -> Self {
        Self(text)
    }

    /// The address as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A label of a host name (RFC 1123, section 2.1).
fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// Whether this may stand behind the host: a path, a query and a fragment (RFC 3986, sections 3.3 to 3.5). The URL Standard
/// lets more pass, such as a `%` that encodes nothing, which other readers take for an error.
fn is_written(tail: &str) -> bool {
    let tail = tail.replacen('#', "/", 1);
    let mut pieces = tail.split('%');
    let plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?".contains(&b));
    pieces.next().is_none_or(plain)
        && pieces.all(|piece| {
            piece.len() >= 2 && plain(piece) && piece.bytes().take(2).all(|digit| digit.is_ascii_hexdigit())
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses_are_taken_as_they_were_written() {
        for text in [
            "https://example.com",
            "http://example.com/",
            "https://films.example.com:8080/a/b?c=d&e=%20#f",
            "http://localhost/x",
            "https://example.com?a#%C3%A9?/",
            "https://example.com#b",
            "https://www.3d-films.EXAMPLE.com/A",
        ] {
            assert_eq!(HttpUrl::parse(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn what_leads_elsewhere_or_nowhere_is_refused() {
        for text in [
            "",
            "example.com",
            "ftp://example.com",
            "javascript:alert(1)",
            "https://",
            "https:///path",
            "https://user:secret@example.com",
            "https://example.com\\@evil.example",
            "https://exa mple.com",
            " https://example.com",
            "https://example.com/a\nb",
            "https://example.com/<script>",
            "https://example.com/%*T",
            "https://example.com/%2",
            "https://example.com/?a=%zz",
            "https://example.com/a#b#c",
            "https://example.com/[a]",
            "https://example.com:99999",
            "https://10.0.0.1/",
            "https://-a.com",
            "https://a..com",
        ] {
            assert_eq!(HttpUrl::parse(text), Err(HttpUrlError), "{text}");
        }
        let long = format!("https://example.com/{}", "x".repeat(HttpUrl::MAX));
        assert!(HttpUrl::parse(&long[..HttpUrl::MAX]).is_ok() && HttpUrl::parse(&long).is_err());
    }

    proptest! {
        /// What the documented pattern allows is taken.
        #[test]
        fn the_pattern_allows_no_more(text in HttpUrl::PATTERN.trim_matches(['^', '$'])) {
            // Of names in Punycode not all decode.
            prop_assume!(!text.to_ascii_lowercase().contains("xn--"));
            prop_assert_eq!(HttpUrl::parse(&text), Ok(HttpUrl(text)));
        }

        #[test]
        fn no_text_panics(text in ".{0,40}", tail in "https?://.{0,40}") {
            for text in [text, tail] {
                if let Ok(url) = HttpUrl::parse(&text) {
                    prop_assert_eq!(url.as_str(), text);
                }
            }
        }
    }
}
